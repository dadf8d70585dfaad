#include "softmech/attention/thermodynamics.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "softmech/attention/bound.hpp"
#include "softmech/attention/exponential.hpp"
#include "softmech/ensemble/random.hpp"

using namespace softmech;

namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<40>, boost::multiprecision::et_off>;

// The definitions, summed in 40 digits; S as ln(Z e^{E_min/T}) + ⟨E - E_min⟩/T, to keep digits below e^{-90} too.
RowThermodynamics exact(const Vector& energies, double temperature) {
  const Real beta = 1 / Real(temperature);
  const Eigen::Index keys = energies.size();
  const Real lowest = energies.minCoeff();
  std::vector<Real> p(keys);
  Real partition = 0, mean_depth = 0, excess = -1, mean = 0, logits = 0, squares = 0, variance = 0, spread = 0,
       largest = 0;
  for (Eigen::Index k = 0; k < keys; ++k) p[k] = exp((lowest - energies[k]) * beta);
  // Largest first: excess = Z e^{E_min/T} - 1 starts from exactly 0.
  std::vector<Real> sorted = p;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  for (const Real& weight : sorted) excess += weight;
  partition = 1 + excess;
  const Real log_partition = log(partition) - lowest * beta;
  for (Eigen::Index k = 0; k < keys; ++k) {
    p[k] /= partition;
    mean += p[k] * energies[k];
    squares += p[k] * p[k];
    mean_depth += p[k] * (energies[k] - lowest) * beta;
    logits -= beta * energies[k] / keys;
    if (p[k] > largest) largest = p[k];
  }
  for (Eigen::Index k = 0; k < keys; ++k) {
    variance += p[k] * (energies[k] - mean) * (energies[k] - mean);
    spread += (-beta * energies[k] - logits) * (-beta * energies[k] - logits) / keys;
  }
  const Real capacity = variance * beta * beta;
  const Real log_keys = log(Real(keys)), bound = specific_heat_bound(static_cast<double>(keys)).specific_heat;
  const auto value = [](const Real& x) { return static_cast<double>(x); };
  return {.log_partition = value(log_partition),
          .free_energy = value(-temperature * log_partition),
          .internal_energy = value(mean),
          .entropy = value(log1p(excess) + mean_depth),
          .specific_heat = value(capacity),
          .specific_heat_normalized = keys == 1 ? 0 : value(capacity / (log_keys * log_keys)),
          .specific_heat_over_bound = keys == 1 ? 0 : value(capacity / bound),
          .energy_variance = value(variance),
          .participation = value(1 / squares),
          .max_weight = value(largest),
          .logit_mean = value(logits),
          .logit_variance = value(spread)};
}

Vector normal_energies(Eigen::Index keys, double scale, std::uint32_t member) {
  RandomStream random(21, member, "energies");
  Vector energies(keys);
  for (auto& energy : energies) energy = scale * random.normal();
  return energies;
}

// Quantities that can vanish must be right to a relative error; U, F, ln Z and the logit mean carry the offset of the
// energies and are right relative to its size.
void check_row(const Vector& energies, double temperature, double tolerance, Kernel kernel = Kernel::fast) {
  const RowThermodynamics row = thermodynamics(energies, temperature, kernel);
  const RowThermodynamics right = exact(energies, temperature);
  const double offset = energies.cwiseAbs().maxCoeff() / temperature;
  for (const auto& [name, field] : RowThermodynamics::quantities()) {
    CAPTURE(name, energies.size(), temperature);
    double margin = 0;
    if (name == "log_partition" || name == "logit_mean") margin = tolerance * (offset + 1);
    if (name == "free_energy" || name == "internal_energy") margin = tolerance * temperature * (offset + 1);
    CHECK(row.*field == Approx(right.*field).epsilon(tolerance).margin(margin));
  }
}

}  // namespace

