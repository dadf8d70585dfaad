#include "golden_data.hpp"

#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/gaussian_process.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace softmech;
using namespace softmech::test;

namespace {

Vector with(Vector theta, std::initializer_list<double> hyperparameters) {
  Vector all(theta.size() + static_cast<Eigen::Index>(hyperparameters.size()));
  all << theta, Eigen::Map<const Vector>(hyperparameters.begin(), static_cast<Eigen::Index>(hyperparameters.size()));
  return all;
}

}  // namespace

TEST_CASE("the likelihood is that of an independent program") {
  // By a NumPy script with matrix inverses; its first figure also by integration over the mean on 400 001 places.
  const ScalingData data = golden_data();
  const Ansatz plain({}, data), corrected({.corrections = true}, data);
  CollapseLikelihood a(plain, data), b(corrected, data);
  CHECK(a(Vector{{0.44, 1.0, 0.0, -0.5, -2.0, -4.0}}) == Approx(-44.5124798372041).epsilon(1e-11));
  CHECK(a(Vector{{0.44, 1.0, 0.0, 0.3, -1.5, -5.5}}) == Approx(-74.6712557073734).epsilon(1e-11));
  CHECK(a(Vector{{0.45, 1.3, -0.1, -0.5, -2.0, -4.0}}) == Approx(-1.58892005339135).epsilon(1e-11));
  CHECK(b(Vector{{0.43, 0.8, 0.2, 1.0, 0.3, -0.5, -2.0, -4.0}}) == Approx(-153.489465321148).epsilon(1e-11));
  CHECK(b(Vector{{0.43, 0.8, 0.2, 1.0, 0.3, 0.3, -1.5, -5.5}}) == Approx(-247.816010560959).epsilon(1e-11));
}

TEST_CASE("observables multiply their likelihoods, each with its own process") {
  const ScalingData data = two_observables();
  ScalingData second = golden_data();
  second.series[0] = data.series[1];
  const Ansatz both({}, data), one({}, golden_data());
  const ScalingData first = golden_data();
  const double sum = CollapseLikelihood(one, first)(Vector{{0.44, 1, 0.1, -0.5, -2, -4}}) +
                     CollapseLikelihood(one, second)(Vector{{0.44, 1, 0.2, -2.5, -1.5, -6}});
  CollapseLikelihood likelihood(both, data);
  CHECK(likelihood(Vector{{0.44, 1, 0.1, 0.2, -0.5, -2, -4, -2.5, -1.5, -6}}) == Approx(sum).epsilon(1e-12));
  CHECK(likelihood.parameters()[4].name == "log_amplitude(y)");
  CHECK(likelihood.parameters()[9].name == "log_noise(binder)");
}

TEST_CASE("in other units the density changes by the units of all points but the integrated mean") {
  ScalingData data = golden_data(), scaled = data;
  constexpr double unit = 1000;
  scaled.series[0].y *= unit;
  scaled.series[0].error *= unit;
  const Ansatz ansatz({}, data);
  const double before = CollapseLikelihood(ansatz, data)(Vector{{0.44, 1, 0.3, -0.5, -2, -4}});
  const double shift = std::log(unit);
  const double after = CollapseLikelihood(ansatz, scaled)(Vector{{0.44, 1, 0.3, -0.5 + shift, -2, -4 + shift}});
  CHECK(after == Approx(before - 14 * shift).epsilon(1e-10));

  data.series[0].y.array() += 5;  // and no constant matters where Y is y
  CHECK(CollapseLikelihood(ansatz, data)(Vector{{0.44, 1, 0, -0.5, -2, -4}}) ==
        Approx(-44.5124798372041).epsilon(1e-9));
}

