#include <softmech/ensemble/random.hpp>
#include <softmech/goldstone/dispersion.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <numbers>

using namespace softmech;
using std::numbers::pi;

namespace {

/// The modes of a ring of 128 sites up to k = 0.6, with relative errors.
DispersionData modes(BranchKind kind, const std::function<double(double)>& frequency, double error, int seed) {
  RandomStream random(static_cast<std::uint64_t>(seed), 0, "dispersion test");
  DispersionData data{kind, Vector(12), Vector(12), Vector(12)};
  for (int n = 0; n < 12; ++n) {
    data.wavenumber[n] = 2 * pi * (n + 1) / 128;
    const double exact = frequency(data.wavenumber[n]);
    data.error[n] = error * exact;
    data.value[n] = exact + data.error[n] * random.normal();
  }
  return data;
}

double chain(double k) { return 2 * std::sin(k / 2); }

}  // namespace

TEST_CASE("A chain of nearest neighbors is linear, gapless, and its velocity is 1") {
  const DispersionStudy study = study_dispersion(modes(BranchKind::waves, chain, 0.003, 1));
  CHECK(study.law().law.name(BranchKind::waves) == "linear");
  CHECK(std::abs(study.velocity - 1) < 3 * study.velocity_error);
  CHECK(study.velocity_error < 0.002);
  CHECK(std::abs(study.exponent - 1) < 0.01);
  CHECK_FALSE(study.gapped());
  CHECK(study.gap_limit < 0.02);
  CHECK_FALSE(study.departs_from_power());
}

TEST_CASE("The interval of gap^2 covers 0 in 68 of 100 gapless chains and h in pinned ones") {
  for (const double field : {0.0, 0.01}) {
    int covered = 0, gapped = 0;
    for (int seed = 0; seed < 300; ++seed) {
      DispersionData data = modes(
          BranchKind::waves, [field](double k) { return std::hypot(chain(k), std::sqrt(field)); }, 0.003, seed);
      const DispersionStudy study = study_dispersion(data);
      covered += std::abs(study.gap_squared - field) <= study.gap_squared_error;
      gapped += study.gapped();
    }
    INFO("field " << field << ": " << covered << " of 300");
    CHECK(covered > 180);
    CHECK(covered < 250);
    CHECK((field > 0 ? gapped == 300 : gapped < 20));
  }
}

TEST_CASE("Long-range couplings r^-a have the exponent (a-1)/2 though their analytic part is large") {
  // J̃(0) − J̃(k) = −Γ(1−a) sin(πa/2) k^{a−1} + ζ(a−2) k²/2 + O(k⁴) for Σ_r r^{−a} (1 − cos kr)
  const double zeta = -1.4603545088095868;  // ζ(1/2)
  const auto frequency = [zeta](double k) {
    return std::sqrt(-std::tgamma(-1.5) * std::sin(1.25 * pi) * std::pow(k, 1.5) + zeta * k * k / 2);
  };
  const DispersionStudy study = study_dispersion(modes(BranchKind::waves, frequency, 0.001, 2), 0.002);
  CHECK(std::abs(study.exponent - 0.75) < 0.03);
  CHECK(study.departs_from_power());
  CHECK(std::abs(study.gap_squared) < 3 * study.gap_squared_error);
}

TEST_CASE("A frequency that does not know k is flat, with its value as gap") {
  const DispersionStudy study = study_dispersion(modes(
      BranchKind::waves, [](double) { return 0.7; }, 0.003, 3));
  CHECK(study.flat());
  CHECK(std::abs(study.gap - 0.7) < 3 * study.gap_error);
  CHECK(std::isnan(study.velocity));
}

TEST_CASE("A pinned k = 0 mode fixes the gap") {
  DispersionData data = modes(
      BranchKind::waves, [](double k) { return std::hypot(chain(k), 0.1); }, 0.01, 4);
  data.wavenumber[0] = 0, data.value[0] = 0.1, data.error[0] = 1e-5;
  const DispersionStudy study = study_dispersion(data, 0.002);
  CHECK(study.gap == Approx(0.1).epsilon(3e-4));
  CHECK(study.gap_error < 2e-5);
}

TEST_CASE("Rates of overdamped chains are quadratic, frequencies of travelling waves linear") {
  const auto rates = study_dispersion(modes(
      BranchKind::relaxation, [](double k) { return chain(k) * chain(k); }, 0.01, 5));
  CHECK(rates.law().law.name(BranchKind::relaxation) == "quadratic");
  CHECK(std::abs(rates.exponent - 2) < 0.05);
  const auto waves = study_dispersion(modes(
      BranchKind::travelling, [](double k) { return 1.5 * chain(k); }, 0.01, 6));
  CHECK(waves.law().law.name(BranchKind::travelling) == "linear");
  CHECK(std::abs(waves.velocity - 1.5) < 3 * waves.velocity_error);
}

TEST_CASE("Where no law holds down to k = 0 there is no velocity") {
  for (const double sign : {1.0, -1.0}) {  // w^2 = kappa^2 +- 0.001: a gap, or frequencies that end at k = 0.03
    const DispersionStudy study = study_dispersion(modes(
        BranchKind::waves, [sign](double k) { return std::sqrt(chain(k) * chain(k) + sign * 0.001); }, 0.001, 7));
    CHECK(study.gap_squared == Approx(sign * 0.001).epsilon(0.1));
    CHECK(study.contradicts() == (sign < 0));
    CHECK(std::isnan(study.velocity) == (sign < 0));
    CHECK(std::isnan(study.velocity_error) == (sign < 0));
  }
}

TEST_CASE("Laws rest on the tolerance where the values at k > 0 are more precise") {
  const auto rests = [](DispersionData data, double tolerance) {
    return study_dispersion(data, tolerance).rests_on_tolerance();
  };
  CHECK(rests(modes(BranchKind::waves, chain, 0.001, 8), 0.002));
  CHECK_FALSE(rests(modes(BranchKind::waves, chain, 0.004, 8), 0.002));
  CHECK_FALSE(rests(modes(BranchKind::waves, chain, 0.001, 8), 0));
}

TEST_CASE("Laws need three wavenumbers") {
  const Vector two = Vector::Ones(2);
  CHECK_THROWS_WITH(study_dispersion({BranchKind::waves, two, two, two}), Catch::Contains("at least 3"));
}