TEST_CASE("the vectorized exponential is good to 1.5 units in the last place for x ≤ 0") {
  RandomStream random(1, 0, "exponential");
  double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double x = i % 2 ? -708 * random.uniform() : -std::exp(-40 * random.uniform());
    const long double right = std::exp(static_cast<long double>(x));
    const double ulp = std::nextafter(static_cast<double>(right), 2.0) - static_cast<double>(right);
    worst = std::max(worst, static_cast<double>(std::abs(exp_nonpositive(x) - right)) / ulp);
  }
  CHECK(worst < 1.5);
  CHECK(exp_nonpositive(0) == 1);
  CHECK(exp_nonpositive(-708) >= std::numeric_limits<double>::min());
  for (const double x : {-708.0000001, -745.0, -1e5, -1e300, -std::numeric_limits<double>::infinity()}) {
    CHECK(exp_nonpositive(x) == 0);
  }
}

TEST_CASE("random rows agree with 40-digit sums in every quantity, for any length of the last block") {
  std::uint32_t member = 0;
  for (const Eigen::Index keys : {1, 2, 3, 7, 8, 100, 511, 512, 513, 1024, 1029, 2100}) {
    for (const double scale : {1e-6, 0.1, 1.0, 8.0, 100.0, 1e5}) {
      check_row(normal_energies(keys, scale, member++), 1, 1e-13);
    }
  }
  check_row(normal_energies(300, 8, 99), 8, 1e-13);
  check_row(normal_energies(300, 1, 98), 1e-5, 1e-13);
}

TEST_CASE("nasty rows keep relative accuracy in what vanishes") {
  for (const Kernel kernel : {Kernel::fast, Kernel::reference}) {
    // Frozen: one key below many, S and C ~ e^{-gap}.
    for (const double gap : {30.0, 100.0, 700.0}) {
      Vector row = Vector::Constant(1000, gap) + normal_energies(1000, 0.5, 3).cwiseAbs();
      row[617] = 0;
      check_row(row, 1, 2e-13, kernel);
      row[12] = row[999] = 0;  // threefold degenerate ground level
      check_row(row, 1, 2e-13, kernel);
    }
    // A tiny spread on a large offset: the differences are exact in the doubles given.
    check_row((normal_energies(700, 1e-7, 4).array() + 1e3).matrix(), 1e-3, 1e-13, kernel);
    check_row((normal_energies(700, 1, 4).array() + 1e8).matrix(), 1e5, 1e-13, kernel);
    // T → ∞: C = Var(E)/T² of equal weights.
    check_row(normal_energies(700, 1, 5), 1e12, 1e-13, kernel);
    // Sorted rows, an outlier on either side, two far clusters.
    Vector row = normal_energies(1500, 1, 6);
    std::sort(row.begin(), row.end());
    check_row(row, 1, 1e-13, kernel);
    row[0] = -40;
    check_row(row, 1, 1e-13, kernel);
    row[0] = 1e6;
    check_row(row, 1, 1e-13, kernel);
    row.head(700).array() += 1e4;
    check_row(row, 1, 1e-13, kernel);
  }
}

TEST_CASE("rows frozen beyond 708 T have exactly no entropy and no specific heat") {
  const RowThermodynamics row = thermodynamics((Vector(3) << 1e5, -1e5, 7).finished(), 1);
  CHECK(row.entropy == 0);
  CHECK(row.specific_heat == 0);
  CHECK(row.internal_energy == -1e5);
  CHECK(row.free_energy == -1e5);
  CHECK(row.max_weight == 1);
  CHECK(row.participation == 1);
}

TEST_CASE("equal energies give ln n of entropy and no specific heat at all") {
  const RowThermodynamics row = thermodynamics(Vector::Constant(600, -3.25), 0.5);
  CHECK(row.entropy == Approx(std::log(600.0)).epsilon(1e-15));
  CHECK(row.participation == Approx(600).epsilon(1e-15));
  CHECK(row.specific_heat == 0);
  CHECK(row.logit_variance == 0);
  CHECK(row.logit_mean == 6.5);
}

