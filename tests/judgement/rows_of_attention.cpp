// Every observable of row ensembles on data of known law, on data of another law, and the coverage of their errors.
#include "synthetic.hpp"

#include <catch2/catch.hpp>

using namespace synthetic;
using softmech::Measurement;

namespace {

using Law = std::function<double(const RowPoint&)>;

std::vector<RowPoint> contexts(const std::vector<double>& sizes) {
  std::vector<RowPoint> points;
  for (const double keys : sizes) points.push_back({.keys = keys});
  return points;
}

const std::vector<double> sizes{100, 300, 1000, 3000, 10'000, 100'000, 1'000'000};

StudyData growing(const Law& law, double relative_error = 1e-3, std::string name = "made") {
  return rows(std::move(name), contexts(sizes), "kappa", law,
              [&](const RowPoint& p) { return relative_error * std::abs(law(p)); });
}

Law constant(double value) {
  return [value](const RowPoint&) { return value; };
}

/// E Σp² of the random energy model, integrated numerically: n ∫ ds s E[x² e^{−sx}] (E e^{−sx})^{n−1}, x = e^{−E/T}.
const std::vector<std::pair<double, std::vector<double>>> exact_participation{
    {100, {0.9175, 0.8354, 0.7546, 0.6757, 0.5997, 0.5275}},
    {1000, {0.9128, 0.8261, 0.7402, 0.6558, 0.5738, 0.4952}},
    {10'000, {0.9103, 0.8209, 0.7322, 0.6447, 0.5593, 0.4768}},
    {100'000, {0.9087, 0.8176, 0.7271, 0.6376, 0.5499, 0.4649}},
    {1'000'000, {0.9075, 0.8152, 0.7235, 0.6326, 0.5433, 0.4564}}};

/// The same model's E C/ln n at T/T_c = 0.9, 1, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.5, 1.6.
const std::vector<double> heat_ratios{0.9, 1.0, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.5, 1.6};
const std::vector<std::pair<double, std::vector<double>>> exact_heat{
    {100, {0.4495, 0.4836, 0.5063, 0.5134, 0.5179, 0.5198, 0.5195, 0.5171, 0.5127, 0.4994, 0.4813}},
    {1000, {0.4547, 0.5116, 0.5557, 0.5721, 0.5847, 0.5934, 0.5984, 0.5998, 0.5979, 0.5857, 0.5646}},
    {10'000, {0.4533, 0.5299, 0.594, 0.6194, 0.6397, 0.6547, 0.6643, 0.6686, 0.6681, 0.6544, 0.6276}},
    {100'000, {0.4493, 0.5434, 0.6264, 0.6603, 0.6879, 0.7084, 0.7218, 0.728, 0.7275, 0.7095, 0.6745}},
    {1'000'000, {0.4441, 0.5541, 0.6548, 0.6969, 0.7312, 0.7567, 0.7728, 0.7797, 0.778, 0.7532, 0.7087}}};

StudyData condensing(const std::function<double(double exact, const RowPoint&)>& change, double error = 2e-3) {
  std::vector<RowPoint> points;
  std::vector<double> values;
  for (const auto& [keys, participation] : exact_participation) {
    for (std::size_t i = 0; i < participation.size(); ++i) {
      points.push_back({.keys = keys, .ratio = 0.1 * static_cast<double>(i + 1) * (1 + 1e-15)});
      values.push_back(change(participation[i], points.back()));
    }
  }
  return rows(
      "made", points, "inverse_participation", [&, i = std::size_t{0}](const RowPoint&) mutable { return values[i++]; },
      [error](const RowPoint&) { return error; });
}

StudyData peaked(const std::function<double(double exact, const RowPoint&)>& change, double relative_error = 5e-3) {
  std::vector<RowPoint> points;
  std::vector<double> values, errors;
  for (const auto& [keys, heat] : exact_heat) {
    for (std::size_t i = 0; i < heat.size(); ++i) {
      points.push_back({.keys = keys, .temperature = heat_ratios[i], .ratio = heat_ratios[i]});
      values.push_back(change(heat[i] * std::log(keys), points.back()));
    }
  }
  return rows(
      "made", points, "specific_heat", [&, i = std::size_t{0}](const RowPoint&) mutable { return values[i++]; },
      [&, i = std::size_t{0}](const RowPoint&) mutable { return relative_error * std::abs(values[i++]); });
}

double unchanged(double exact, const RowPoint&) { return exact; }

}  // namespace

TEST_CASE("Extremes over points are found with the error of their point") {
  const auto study = growing([](const RowPoint& p) { return p.keys == 3000 ? 1.3 : 0.9; }, 0.01);
  CHECK(measure("largest", {study}, "kappa").value == 1.3);
  CHECK(measure("largest", {study}, "kappa").uncertainty == Approx(0.013));
  CHECK(measure("largest", {study}, "kappa").sample_size == 700);
  CHECK(measure("largest_deviation_from_one", {study}, "kappa").value == Approx(0.3));
  CHECK(measure("least_deviation_from_one", {study}, "kappa").value == Approx(0.1));
  CHECK_THROWS_WITH(measure("largest", {growing(constant(std::nan("")))}, "kappa"), Catch::Contains("not a number"));
  CHECK_THROWS_WITH(measure("largest", {study}, "entropy"), Catch::Contains("entropy"));
}

TEST_CASE("The power of the head dimension is found") {
  std::vector<RowPoint> points;
  for (const double d : {4.0, 16.0, 64.0, 256.0}) points.push_back({.head_dim = d});
  for (const double power : {0.0, 1.0, -0.5}) {
    const auto study = rows(
        "made", points, "kappa", [power](const RowPoint& p) { return 2 * std::pow(p.head_dim, power); },
        constant(0.01));
    CHECK(measure("power_of_head_dim", {study}, "kappa").value == Approx(power).margin(1e-12));
  }
}

TEST_CASE("Growth with the logarithm of the context: constants, powers, and a first correction") {
  const auto power = [](const Law& law) { return measure("power_of_log_keys", {growing(law)}, "kappa"); };
  CHECK(power(constant(0.7)).value == Approx(0).margin(1e-12));
  CHECK(power([](const RowPoint& p) { return std::log(p.keys); }).value == Approx(1).margin(1e-10));
  CHECK(power([](const RowPoint& p) { return 1 / std::log(p.keys); }).value == Approx(-1).margin(1e-10));
  // S/ln V = 1 − 1/(2 ln V) of normal energies at T = σ tends to 1
  CHECK(power([](const RowPoint& p) { return 1 - 0.5 / std::log(p.keys); }).value == Approx(0).margin(0.01));
  // of several studies the one that is farthest from intensive counts
  const auto both =
      measure("power_of_log_keys",
              {growing(constant(1)), growing([](const RowPoint& p) { return std::sqrt(std::log(p.keys)); })}, "kappa");
  CHECK(both.value == Approx(0.5).margin(1e-10));
  CHECK_THROWS_WITH(
      measure("power_of_log_keys", {rows("made", contexts({10, 100}), "kappa", constant(1), constant(1))}, "kappa"),
      Catch::Contains("at least 5"));
}

TEST_CASE("Errors of a growth exponent cover the truth at least at the stated rate") {
  int covered = 0;
  constexpr int trials = 400;
  for (int trial = 0; trial < trials; ++trial) {
    softmech::RandomStream random(5, static_cast<std::uint32_t>(trial), "growth");
    const auto law = [&](const RowPoint& p) { return std::log(p.keys) * (1 + 0.01 * random.normal()); };
    const auto study =
        rows("made", contexts(sizes), "kappa", law, [](const RowPoint& p) { return 0.01 * std::log(p.keys); });
    const Measurement m = measure("power_of_log_keys", {study}, "kappa");
    covered += std::abs(m.value - 1) < 1.96 * m.uncertainty;
  }
  CHECK(covered / double(trials) >
        0.95 - 0.033);  // three standard deviations of the count; the systematic part adds to it
}

TEST_CASE("The spread over studies is that of the largest common context") {
  const auto a = growing(constant(1.0), 1e-3, "a");
  const auto b = rows(
      "b", contexts({100, 10'000}), "kappa", [](const RowPoint& p) { return p.keys > 1000 ? 1.2 : 9.0; },
      constant(1e-3));
  CHECK(measure("spread_over_studies", {a, b}, "kappa").value == Approx(0.2 / 1.1));
  CHECK(measure("spread_over_studies", {a, a}, "kappa").value == 0);
  CHECK_THROWS(measure("spread_over_studies", {a}, "kappa"));
}

TEST_CASE("The polarization of three-dimensional keys is Langevin's, and no other") {
  std::vector<RowPoint> points;
  for (const double T : {2.0, 3.0, 12.0}) points.push_back({.keys = 1e4, .head_dim = 3, .temperature = T});
  const auto langevin = [](const RowPoint& p) { return 1 / std::tanh(3 / p.temperature) - p.temperature / 3; };
  const auto study = [&](double factor) {
    return rows(
        "made", points, "internal_energy", [&](const RowPoint& p) { return -3 * factor * langevin(p); },
        constant(1e-3));
  };
  CHECK(measure("dipole_error", {study(1.0)}).value < 1e-14);
  CHECK(measure("dipole_error", {study(0.9)}).value > 0.03);
}

TEST_CASE("Condensation of the random energy model is found from exact values at finite contexts") {
  const Measurement temperature = measure("condensation_temperature", {condensing(unchanged)});
  CHECK(temperature.value == Approx(1.0).margin(0.01));
  CHECK(temperature.uncertainty < 0.01);
  CHECK(measure("condensed_participation_error", {condensing(unchanged)}).value < 0.01);
  CHECK(measure("participation_at_half", {condensing(unchanged)}).value == 0.5433);

  // A transition 15 % higher, another exponent, and no condensation at all come out as such.
  const auto shifted = condensing([](double exact, const RowPoint&) { return 1 - (1 - exact) / 1.15; });
  CHECK(measure("condensation_temperature", {shifted}).value == Approx(1.15).margin(0.015));
  const auto squared = condensing([](double exact, const RowPoint&) { return exact * exact; });
  CHECK(measure("condensed_participation_error", {squared}).value > 0.2);
  const auto spread_out = condensing([](double, const RowPoint& p) { return 10 / p.keys; });
  CHECK(measure("condensed_participation_error", {spread_out}).value > 0.5);
}

TEST_CASE("Errors of the condensation temperature cover the truth at least at the stated rate") {
  int covered = 0;
  constexpr int trials = 300;
  for (int trial = 0; trial < trials; ++trial) {
    softmech::RandomStream random(6, static_cast<std::uint32_t>(trial), "condensation");
    const Measurement m =
        measure("condensation_temperature",
                {condensing([&](double exact, const RowPoint&) { return exact + 0.01 * random.normal(); }, 0.01)});
    covered += std::abs(m.value - 1) < 1.96 * m.uncertainty;
  }
  CHECK(covered / double(trials) > 0.95 - 0.038);
}

TEST_CASE(
    "A specific heat that grows like a power of the context is told from one that grows like a power of its "
    "logarithm") {
  const Measurement exact = measure("peak_power_of_keys", {peaked(unchanged)});
  CHECK(exact.value == Approx(0).margin(0.02));
  const auto power_law = peaked([](double value, const RowPoint& p) { return value * std::pow(p.keys, 0.2); });
  CHECK(measure("peak_power_of_keys", {power_law}).value == Approx(0.2 + exact.value).margin(1e-3));
}

TEST_CASE("The peak per size: what contexts up to 10^6 can tell, and what they could") {
  // The exact values rise like a power of ln n as far as 10^6, and have the bounded limit 2: with half a percent of
  // error both laws fit, and the answer lies between.
  const Measurement exact = measure("peak_growth_per_size", {peaked(unchanged)});
  CHECK_THAT(exact.remark, Catch::StartsWith("both laws fit"));
  CHECK(softmech::judge(exact, softmech::Criterion::greater_than(0.05)) == softmech::Verdict::inconclusive);

  // Data that follow one law only are recognized.
  const auto size_of = [](const RowPoint& p) { return std::log(p.keys); };
  const auto shape = [](const RowPoint& p) { return 1 - std::pow(std::log(p.ratio / 1.25), 2); };
  const auto bounded =
      peaked([&](double, const RowPoint& p) { return size_of(p) * shape(p) * (2 - 4 / std::sqrt(size_of(p))); }, 1e-3);
  const Measurement no_growth = measure("peak_growth_per_size", {bounded});
  CHECK_THAT(no_growth.remark, Catch::StartsWith("only the bounded law fits"));
  CHECK(no_growth.value == 0);
  const auto unbounded = peaked([&](double, const RowPoint& p) { return shape(p) * std::pow(size_of(p), 3.0); }, 1e-4);
  const Measurement growth = measure("peak_growth_per_size", {unbounded});
  CHECK(growth.value == Approx(2.0).margin(0.01));
  CHECK(softmech::judge(growth, softmech::Criterion::greater_than(0.05)) == softmech::Verdict::supported);
}

TEST_CASE("A peak at the edge of the sweep is no peak") {
  const auto monotone = peaked([](double, const RowPoint& p) { return p.ratio; });
  CHECK_THROWS_WITH(measure("peak_power_of_keys", {monotone}), Catch::Contains("not inside the sweep"));
}
