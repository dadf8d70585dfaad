#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/ensemble_sampler.hpp>

#include <catch2/catch.hpp>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>

#include <cmath>
#include <limits>

using namespace softmech;

namespace {

using LogDensity = std::function<double(VectorView)>;

/// Standard deviations 0.01 … 100 and correlation 0.9 between neighbors.
struct Normal {
  Vector mean;
  Matrix covariance;

  explicit Normal(Eigen::Index dimensions) : mean(dimensions), covariance(dimensions, dimensions) {
    for (Eigen::Index i = 0; i < dimensions; ++i) {
      mean[i] = static_cast<double>(i - 1);
      for (Eigen::Index j = 0; j < dimensions; ++j)
        covariance(i, j) = deviation(i) * deviation(j) * std::pow(0.9, static_cast<double>(std::abs(i - j)));
    }
  }
  double deviation(Eigen::Index i) const {
    return std::pow(10, -2 + 4 * static_cast<double>(i) / static_cast<double>(mean.size() - 1));
  }
  LogDensity log_density() const {
    return [precision = Matrix(covariance.inverse()), m = mean](VectorView x) {
      return -0.5 * (x - m).dot(precision * (x - m));
    };
  }
};

RowMatrix cloud(Eigen::Index walkers, const Vector& middle, const Vector& scale, std::uint64_t seed) {
  RandomStream random(seed, 0, "cloud");
  return RowMatrix::NullaryExpr(walkers, middle.size(),
                                [&](Eigen::Index, Eigen::Index i) { return middle[i] + scale[i] * random.normal(); });
}

}  // namespace

TEST_CASE("a normal density with very different scales is drawn with its mean and covariance") {
  const Normal normal(4);
  const Vector deviations = normal.covariance.diagonal().cwiseSqrt();
  const RowMatrix start = cloud(20, normal.mean + 3 * deviations, 0.3 * deviations, 1);
  const Draws draws = sample_ensemble([&] { return normal.log_density(); }, start, {.effective_samples = 20000});
  CHECK(draws.converged);
  CHECK(draws.effective_sample_size >= 20000);
  CHECK((draws.acceptance > 0.3 && draws.acceptance < 0.8));
  CHECK(static_cast<double>(draws.discarded) >= 20 * draws.autocorrelation_time.minCoeff());
  const Vector mean = draws.draws.colwise().mean().transpose();
  const RowMatrix centered = draws.draws.rowwise() - mean.transpose();
  const Matrix covariance = centered.transpose() * centered / static_cast<double>(centered.rows());
  for (Eigen::Index i = 0; i < 4; ++i) {
    CHECK(mean[i] == Approx(normal.mean[i]).margin(4 * deviations[i] / std::sqrt(20000)));
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double scale = deviations[i] * deviations[j];
      CHECK(covariance(i, j) / scale == Approx(normal.covariance(i, j) / scale).margin(0.06));
    }
  }
}

TEST_CASE("means scatter from run to run as the effective sample size says") {
  const Normal normal(2);
  const Vector deviations = normal.covariance.diagonal().cwiseSqrt();
  constexpr int runs = 100;
  Vector squares(runs);
  tbb::parallel_for(0, runs, [&](int run) {
    const auto seed = static_cast<std::uint64_t>(run);
    const Draws draws = sample_ensemble([&] { return normal.log_density(); }, cloud(16, normal.mean, deviations, seed),
                                        {.effective_samples = 400, .seed = seed});
    const double pull = (draws.draws.col(0).mean() - normal.mean[0]) / deviations[0];
    const auto moves = static_cast<double>(draws.draws.rows() * draws.stride);
    squares[run] = pull * pull * moves / (2 * draws.autocorrelation_time[0]);
  });
  CHECK(squares.mean() == Approx(1).margin(0.42));  // χ² of 100 degrees of freedom divided by them: 1 ± 0.14
}