TEST_CASE("one key, two levels and a ladder have their closed forms") {
  const RowThermodynamics single = thermodynamics(Vector::Constant(1, 2.5), 0.5);
  CHECK(single.log_partition == -5);
  CHECK(single.free_energy == 2.5);
  CHECK(single.entropy == 0);
  CHECK(single.specific_heat == 0);
  CHECK(single.specific_heat_normalized == 0);
  CHECK(single.specific_heat_over_bound == 0);

  // Schottky: one key below g others.
  for (const double gap : {1e-9, 0.5, 3.0, 40.0}) {
    const double g = 5;
    const double w = g * std::exp(-gap);
    const RowThermodynamics row = thermodynamics((Vector(6) << gap, gap, 0, gap, gap, gap).finished(), 1);
    CHECK(row.specific_heat == Approx(gap * gap * w / ((1 + w) * (1 + w))).epsilon(1e-14));
    CHECK(row.entropy == Approx(std::log1p(w) + gap * w / (1 + w)).epsilon(1e-14));
  }

  // E_j = j a, j < n = 3 million: geometric sums; with n a ≫ 1 an oscillator, C = (a/2)²/sinh²(a/2).
  const Eigen::Index keys = 3'000'000;
  const double a = 1e-3;
  const RowThermodynamics ladder = thermodynamics(Vector::LinSpaced(keys, 0, a * static_cast<double>(keys - 1)), 1);
  CHECK(ladder.log_partition == Approx(-std::log(-std::expm1(-a))).epsilon(1e-13));
  CHECK(ladder.internal_energy == Approx(a / std::expm1(a)).epsilon(1e-12));
  CHECK(ladder.specific_heat == Approx(std::pow(0.5 * a / std::sinh(0.5 * a), 2)).epsilon(1e-12));
  CHECK(ladder.participation == Approx((1 + std::exp(-a)) / -std::expm1(-a)).epsilon(1e-12));  // 1/Σp² = coth(a/2)
  CHECK(ladder.logit_variance == Approx(a * a * (std::pow(keys, 2.0) - 1) / 12).epsilon(1e-12));
}

TEST_CASE("F = U - T S, C = dU/dT and S = -dF/dT") {
  const Vector energies = normal_energies(400, 3, 8);
  for (const double temperature : {0.3, 1.0, 4.0}) {
    const double step = 1e-4 * temperature;
    const RowThermodynamics row = thermodynamics(energies, temperature);
    const RowThermodynamics hot = thermodynamics(energies, temperature + step);
    const RowThermodynamics cold = thermodynamics(energies, temperature - step);
    CHECK(row.free_energy == Approx(row.internal_energy - temperature * row.entropy).epsilon(1e-13));
    CHECK(row.specific_heat == Approx((hot.internal_energy - cold.internal_energy) / (2 * step)).epsilon(1e-6));
    CHECK(row.entropy == Approx(-(hot.free_energy - cold.free_energy) / (2 * step)).epsilon(1e-6));
  }
}

TEST_CASE("the fast kernel agrees with the readable one") {
  const Vector energies = normal_energies(5000, 4, 9);
  const RowThermodynamics fast = thermodynamics(energies, 2), plain = thermodynamics(energies, 2, Kernel::reference);
  for (const auto& [name, field] : RowThermodynamics::quantities()) {
    CAPTURE(name);
    CHECK(fast.*field == Approx(plain.*field).epsilon(1e-12));
  }
}

TEST_CASE("a row has the same bits in any batch, at any address and with its own temperature") {
  const Eigen::Index rows = 7, keys = 1037;  // odd length: rows start at every alignment
  RowMatrix energies(rows, keys);
  for (Eigen::Index r = 0; r < rows; ++r) energies.row(r) = normal_energies(keys, 2, static_cast<std::uint32_t>(r));
  const Vector temperatures = Vector::LinSpaced(rows, 0.5, 3);
  const BatchThermodynamics all = thermodynamics_batch(energies, temperatures);
  const BatchThermodynamics tail = thermodynamics_batch(energies.bottomRows(3), temperatures.tail(3));
  const BatchThermodynamics inner = thermodynamics_batch(energies.leftCols(600), 1.5);
  const auto fields = BatchThermodynamics::quantities();
  const auto row_fields = RowThermodynamics::quantities();
  for (std::size_t q = 0; q < fields.size(); ++q) {
    CAPTURE(fields[q].first);
    CHECK(fields[q].first == row_fields[q].first);
    const Vector& values = all.*fields[q].second;
    REQUIRE(values.size() == rows);
    CHECK(values.tail(3) == tail.*fields[q].second);
    for (Eigen::Index r = 0; r < rows; ++r) {
      CHECK(values[r] == thermodynamics(energies.row(r).transpose(), temperatures[r]).*row_fields[q].second);
      const Vector part = energies.row(r).head(600);
      CHECK((inner.*fields[q].second)[r] == thermodynamics(part, 1.5).*row_fields[q].second);
    }
  }
}

