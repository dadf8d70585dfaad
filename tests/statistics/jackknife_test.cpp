#include <catch2/catch.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <cmath>

using namespace softmech;

TEST_CASE("for a mean the jackknife error is the standard error") {
  RandomStream random(1, 0, "jackknife");
  const RowMatrix x = RowMatrix::NullaryExpr(50, 1, [&](Eigen::Index) { return random.normal(); });
  const Estimate estimate = jackknife(x, [](const Vector& mean) { return mean[0]; });
  const double variance = (x.array() - x.mean()).square().sum() / 49;
  CHECK(estimate.value == Approx(x.mean()).epsilon(1e-13));
  CHECK(estimate.error == Approx(std::sqrt(variance / 50)).epsilon(1e-12));
}

TEST_CASE("jackknife errors of a ratio cover the truth at the stated rate") {
  // ⟨x⟩/⟨y⟩ with correlated x = 2 + a, y = 1 + 0.5 a + 0.3 b: the truth is 2; one standard error covers 68 %.
  int covered = 0;
  const int trials = 1000;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(2, static_cast<std::uint32_t>(trial), "coverage");
    RowMatrix samples(100, 2);
    for (Eigen::Index i = 0; i < samples.rows(); ++i) {
      const double a = random.normal(), b = random.normal();
      samples.row(i) << 2 + a, 1 + 0.5 * a + 0.3 * b;
    }
    const Estimate ratio = jackknife(samples, [](const Vector& mean) { return mean[0] / mean[1]; });
    covered += std::abs(ratio.value - 2) < ratio.error;
  }
  CHECK(covered > 0.63 * trials);
  CHECK(covered < 0.73 * trials);
}

TEST_CASE("one sample has no error, none is refused") {
  const auto mean = [](const Vector& m) { return m[0]; };
  CHECK(std::isnan(jackknife(RowMatrix::Ones(1, 1), mean).error));
  CHECK_THROWS_WITH(jackknife(RowMatrix(0, 1), mean), Catch::Contains("at least 1"));
}
