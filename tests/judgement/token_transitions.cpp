// Thresholds and lifetimes of tokens on the sphere: found where they were planted, with errors that cover the truth.
#include "synthetic.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <limits>

using namespace synthetic;
using softmech::Criterion;
using softmech::Measurement;
using softmech::Verdict;

namespace {

/// Self-weights of tokens at a common inner product, w = 1/(1 + (n − 1) n^{−γ(1−ρ)}), over members.
StudyData long_contexts(double cosine, double scatter = 0, int members = 1,
                        const std::vector<double>& gammas = {1.0, 1.3, 1.7, 1.9, 2.1, 2.5, 3.0}) {
  std::vector<TokenMember> list;
  for (const double n : {16.0, 64.0, 256.0})
    for (const double gamma : gammas)
      for (int i = 0; i < members; ++i) list.push_back({.tokens = n, .beta = gamma * std::log(n)});
  TokenRuns runs(list, Eigen::Vector2d(0, 1));
  softmech::RandomStream random(4, 0, "long context");
  runs.curve("self_weight", [&](const TokenMember& m, double) {
    return 1 / (1 + (m.tokens - 1) * std::exp(-m.beta * (1 - cosine) + scatter * random.normal()));
  });
  return runs.study;
}

/// Depths of the last merge that scatter by a factor of about three about `law(beta)`.
StudyData metastable(const std::function<double(double)>& law, int members, std::uint32_t seed = 0,
                     double end = std::numeric_limits<double>::infinity()) {
  std::vector<TokenMember> list;
  for (const double beta : {2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0})
    for (int i = 0; i < members; ++i) list.push_back({.beta = beta});
  Vector times(141);
  for (Eigen::Index k = 0; k < times.size(); ++k) times[k] = k == 0 ? 0.0 : std::exp(0.1 * static_cast<double>(k));
  TokenRuns runs(list, times);
  softmech::RandomStream random(7, seed, "metastable");
  std::vector<double> merges;
  for (const TokenMember& m : list) {
    const double life = law(m.beta) * std::exp(random.normal());
    merges.insert(merges.end(), {0.5, life < end ? life : std::nan("")});
  }
  runs.study.data.variables.push_back(variable("merge", {"merge"}, {2}, ids(2)));
  runs.study.data.variables.push_back(variable("merge_depth", {"member", "merge"}, {list.size(), 2}, merges));
  return runs.study;
}

double exponential(double beta) { return 2 * std::exp(1.7 * beta); }
double power(double beta) { return 0.5 * std::pow(beta, 7); }

/// n⟨R²⟩ = 1/(1 − K/K_c + c/n) with relative errors.
StudyData noisy(double threshold, double error, std::uint32_t seed = 0, double finite = 1.0) {
  std::vector<TokenMember> list;
  for (const double n : {32.0, 128.0})
    for (const double coupling : {0.4, 0.8, 1.2, 1.7})
      for (int i = 0; i < 3; ++i)
        list.push_back({.tokens = n, .dimension = 2, .beta = 1, .coupling = coupling, .temperature = 1});
  TokenRuns runs(list, Eigen::Vector2d(0, 1));
  softmech::RandomStream random(8, seed, "noisy");
  const auto exact = [&](const TokenMember& m) {
    return 1 / (m.tokens * (1 - m.coupling / threshold + finite / m.tokens));
  };
  runs.number("order_parameter2", [&](const TokenMember& m) { return exact(m) * (1 + error * random.normal()); });
  runs.number("order_parameter2_error", [&](const TokenMember& m) { return exact(m) * std::max(error, 1e-9); });
  return runs.study;
}

const double circle_threshold = 1 / 0.565159103992485;  // 1/I_1(1)

}  // namespace

TEST_CASE("The critical gamma is 1/(1 - rho) for equal inner products") {
  CHECK(measure("critical_gamma", {long_contexts(0.5)}).value == Approx(2).margin(0.002));
  CHECK(measure("critical_gamma", {long_contexts(0.2)}).value == Approx(1.25).margin(0.002));
  // n = 64 and 256 cross where (n − 1) n^{−γ/2} are equal
  CHECK_THAT(measure("critical_gamma", {long_contexts(0.5)}).remark, Catch::Contains("n = 64 and 256 cross at 2.017"));
  CHECK(2 * std::log(255.0 / 63) / std::log(4.0) == Approx(2.017).margin(5e-4));
  const Measurement m = measure("critical_gamma", {long_contexts(0.6)});
  CHECK(judge(m, Criterion::equals(2.0, 0.05)) == Verdict::refuted);
}

TEST_CASE("The critical gamma has the error of the weights, and needs a crossing") {
  const Measurement m = measure("critical_gamma", {long_contexts(0.5, 0.3, 20)});
  CHECK(std::abs(m.value - 2) < 3 * m.uncertainty);
  CHECK(m.uncertainty > 0.01);
  CHECK(m.uncertainty < 0.3);
  CHECK_THROWS_WITH(measure("critical_gamma", {long_contexts(0.5, 0, 1, {1.0, 1.5})}), Catch::Contains("do not cross"));
}

