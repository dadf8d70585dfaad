#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/goodness_of_fit.hpp>
#include <softmech/statistics/least_squares.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace softmech;

namespace {

const Vector places = Vector::LinSpaced(20, 0.2, 4.0);

/// A decay to a constant, c₀ e^{−c₁x} + c₂.
Vector decay(const Vector& c) { return c[0] * (-c[1] * places.array()).exp() + c[2]; }
const Vector truth = Eigen::Vector3d(2.0, 1.3, 0.4);
const Vector start = Eigen::Vector3d(1.0, 0.5, 0.0);

Vector noisy(const Vector& errors, std::uint32_t trial) {
  RandomStream random(51, trial, "least squares");
  Vector y = decay(truth);
  for (Eigen::Index i = 0; i < y.size(); ++i) y[i] += errors[i] * random.normal();
  return y;
}

}  // namespace

TEST_CASE("a model that is linear in its coefficients has the solution of the linear fit") {
  const Vector errors = 0.1 + 0.05 * places.array();
  Matrix design(places.size(), 3);
  design << Vector::Ones(places.size()), places, places.cwiseAbs2();
  const Vector y = noisy(errors, 0);
  const LeastSquaresFit linear = fit_linear(design, y, errors);
  const auto model = [&](const Vector& c) { return Vector(design * c); };
  const LeastSquaresFit fit = fit_least_squares(model, y, errors, Vector::Zero(3));
  CHECK((fit.coefficients - linear.coefficients).norm() < 1e-8);
  CHECK((fit.covariance - linear.covariance).norm() < 1e-8 * linear.covariance.norm());
  CHECK(fit.chi_squared == Approx(linear.chi_squared));
  CHECK(fit.freedom == linear.freedom);
}

TEST_CASE("exact values give their coefficients back, with differences or the user's Jacobian") {
  const Vector errors = Vector::Constant(places.size(), 0.01);
  LeastSquaresSettings settings;
  settings.jacobian = [](const Vector& c) {
    Matrix jacobian(places.size(), 3);
    const Vector e = (-c[1] * places.array()).exp();
    jacobian << e, -c[0] * places.cwiseProduct(e), Vector::Ones(places.size());
    return jacobian;
  };
  const LeastSquaresFit numeric = fit_least_squares(decay, decay(truth), errors, start);
  const LeastSquaresFit exact = fit_least_squares(decay, decay(truth), errors, start, settings);
  CHECK((exact.coefficients - truth).norm() < 1e-10);
  CHECK((numeric.coefficients - truth).norm() < 1e-8);
  CHECK((numeric.covariance - exact.covariance).norm() < 1e-7 * exact.covariance.norm());
  CHECK(exact.chi_squared < 1e-16);
}

TEST_CASE("errors cover the truth at the stated rate, and p-values are uniform") {
  const Vector errors = 0.02 + 0.01 * places.array();
  constexpr int trials = 1000;
  int covered = 0;
  std::vector<double> p_values;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    const LeastSquaresFit fit = fit_least_squares(decay, noisy(errors, trial), errors, start);
    covered += std::abs(fit.coefficients[1] - truth[1]) < fit.error(1) ? 1 : 0;
    p_values.push_back(fit.probability());
  }
  CHECK(covered / double(trials) == Approx(0.683).margin(0.059));  // four standard deviations of the count
  CHECK(kolmogorov_smirnov(p_values, [](double p) { return std::clamp(p, 0.0, 1.0); }).p_value > 1e-3);
}

TEST_CASE("correlated values weigh with the inverse of their covariance") {
  // One shared error δ for all values and one of its own for each: the covariance is σ² 1 + δ².
  const double own = 0.02, shared = 0.3;
  const Matrix covariance = own * own * Matrix::Identity(20, 20) + Matrix::Constant(20, 20, shared * shared);
  int covered_rate = 0, covered_offset = 0, covered_naive = 0;
  constexpr int trials = 400;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    RandomStream random(52, trial, "shared");
    const Vector y = noisy(Vector::Constant(20, own), trial).array() + shared * random.normal();
    const LeastSquaresFit fit = fit_least_squares_correlated(decay, y, covariance, start);
    covered_rate += std::abs(fit.coefficients[1] - truth[1]) < fit.error(1) ? 1 : 0;
    covered_offset += std::abs(fit.coefficients[2] - truth[2]) < fit.error(2) ? 1 : 0;
    const LeastSquaresFit naive = fit_least_squares(decay, y, Vector::Constant(20, std::hypot(own, shared)), start);
    covered_naive += std::abs(naive.coefficients[1] - truth[1]) < naive.error(1) ? 1 : 0;
  }
  CHECK(covered_rate / double(trials) == Approx(0.683).margin(0.093));
  CHECK(covered_offset / double(trials) == Approx(0.683).margin(0.093));
  CHECK(covered_naive == trials);  // errors taken as independent are far too large for the rate
  const Vector errors = 0.02 + 0.01 * places.array();
  const Matrix diagonal = errors.cwiseAbs2().asDiagonal();
  CHECK(fit_least_squares_correlated(decay, noisy(errors, 0), diagonal, start).chi_squared ==
        Approx(fit_least_squares(decay, noisy(errors, 0), errors, start).chi_squared));
}

TEST_CASE("a step to where the model has no value is taken back") {
  // From 10 the first step leads below 0, where the logarithm is NaN.
  const auto model = [](const Vector& c) { return Vector((1 + places.array() * std::log(c[0])).matrix()); };
  const LeastSquaresFit fit =
      fit_least_squares(model, model(Vector::Constant(1, 0.05)), Vector::Ones(20), Vector::Constant(1, 10.0));
  CHECK(fit.coefficients[0] == Approx(0.05));
}

TEST_CASE("coefficients that the values do not determine are named") {
  const Vector errors = Vector::Ones(20);
  const auto sum = [](const Vector& c) { return Vector((c[0] * (-(c[1] + c[2]) * places.array()).exp()).matrix()); };
  CHECK_THROWS_WITH(fit_least_squares(sum, sum(truth), errors, start),
                    Catch::Contains("combination of coefficients [1, 2]"));
  const auto idle = [](const Vector& c) { return Vector(c[0] * places + 0 * c[1] * places); };
  CHECK_THROWS_WITH(fit_least_squares(idle, places, errors, start.head(2)),
                    Catch::Contains("do not depend on coefficients [1]"));
}

TEST_CASE("what cannot be fitted is refused with its reason") {
  const Vector y = decay(truth), errors = Vector::Ones(20);
  const auto nowhere = [](const Vector&) { return Vector(Vector::Constant(20, NAN)); };
  CHECK_THROWS_WITH(fit_least_squares(nowhere, y, errors, start),
                    Catch::Contains("not finite at the start (1, 0.5, 0)"));
  CHECK_THROWS_WITH(fit_least_squares(decay, y, errors, start, {.jacobian = {}, .evaluations = 2}),
                    Catch::Contains("no minimum after 2"));
  CHECK_THROWS_AS(fit_least_squares(decay, y, Vector::Zero(20), start), std::invalid_argument);
  CHECK_THROWS_AS(fit_least_squares(decay, y.head(19), errors.head(19), start), std::invalid_argument);
  CHECK_THROWS_AS(fit_least_squares(decay, y.head(2), errors.head(2), start), std::invalid_argument);
  CHECK_THROWS_AS(fit_least_squares_correlated(decay, y, Matrix::Ones(20, 20), start), std::invalid_argument);
  CHECK_THROWS_AS(fit_least_squares_correlated(decay, y, Matrix::Ones(20, 3), start), std::invalid_argument);
}
