#include "synthetic_points.hpp"

#include <softmech/scaling/extrapolation.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

TEST_CASE("v + A L^−e is extrapolated to v") {
  const Vector size = (Vector(4) << 10, 20, 40, 80).finished();
  const Vector values = 0.5 + 0.3 * size.array().pow(-1.5);
  const Extrapolation limit = extrapolate(size, values, 1e-14 * Matrix::Identity(4, 4));
  CHECK(limit.value == Approx(0.5).margin(1e-4));
  CHECK(limit.exponent == Approx(1.5).epsilon(0.03));
  CHECK(limit.drift_known);
}

TEST_CASE("the error of the limit holds what is not known about the drift") {
  const Vector size = (Vector(4) << 10, 20, 40, 80).finished();
  synthetic::Coverage coverage;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    RandomStream random(seed, 0, "drift");
    const double e = 0.25 * std::pow(16.0, random.uniform());
    Vector values = 0.5 + 0.02 * (size.array() / 10).pow(-e);
    for (double& value : values) value += 1e-3 * random.normal();
    const Extrapolation limit = extrapolate(size, values, 1e-6 * Matrix::Identity(4, 4));
    coverage.add(limit.value, limit.error, 0.5);
  }
  CHECK(coverage.share() >= 0.60);
  CHECK(coverage.share() <= 0.80);
}

TEST_CASE("one value stands for itself") {
  const Extrapolation limit =
      extrapolate(Vector::Constant(1, 8), Vector::Constant(1, 0.3), Matrix::Constant(1, 1, 0.04));
  CHECK(limit.value == 0.3);
  CHECK(limit.error == Approx(0.2));
  CHECK_FALSE(limit.drift_known);
}

TEST_CASE("values that share a size are not counted as independent") {
  const Vector size = (Vector(3) << 10, 20, 40).finished(), values = Vector::Constant(3, 1.0);
  Matrix together = Matrix::Constant(3, 3, 0.009);
  together.diagonal().setConstant(0.01);
  const double apart = extrapolate(size, values, 0.01 * Matrix::Identity(3, 3)).error;
  // A common shift does not average out: three values that shift together are hardly better than one.
  CHECK(extrapolate(size, values, together).error > apart);
  CHECK(extrapolate(size, values, together).error > std::sqrt(0.009));
  CHECK_THROWS_AS(extrapolate(size, values, Matrix::Zero(3, 3)), std::invalid_argument);
  CHECK_THROWS_AS(extrapolate(size, values, Matrix::Identity(2, 2)), std::invalid_argument);
}