TEST_CASE("Lifetimes that grow exponentially are told from a power of beta") {
  const Measurement right = measure("exponential_lead", {metastable(exponential, 64)});
  CHECK(judge(right, Criterion::greater_than(2)) == Verdict::supported);
  CHECK(right.sample_size == 7 * 64);
  CHECK_THAT(right.remark, Catch::Contains("L ~ exp((1.7") || Catch::Contains("L ~ exp((1.6"));
  const Measurement wrong = measure("exponential_lead", {metastable(power, 64)});
  CHECK(judge(wrong, Criterion::greater_than(2)) == Verdict::refuted);
  const Measurement few = measure("exponential_lead", {metastable(exponential, 6)});
  CHECK(judge(few, Criterion::greater_than(2)) == Verdict::inconclusive);
}

TEST_CASE("The lead of a law scatters by its stated uncertainty") {
  // Var(Δχ²) = 4 Σ (distance of the laws/σ)²; errors of medians from their intervals are on average a little too large.
  std::vector<double> leads;
  double stated = 0;
  constexpr int trials = 60;
  for (int i = 0; i < trials; ++i) {
    const Measurement m = measure("exponential_lead", {metastable(exponential, 40, static_cast<std::uint32_t>(i + 1))});
    leads.push_back(m.value), stated += m.uncertainty / trials;
  }
  const Eigen::Map<const Vector> values(leads.data(), trials);
  const double scatter = std::sqrt((values.array() - values.mean()).square().sum() / (trials - 1));
  CHECK(scatter / stated > 0.5);
  CHECK(scatter / stated < 2.0);
}

TEST_CASE("Runs that end before their last merge count as long, and too many of them are refused") {
  const StudyData censored = metastable(exponential, 64, 0, 3e6);  // median at beta = 8: 1.6e6
  CHECK(measure("exponential_lead", {censored}).value ==
        Approx(measure("exponential_lead", {metastable(exponential, 64)}).value));
  CHECK_THROWS_WITH(measure("exponential_lead", {metastable(exponential, 64, 0, 1e5)}),
                    Catch::Contains("beta = 7") && Catch::Contains("raise time.end"));
}

TEST_CASE("The critical coupling is extrapolated in the number of tokens, from the disordered side") {
  const Measurement exact = measure("critical_coupling", {noisy(circle_threshold, 0)});
  CHECK(exact.value == Approx(1).epsilon(1e-9));
  CHECK(exact.uncertainty > 1e-3);  // the next order in 1/n
  CHECK_THAT(exact.remark, Catch::Contains("theory 1.7694") && Catch::Contains("K = 0.4 to 1.2"));
  CHECK(measure("critical_coupling", {noisy(1.1 * circle_threshold, 0)}).value == Approx(1.1).epsilon(1e-9));
  CHECK(judge(measure("critical_coupling", {noisy(1.15 * circle_threshold, 0.01)}), Criterion::equals(1, 0.05)) ==
        Verdict::refuted);
}

TEST_CASE("Errors of the critical coupling cover the truth at the stated rate") {
  int covered = 0;
  constexpr int trials = 300;
  for (int i = 0; i < trials; ++i) {
    const Measurement m =
        measure("critical_coupling", {noisy(circle_threshold, 0.03, static_cast<std::uint32_t>(i), 0.0)});
    covered += std::abs(m.value - 1) < 1.96 * m.uncertainty;
  }
  CHECK(covered / double(trials) > 0.95 - 0.038);
  CHECK(covered / double(trials) < 1);
}

TEST_CASE("The threshold of growth is where the rate of ln R changes its sign") {
  const auto growing = [](double threshold, double bend) {
    std::vector<TokenMember> list;
    for (const double coupling : {1.2, 1.6, 2.0, 2.4})
      list.push_back({.dimension = 2, .beta = 1, .coupling = coupling, .temperature = 1, .dynamics = "usa"});
    TokenRuns runs(list, Vector::LinSpaced(41, 0, 20));
    runs.curve("order_parameter", [=](const TokenMember& m, double t) {
      const double x = m.coupling / threshold - 1;
      return 1e-6 * std::exp((x + bend * x * x) * t);
    });
    return runs.study;
  };
  const Measurement exact = measure("growth_threshold", {growing(circle_threshold, 0)});
  CHECK(exact.value == Approx(1).epsilon(1e-10));
  CHECK(exact.uncertainty < 1e-9);
  CHECK(measure("growth_threshold", {growing(1.1 * circle_threshold, 0)}).value == Approx(1.1).epsilon(1e-10));
  CHECK(measure("growth_threshold", {growing(circle_threshold, 0.2)}).uncertainty > 1e-3);  // rates off a line
  CHECK_THROWS_WITH(measure("growth_threshold", {growing(3.0, 0)}), Catch::Contains("both sides"));
}