TEST_CASE("outside the prior, and where the covariance is singular, nothing is likely") {
  ScalingData data = golden_data();
  const Ansatz ansatz({}, data);
  CollapseLikelihood likelihood(ansatz, data);
  constexpr double never = -std::numeric_limits<double>::infinity();
  CHECK(likelihood(Vector{{0.1, 1, 0, -0.5, -2, -4}}) == never);
  CHECK(likelihood(Vector{{0.44, 1, 0, -9, -2, -4}}) == never);
  CHECK(likelihood(Vector{{0.44, 1, 0, -0.5, -2, NAN}}) == never);
  data.series[0].error.setConstant(1e-12);
  CollapseLikelihood singular(ansatz, data);
  const Vector smooth{{0.44, 1, 0, 5, 2, -34}};
  for (Eigen::Index i = 0; i < 6; ++i) {
    const ScalingParameter& each = singular.parameters()[static_cast<std::size_t>(i)];
    REQUIRE((each.low < smooth[i] && smooth[i] < each.high));
  }
  CHECK(singular(smooth) == never);
}

TEST_CASE("factors of covariances solve as long double does, for all remainders of blocks") {
  for (const Eigen::Index n : {1, 2, 3, 4, 5, 7, 8, 12, 13, 61, 64, 86, 130}) {
    RandomStream random(5, static_cast<std::uint32_t>(n), "places");
    const Vector x = Vector::NullaryExpr(n, [&](Eigen::Index) { return 4 * random.uniform(); });
    const Vector variance = Vector::NullaryExpr(n, [&](Eigen::Index) { return 0.01 + random.uniform(); });
    const Vector y = x.array().sin();
    CovarianceFactor factor;
    factor.resize(n, 2);
    factor.fill_squared_exponential(x, 1.7, 0.6, variance);
    for (Eigen::Index i = 0; i < n; ++i) factor.component(0, i) = y[i], factor.component(1, i) = 1;
    REQUIRE(factor.factorize());

    using Long = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
    Long covariance(n, n);
    for (Eigen::Index i = 0; i < n; ++i)
      for (Eigen::Index j = 0; j < n; ++j)
        covariance(i, j) =
            1.7L * 1.7L * std::exp(-std::pow(x[i] - x[j], 2.0L) / (2 * 0.6L * 0.6L)) + (i == j ? variance[i] : 0.0L);
    const Eigen::LLT<Long> llt(covariance);
    const Long solved = llt.solve(y.cast<long double>());
    CHECK(factor.product(0, 0) == Approx(double(y.cast<long double>().dot(solved.col(0)))).epsilon(1e-11));
    CHECK(factor.product(0, 1) == Approx(double(solved.sum())).epsilon(1e-10));
    const long double log_determinant = 2 * llt.matrixLLT().diagonal().array().log().sum();
    CHECK(factor.log_determinant() == Approx(double(log_determinant)).epsilon(1e-12).margin(1e-12));
  }
}

TEST_CASE("a factor says when there is none") {
  CovarianceFactor factor;
  factor.resize(6, 1);
  factor.fill_squared_exponential(Vector::LinSpaced(6, 0, 1e-9), 1, 1, Vector::Zero(6));
  CHECK_FALSE(factor.factorize());
  factor.resize(6, 1);
  factor.fill_squared_exponential(Vector{{0, 1, 2, NAN, 4, 5}}, 1, 1, Vector::Ones(6));
  CHECK_FALSE(factor.factorize());
}

TEST_CASE("the scaling function goes through precise points, and far from all returns to the mean with error A") {
  ScalingData data = golden_data();
  data.series[0].error.setConstant(1e-5);
  for (Eigen::Index i = 0; i < data.points(); ++i)
    data.series[0].y[i] = 1 + std::tanh((data.x[i] - 0.45) * data.size[i] / 16);
  const Ansatz ansatz({}, data);
  const Vector parameters = with(Vector{{0.45, 1, 0}}, {0, -2, std::log(2e-5)});
  const ScalingFunction at = scaling_function(ansatz, data, 0, parameters, Vector{{-0.1, 0, 0.05, 1000}});
  for (const int i : {0, 1, 2}) {
    CHECK(at.y[i] == Approx(1 + std::tanh(at.x[i])).margin(2e-3));
    CHECK(at.error[i] < 1e-2);
  }
  CHECK(at.y[3] == Approx(1).margin(1));
  CHECK(at.error[3] > 1);  // A = 1, and what is not known of the mean
}