TEST_CASE("a bent ridge is drawn with its exact moments") {
  // x normal, y = x² + half a normal number: ⟨y⟩ = 1, ⟨x²y⟩ = 3.
  const auto banana = [] {
    return LogDensity([](VectorView p) { return -0.5 * p[0] * p[0] - 2 * std::pow(p[1] - p[0] * p[0], 2); });
  };
  const Draws draws =
      sample_ensemble(banana, cloud(32, Vector{{0, 1}}, Vector{{0.5, 0.5}}, 4), {.effective_samples = 10000});
  CHECK(draws.converged);
  const auto x = draws.draws.col(0).array(), y = draws.draws.col(1).array();
  CHECK(x.mean() == Approx(0).margin(0.05));
  CHECK(x.square().mean() == Approx(1).margin(0.07));
  CHECK(y.mean() == Approx(1).margin(0.07));
  CHECK((x.square() * y).mean() == Approx(3).margin(0.5));
  CHECK((y - x.square()).square().mean() == Approx(0.25).margin(0.02));
}

TEST_CASE("hard walls are respected and counted") {
  const auto box = [] {
    return LogDensity([](VectorView p) {
      return p.minCoeff() >= 0 && p.maxCoeff() <= 1 ? 0.0 : -std::numeric_limits<double>::infinity();
    });
  };
  const Draws draws =
      sample_ensemble(box, cloud(16, Vector{{0.5, 0.5}}, Vector{{0.05, 0.05}}, 1), {.effective_samples = 5000});
  CHECK((draws.draws.minCoeff() >= 0 && draws.draws.maxCoeff() <= 1));
  for (Eigen::Index i = 0; i < 2; ++i) {
    CHECK(draws.draws.col(i).mean() == Approx(0.5).margin(4 * 0.289 / std::sqrt(5000)));
    CHECK((draws.draws.col(i).array() - 0.5).square().mean() == Approx(1.0 / 12).epsilon(0.06));
  }
}

TEST_CASE("draws are the same bits on one thread and many, and know when they are too few") {
  const Normal normal(3);
  const RowMatrix start = cloud(16, normal.mean, normal.covariance.diagonal().cwiseSqrt(), 1);
  const auto draw = [&](SamplerSettings settings) {
    return sample_ensemble([&] { return normal.log_density(); }, start, settings);
  };
  const Draws many = draw({.effective_samples = 300, .seed = 3});
  CHECK(draw({.effective_samples = 300, .seed = 4}).draws.row(0) != many.draws.row(0));
  {
    const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
    CHECK(draw({.effective_samples = 300, .seed = 3}).draws == many.draws);
  }
  const Draws few = draw({.effective_samples = 1e5, .largest_steps = 200});
  CHECK_FALSE(few.converged);
  CHECK(few.effective_sample_size < 1e4);
  CHECK(few.draws.rows() > 0);
}

TEST_CASE("long chains are thinned") {
  const Normal normal(2);
  const RowMatrix start = cloud(16, normal.mean, normal.covariance.diagonal().cwiseSqrt(), 1);
  const Draws draws =
      sample_ensemble([&] { return normal.log_density(); }, start, {.effective_samples = 1e9, .largest_steps = 30000});
  CHECK(draws.stride == 8);
  CHECK(draws.draws.rows() < 4096 * 16);
  CHECK(draws.walkers == 16);
}

TEST_CASE("starts that do not do are refused") {
  const auto flat = [] { return LogDensity([](VectorView) { return 0.0; }); };
  const auto nowhere = [] { return LogDensity([](VectorView) { return -INFINITY; }); };
  CHECK_THROWS_AS(sample_ensemble(flat, RowMatrix::Random(7, 1)), std::invalid_argument);
  CHECK_THROWS_AS(sample_ensemble(flat, RowMatrix::Random(8, 4)), std::invalid_argument);
  CHECK_THROWS_AS(sample_ensemble(nowhere, RowMatrix::Random(16, 2)), std::invalid_argument);
  CHECK_THROWS_AS(sample_ensemble(flat, RowMatrix::Random(16, 2), {.largest_steps = 10}), std::invalid_argument);
}
