#include "planted.hpp"

#include <softmech/scaling/posterior.hpp>
#include <softmech/scaling/quality.hpp>

#include <catch2/catch.hpp>
#include <oneapi/tbb/global_control.h>

#include <cmath>

using namespace softmech;
using namespace softmech::test;

TEST_CASE("a posterior is what its draws say, the same bits on one thread and many") {
  const Planted planted = planted_cases()[0];
  const ScalingData data = planted.sample(1);
  const Ansatz ansatz(planted.settings, data);
  const SamplerSettings settings{.walkers = 20, .effective_samples = 100, .largest_steps = 600};
  const ScalingPosterior posterior = sample_posterior(ansatz, data, settings);
  CHECK(posterior.draws.walkers == 20);
  CHECK(posterior.parameters.size() == 6);
  CollapseLikelihood likelihood(ansatz, data);
  CHECK(posterior.log_likelihood == likelihood(posterior.most_probable));
  for (Eigen::Index i = 0; i < 6; ++i) {
    const auto draws = posterior.draws.draws.col(i).array();
    CHECK(posterior.mean[i] == Approx(draws.mean()));
    CHECK(posterior.error[i] == Approx(std::sqrt((draws - draws.mean()).square().mean())));
    CHECK(posterior.covariance(i, i) == Approx(std::pow(posterior.error[i], 2)));
  }
  for (Eigen::Index draw = 0; draw < posterior.draws.draws.rows(); draw += 97)
    CHECK(likelihood(posterior.draws.draws.row(draw).transpose()) <= posterior.log_likelihood + 1e-3);

  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  CHECK(sample_posterior(ansatz, data, settings).draws.draws == posterior.draws.draws);
}

TEST_CASE("observables that share x_c and ν determine them together") {
  // Binder-like and magnetization-like: the second data set has the same truth and its own errors.
  const Planted planted = planted_cases()[0];
  ScalingData data = planted.sample(1);
  const ScalingData other = planted.sample(1);
  RandomStream random(8, 0, "second observable");
  ScalingSeries binder = other.series[0];
  binder.name = "binder";
  for (Eigen::Index i = 0; i < data.points(); ++i) {
    binder.error[i] = 0.02;
    binder.y[i] = logistic((data.x[i] - planted.x_c) * planted.stretch(data.size[i])) + 0.02 * random.normal();
  }
  const Ansatz first({}, data);
  data.series.push_back(binder);
  ScalingData second_data = data;
  second_data.series.erase(second_data.series.begin());
  const Ansatz second({.exponents = {0.0}}, second_data), both({.exponents = {std::nullopt, 0.0}}, data);

  const auto check = [&](const auto& estimate) {
    const Vector a = estimate(first, other), b = estimate(second, second_data), ab = estimate(both, data);
    for (const Eigen::Index i : {0, 1}) {  // errors of x_c and 1/ν
      const double expected = 1 / std::sqrt(1 / (a[i] * a[i]) + 1 / (b[i] * b[i]));
      CHECK(ab[i] < 1.2 * std::min(a[i], b[i]));
      CHECK(ab[i] == Approx(expected).epsilon(0.4));
    }
  };
  check([](const Ansatz& ansatz, const ScalingData& d) { return fit_quality(ansatz, d, {.resamples = 100}).error; });
  check([](const Ansatz& ansatz, const ScalingData& d) {
    return sample_posterior(ansatz, d, {.effective_samples = 300, .largest_steps = 1500}).error;
  });
}

TEST_CASE("data that contradict every smooth curve are told from their noise") {
  // The errors are a tenth of what they should be: s takes over, and the errors of x_c follow the scatter.
  const Planted planted = planted_cases()[0];
  ScalingData honest = planted.sample(1), boastful = honest;
  boastful.series[0].error *= 0.1;
  const SamplerSettings settings{.effective_samples = 300, .largest_steps = 1500};
  const ScalingPosterior a = sample_posterior(Ansatz({}, honest), honest, settings);
  const ScalingPosterior b = sample_posterior(Ansatz({}, boastful), boastful, settings);
  CHECK(b.error[0] == Approx(a.error[0]).epsilon(0.4));
  CHECK(b.mean[5] == Approx(std::log(0.02 * std::pow(20, -0.125))).margin(0.3));  // log_noise
}