TEST_CASE("the specific heat never passes its bound, and one key against the others at the right gap attains it") {
  for (const Eigen::Index keys : {2, 3, 10, 1000}) {
    const SpecificHeatBound bound = specific_heat_bound(static_cast<double>(keys));
    Vector row = Vector::Constant(keys, bound.gap);
    row[keys / 2] = 0;
    CHECK(thermodynamics(row, 1).specific_heat_over_bound == Approx(1).epsilon(1e-13));
    RandomStream random(31, static_cast<std::uint32_t>(keys), "adversary");
    for (int trial = 0; trial < 300; ++trial) {
      // Around the maximizer, and far from it: no perturbation may gain.
      const double size = std::pow(10.0, -4 + 5 * random.uniform());
      Vector other = row;
      for (auto& energy : other) energy += size * random.normal();
      CHECK(thermodynamics(other, 1).specific_heat_over_bound <= 1 + 1e-13);
    }
  }
}

TEST_CASE("the variance of energies over a batch splits into within and between queries") {
  const Eigen::Index rows = 40, keys = 25;
  RowMatrix energies(rows, keys);
  for (Eigen::Index r = 0; r < rows; ++r) {
    energies.row(r) =
        normal_energies(keys, 2, 50 + static_cast<std::uint32_t>(r)).array() + 0.1 * static_cast<double>(r);
  }
  const BatchThermodynamics batch = thermodynamics_batch(energies, 1.3);
  // Directly from the joint distribution p(row, key) = p(key|row)/rows.
  const RowMatrix boltzmann = (-energies / 1.3).array().exp();
  RowMatrix joint = boltzmann;
  for (Eigen::Index r = 0; r < rows; ++r) joint.row(r) /= boltzmann.row(r).sum() * static_cast<double>(rows);
  const double mean = joint.cwiseProduct(energies).sum();
  const double variance = (joint.array() * (energies.array() - mean).square()).sum();
  const VarianceSplit split = energy_variance_split(batch);
  CHECK(split.total == Approx(variance).epsilon(1e-13));
  CHECK(split.total == split.within + split.between);
  CHECK(split.within == Approx(1.3 * 1.3 * batch.specific_heat.mean()).epsilon(1e-13));

  const RowMatrix logits = -energies / 1.3;
  CHECK(specific_heat_pooled(batch) == Approx((logits.array() - logits.mean()).square().mean()).epsilon(1e-13));
}

TEST_CASE("bad rows are refused by name") {
  using Catch::Contains;
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, -infinity}) {
    Vector row = Vector::Zero(600);
    row[577] = bad;
    CHECK_THROWS_WITH(thermodynamics(row, 1), Contains("energies[577]") && Contains("finite"));
    CHECK_THROWS_WITH(thermodynamics(row, 1, Kernel::reference), Contains("energies[577]"));
  }
  CHECK_THROWS_WITH(thermodynamics(Vector(), 1), Contains("empty"));
  CHECK_THROWS_WITH(thermodynamics(Vector::Zero(2), -1), Contains("temperature = -1"));
  CHECK_THROWS_WITH(thermodynamics((Vector(2) << 0, 1e300).finished(), 1), Contains("1e150"));
  CHECK_THROWS_WITH(thermodynamics_batch(RowMatrix::Zero(3, 2), Vector::Ones(2)), Contains("temperatures"));
  CHECK_THROWS_WITH(thermodynamics_batch(RowMatrix::Zero(2, 2), Vector::Zero(2)), Contains("temperature = 0"));
  CHECK_THROWS_WITH(thermodynamics_batch(RowMatrix(2, 0), 1), Contains("empty"));
  CHECK(thermodynamics_batch(RowMatrix(0, 5), 1).entropy.size() == 0);
}
