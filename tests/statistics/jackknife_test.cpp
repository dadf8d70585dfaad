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

TEST_CASE("for a square the correction takes out the whole bias, which is the variance of the mean") {
  RandomStream random(3, 0, "jackknife");
  const RowMatrix x = RowMatrix::NullaryExpr(20, 1, [&](Eigen::Index) { return 1 + random.normal(); });
  const double variance = (x.array() - x.mean()).square().sum() / 19;
  const JackknifeEstimates square = jackknife_estimates(x, [](const Vector& mean) { return mean.cwiseAbs2(); });
  CHECK(square.values[0] == Approx(x.mean() * x.mean()));
  CHECK(square.corrected[0] == Approx(x.mean() * x.mean() - variance / 20).epsilon(1e-12));
}

TEST_CASE("several quantities come with the covariance of their means") {
  RandomStream random(4, 0, "jackknife");
  RowMatrix x(60, 2);
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    const double shared = random.normal();
    x.row(i) << shared, 0.5 * shared + random.normal();
  }
  const Matrix map = (Matrix(3, 2) << 1, 0, 0, 1, 2, -1).finished();
  const JackknifeEstimates linear = jackknife_estimates(x, [&](const Vector& mean) { return Vector(map * mean); });
  const RowMatrix centered = x.rowwise() - x.colwise().mean();
  const Matrix expected = map * (centered.transpose() * centered / (59.0 * 60.0)) * map.transpose();
  CHECK((linear.covariance - expected).norm() < 1e-14);
  CHECK((linear.corrected - linear.values).norm() < 1e-13);
  CHECK(linear.error(2) == Approx(std::sqrt(expected(2, 2))));
}

TEST_CASE("blocks leave out the first samples that do not fill one") {
  const RowMatrix x = RowMatrix(Vector::LinSpaced(11, 0, 10));
  CHECK((block_means(x, 3) - (RowMatrix(3, 1) << 3, 6, 9).finished()).norm() < 1e-14);  // 2 to 4, 5 to 7, 8 to 10
  CHECK(block_means(x, 11) == x);
  CHECK_THROWS_AS(block_means(x, 12), std::invalid_argument);
  CHECK_THROWS_AS(block_means(x, 0), std::invalid_argument);
}
