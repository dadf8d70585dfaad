#include "autoregressive.hpp"

#include <softmech/statistics/bootstrap.hpp>
#include <softmech/statistics/derived.hpp>

#include <catch2/catch.hpp>

#include <oneapi/tbb/task_arena.h>

#include <cmath>
#include <vector>

using namespace softmech;

namespace {

RowMatrix normal_samples(Eigen::Index members, Eigen::Index quantities, std::uint32_t trial) {
  RandomStream random(41, trial, "samples");
  return RowMatrix::NullaryExpr(members, quantities, [&] { return random.normal(); });
}

Vector binder_of(const Vector& means) { return Vector::Constant(1, binder_cumulant(means[0], means[1])); }

}  // namespace

TEST_CASE("a resample draws as many members as there are, blocks as runs of neighbors") {
  const Vector times = resample_multiplicities(10, 3, 7);
  CHECK((times.sum() == 10 && times.minCoeff() >= 0));
  CHECK(times == resample_multiplicities(10, 3, 7));
  CHECK(times != resample_multiplicities(10, 4, 7));
  // The multiplicity of each member is binomial: mean 1, variance 1 − 1/n.
  double sum = 0, squares = 0;
  for (std::uint32_t r = 0; r < 4000; ++r) {
    const double first = resample_multiplicities(10, r, 1)[0];
    sum += first / 4000, squares += (first - 1) * (first - 1) / 4000;
  }
  CHECK(sum == Approx(1).margin(4 * std::sqrt(0.9 / 4000)));
  CHECK(squares == Approx(0.9).epsilon(0.12));
  // Blocks as long as the series are rotations of it: every member once.
  CHECK(resample_multiplicities(12, 0, 1, 12) == Vector::Ones(12));
  // 12 = 5 + 5 + 2: at most six changes of multiplicity around the circle.
  const Vector blocks = resample_multiplicities(12, 1, 1, 5);
  int changes = 0;
  for (Eigen::Index i = 0; i < 12; ++i) changes += blocks[i] != blocks[(i + 1) % 12] ? 1 : 0;
  CHECK((blocks.sum() == 12 && changes <= 6));
}

TEST_CASE("bootstrap means are Σ multiplicity·sample/members, all quantities of a resample from the same members") {
  const RowMatrix samples = normal_samples(13, 3, 0);
  const RowMatrix means = bootstrap_means(samples, {.resamples = 100, .seed = 5, .block = 2});
  REQUIRE((means.rows() == 100 && means.cols() == 3));
  for (const std::uint32_t r : {0u, 63u, 64u, 99u}) {
    const Vector expected = samples.transpose() * resample_multiplicities(13, r, 5, 2) / 13;
    CHECK((means.row(r).transpose() - expected).norm() < 1e-14);
  }
}

TEST_CASE("the bits are the same for any number of threads") {
  const RowMatrix samples = normal_samples(64, 50, 1);
  const auto with_threads = [&](int threads) {
    oneapi::tbb::task_arena arena(threads);
    return arena.execute([&] { return bootstrap_means(samples, {.resamples = 333}); });
  };
  const RowMatrix one = with_threads(1);
  CHECK(one == with_threads(2));
}

TEST_CASE("errors and covariances of derived quantities are those of the delta method") {
  RowMatrix powers(400, 2);
  const RowMatrix m = normal_samples(400, 1, 2);
  powers << (2 + m.array()).square(), (2 + m.array()).pow(4);
  const Vector mean = powers.colwise().mean();
  const RowMatrix centered = powers.rowwise() - mean.transpose();
  const Matrix covariance = centered.transpose() * centered / (400.0 * 400.0);
  const Eigen::Vector2d slope(2 * mean[1] / (3 * std::pow(mean[0], 3)), -1 / (3 * mean[0] * mean[0]));
  const BootstrapEstimates binder = bootstrap_estimates(powers, binder_of, {.resamples = 4000});
  CHECK(binder.values[0] == Approx(1 - mean[1] / (3 * mean[0] * mean[0])));
  CHECK(binder.error(0) == Approx(std::sqrt(slope.dot(covariance * slope))).epsilon(0.06));
  CHECK(binder.intervals[0].contains(binder.values[0]));
  CHECK(binder.intervals[0].high - binder.intervals[0].low == Approx(2 * 1.96 * binder.error(0)).epsilon(0.06));
  const BootstrapEstimates both = bootstrap_estimates(powers, [](const Vector& x) { return x; }, {.resamples = 4000});
  CHECK(both.covariance(0, 1) == Approx(covariance(0, 1)).epsilon(0.08));
}

TEST_CASE("blocks give a correlated series with tau = 50 its error, single values do not") {
  const std::size_t count = 20'000;
  const std::int64_t block = 420;  // (3/2 τ² N)^{1/3}
  double error = 0;
  constexpr std::uint32_t trials = 20;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    const std::vector<double> series = autoregressive(50, count, trial);
    const Eigen::Map<const RowMatrix> samples(series.data(), static_cast<Eigen::Index>(count), 1);
    error +=
        bootstrap_estimates(samples, [](const Vector& x) { return x; }, {.resamples = 200, .block = block}).error(0) /
        trials;
  }
  const double exact = error_of_mean(50, count);
  CHECK(error == Approx(exact * std::sqrt(1 - 50.0 / 420)).epsilon(0.06));  // blocks miss τ/L of the variance
  CHECK(error == Approx(exact).epsilon(0.15));
  const std::vector<double> series = autoregressive(50, count, 0);
  const Interval interval = bootstrap_interval(series, mean, {.resamples = 200, .block = block});
  const Interval naive = bootstrap_interval(series, mean, {.resamples = 200});
  CHECK(interval.high - interval.low > 7 * (naive.high - naive.low));
}

TEST_CASE("intervals of a Binder cumulant over members cover the truth") {
  int covered = 0;
  constexpr int trials = 400;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    RandomStream random(43, trial, "binder");
    RowMatrix powers(64, 2);
    for (Eigen::Index i = 0; i < 64; ++i) {
      const double m = 1 + 0.3 * random.normal();
      powers.row(i) << m * m, m * m * m * m;
    }
    const double truth = 1 - (1 + 6 * 0.09 + 3 * 0.0081) / (3 * 1.09 * 1.09);
    covered += bootstrap_estimates(powers, binder_of, {.resamples = 400}).intervals[0].contains(truth) ? 1 : 0;
  }
  CHECK(covered / double(trials) == Approx(0.94).margin(0.048));  // four standard deviations of the count
}

TEST_CASE("NaN stays in its quantity; what cannot be resampled is refused") {
  RowMatrix samples = normal_samples(5, 2, 3);
  samples(2, 0) = NAN;
  const RowMatrix means = bootstrap_means(samples, {.resamples = 10});
  CHECK(means.col(0).array().isNaN().all());
  CHECK(means.col(1).allFinite());
  CHECK_THROWS_AS(bootstrap_means(RowMatrix(0, 2)), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_means(samples, {.block = 0}), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_means(samples, {.resamples = 0}), std::invalid_argument);
}
