#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/fit.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

TEST_CASE("A straight line with equal errors has the textbook solution") {
  const Vector x = Vector::LinSpaced(5, 0.0, 4.0);
  const Vector y = (Vector(5) << 1.0, 3.2, 4.8, 7.1, 8.9).finished();
  const LinearFit fit = fit_line(x, y, Vector::Constant(5, 0.1));

  // Σ(x−x̄)² = 10, slope = Σ(x−x̄)y/10, var slope = σ²/10, var intercept = σ²(1/5 + x̄²/10), cov = −σ² x̄/10.
  const double slope = (-2 * 1.0 - 3.2 + 7.1 + 2 * 8.9) / 10, intercept = 5.0 - 2 * slope;
  CHECK(fit.coefficients[1] == Approx(slope).epsilon(1e-14));
  CHECK(fit.coefficients[0] == Approx(intercept).epsilon(1e-14));
  CHECK(fit.covariance(1, 1) == Approx(0.01 / 10).epsilon(1e-13));
  CHECK(fit.covariance(0, 0) == Approx(0.01 * (0.2 + 0.4)).epsilon(1e-13));
  CHECK(fit.covariance(0, 1) == Approx(-0.01 * 2 / 10).epsilon(1e-13));
  CHECK(fit.freedom == 3);
  CHECK(fit.error(1) == Approx(std::sqrt(0.001)).epsilon(1e-13));
}

TEST_CASE("Weights count: a value with a tenth of the error pulls a hundred times") {
  const LinearFit fit =
      fit_linear(Matrix::Ones(2, 1), Vector::LinSpaced(2, 0.0, 1.0), (Vector(2) << 0.1, 1.0).finished());
  CHECK(fit.coefficients[0] == Approx(1.0 / 101.0).epsilon(1e-14));
  CHECK(fit.error(0) == Approx(std::sqrt(1.0 / 101.0)).epsilon(1e-14));
}

TEST_CASE("A polynomial of the right degree fits exactly") {
  const Vector x = Vector::LinSpaced(9, -1.0, 1.0);
  Matrix design(9, 3);
  design << Vector::Ones(9), x, x.cwiseAbs2();
  const LinearFit fit =
      fit_linear(design, Vector(2.0 * Vector::Ones(9) - 3.0 * x + 0.5 * x.cwiseAbs2()), Vector::Ones(9));
  CHECK((fit.coefficients - Eigen::Vector3d(2.0, -3.0, 0.5)).norm() < 1e-14);
  CHECK(fit.chi_squared < 1e-28);
  CHECK(fit.probability() == Approx(1.0));
}

TEST_CASE("Errors of a fit cover the truth at the stated rate, and chi squared is uniform") {
  const Vector x = Vector::LinSpaced(12, 0.5, 6.0);
  const Vector errors = 0.1 * (1.0 + x.array()).matrix();
  int covered_one = 0, covered_two = 0, improbable = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(7, static_cast<std::uint32_t>(trial), "fit");
    Vector y = (2.0 - 0.7 * x.array()).matrix();
    for (Eigen::Index i = 0; i < y.size(); ++i) y[i] += errors[i] * random.normal();
    const LinearFit fit = fit_line(x, y, errors);
    const double miss = std::abs(fit.coefficients[1] + 0.7);
    covered_one += miss < fit.error(1);
    covered_two += miss < 1.96 * fit.error(1);
    improbable += fit.probability() < 0.1;
  }
  CHECK(covered_one / double(trials) == Approx(0.683).margin(0.042));  // four standard deviations of the count
  CHECK(covered_two / double(trials) == Approx(0.950).margin(0.020));
  CHECK(improbable / double(trials) == Approx(0.100).margin(0.027));
}

TEST_CASE("Errors that were given too small are scaled up to the scatter") {
  RandomStream random(8, 0, "fit");
  const Vector x = Vector::LinSpaced(200, 0.0, 1.0);
  Vector y(200);
  for (double& value : y) value = 5.0 * random.normal();
  const LinearFit fit = fit_line(x, y, Vector::Constant(200, 1.0));
  CHECK(fit.scaled_error(1) == Approx(5.0 * fit.error(1)).epsilon(0.2));
  CHECK(fit.probability() < 1e-10);
}

TEST_CASE("What cannot be fitted is refused") {
  const Vector x = Vector::LinSpaced(3, 0.0, 2.0);
  CHECK_THROWS_AS(fit_line(x.head(1), x.head(1), Vector::Ones(1)), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(x, x.head(2), Vector::Ones(3)), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(x, x, Vector::Zero(3)), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(x, x, Vector::Constant(3, std::nan(""))), std::invalid_argument);
  CHECK_THROWS_AS(fit_line(Vector::Ones(3), x, Vector::Ones(3)), std::invalid_argument);
}
