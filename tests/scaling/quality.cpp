#include "golden_data.hpp"

#include <softmech/scaling/quality.hpp>

#include <catch2/catch.hpp>
#include <oneapi/tbb/global_control.h>

#include <cmath>

using namespace softmech;
using namespace softmech::test;

namespace {

using Between = QualityMeter::Between;

/// Every point of y = L^{−0.3} f((x − 0.4) L), without noise, on grids that do not agree.
template <class Function>
ScalingData exact(Function f) {
  ScalingData data;
  constexpr int points = 8;
  data.size.resize(3 * points), data.x.resize(3 * points);
  data.series = {{"y", Vector(3 * points), Vector(3 * points), {}}};
  for (int i = 0; i < 3 * points; ++i) {
    const int size = i / points;
    data.size[i] = 4 << size;
    const double scaled = -2.1 + 0.13 * size + 0.6 * (i % points);
    data.x[i] = 0.4 + scaled / data.size[i];
    data.series[0].y[i] = std::pow(data.size[i], -0.3) * f(scaled);
    data.series[0].error[i] = 0.01 * std::pow(data.size[i], -0.3) * (1 + i % 3);
  }
  return data;
}

const Vector exact_theta{{0.4, 1, -0.3}};

}  // namespace

TEST_CASE("S and its form with curves are those of an independent program") {
  // By a NumPy script that loops over points and sizes as the definitions do.
  const ScalingData data = golden_data();
  const Ansatz plain({}, data), corrected({.corrections = true}, data);
  const auto check = [&](const Ansatz& ansatz, const Vector& theta, double lines, double curves) {
    const CollapseQuality quality = collapse_quality(ansatz, theta, data);
    CHECK(quality.value == Approx(lines).epsilon(1e-12));
    CHECK(quality.overlap == Approx(13.0 / 15));
    CHECK(QualityMeter(ansatz, data, Between::curves)(theta).value == Approx(curves).epsilon(1e-10));
  };
  check(plain, Vector{{0.44, 1.0, 0.0}}, 23.0914008480683, 21.3070213238931);
  check(plain, Vector{{0.45, 1.3, -0.1}}, 10.4445327514447, 8.51893821893241);
  check(corrected, Vector{{0.43, 0.8, 0.2, 1.0, 0.3}}, 74.982910679778, 61.607622252697);
}

TEST_CASE("lines collapse straight scaling functions exactly, curves also parabolas") {
  const ScalingData straight = exact([](double x) { return 2 + 0.5 * x; });
  const Ansatz ansatz({}, straight);
  CHECK(collapse_quality(ansatz, exact_theta, straight).value < 1e-20);
  CHECK(QualityMeter(ansatz, straight, Between::curves)(exact_theta).value < 1e-20);

  const ScalingData parabola = exact([](double x) { return 2 + 0.5 * x * x; });
  CHECK(collapse_quality(ansatz, exact_theta, parabola).value > 1);
  CHECK(QualityMeter(ansatz, parabola, Between::curves)(exact_theta).value < 1e-20);
}

TEST_CASE("where sizes do not overlap there is no quality and no fit") {
  ScalingData data = golden_data();
  data.x.head(5).array() += 10;
  data.x.tail(6).array() -= 10;
  const Ansatz ansatz({.x_c = 0.0}, data);
  const CollapseQuality quality = collapse_quality(ansatz, Vector{{0.02, 0}}, data);
  CHECK(quality.overlap == 0);
  CHECK(std::isinf(quality.value));
  CHECK_THROWS_WITH(fit_quality(Ansatz({.x_c = 0.0, .inverse_nu = 1.0}, data), data), Catch::Contains("overlapping x"));
}

TEST_CASE("several observables are averaged by their points") {
  const ScalingData data = two_observables();
  const Ansatz ansatz({}, data);
  ScalingData second = golden_data();
  second.series[0] = data.series[1];
  const double first = collapse_quality(Ansatz({}, golden_data()), Vector{{0.44, 1, 0}}, golden_data()).value;
  const double other = collapse_quality(Ansatz({}, second), Vector{{0.44, 1, 0.2}}, second).value;
  CHECK(collapse_quality(ansatz, Vector{{0.44, 1, 0, 0.2}}, data).value == Approx((first + other) / 2));
}

TEST_CASE("a fit without noise finds the truth, and the same bits on one thread and many") {
  const ScalingData data = exact([](double x) { return 1.5 + std::tanh(x); });
  const Ansatz ansatz({}, data);
  const QualityFit fit = fit_quality(ansatz, data, {.resamples = 40});
  for (Eigen::Index i = 0; i < 3; ++i) {
    CHECK(fit.error[i] > 0);
    CHECK(std::abs(fit.theta[i] - exact_theta[i]) < fit.error[i]);
  }
  CHECK(fit.quality.overlap > 0.8);
  const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
  CHECK(fit_quality(ansatz, data, {.resamples = 40}).draws == fit.draws);
  CHECK(fit_quality(ansatz, data, {.resamples = 40, .seed = 2}).draws != fit.draws);
  CHECK_THROWS_AS(fit_quality(ansatz, data, {.resamples = 1}), std::invalid_argument);
}

TEST_CASE("a fixed ansatz has nothing to fit") {
  const ScalingData data = golden_data();
  const Ansatz fixed({.x_c = 0.44, .inverse_nu = 1.0, .exponents = {0.0}}, data);
  const QualityFit fit = fit_quality(fixed, data, {.resamples = 2});
  CHECK(fit.theta.size() == 0);
  CHECK(collapse_quality(fixed, fit.theta, data).value == Approx(23.0914008480683));
}
