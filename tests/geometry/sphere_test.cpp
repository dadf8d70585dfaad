// The unit sphere: closed forms, long geodesics, and what it says about points that are not on it.
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/sphere.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

using namespace softmech;
using Catch::Matchers::Contains;
using std::numbers::pi;

TEST_CASE("Distances on a great circle are differences of angles, from 1e-300 to pi") {
  const Sphere circle(2);
  const auto at = [](double angle) -> Vector { return Eigen::Vector2d(std::cos(angle), std::sin(angle)); };
  for (const double angle : {1e-300, 1e-160, 1e-16, 1e-8, 0.1, 1.0, 2.0, 3.0, pi}) {
    CHECK(circle.distance(at(0), at(angle)) == Approx(angle).epsilon(1e-15));
    CHECK(circle.distance(at(0), -at(angle)) == Approx(pi - angle).epsilon(1e-15).margin(3e-16));
  }
  // Between points in general position, the angle is exact to the rounding of the coordinates.
  CHECK(circle.distance(at(0.5), at(0.5 + 1e-8)) == Approx(1e-8).margin(2e-16));
}

TEST_CASE("Antipodes keep full accuracy: the angle that is missing to pi") {
  const Sphere sphere(3);
  const Vector x = Eigen::Vector3d(1, 0, 0);
  for (const double missing : {1e-3, 1e-8, 1e-14}) {
    const Vector y = Eigen::Vector3d(-std::cos(missing), std::sin(missing), 0);
    CHECK(pi - sphere.distance(x, y) == Approx(missing).margin(1e-15));
    const Vector v = sphere.log(x, y);
    CHECK(v[1] == Approx(pi - missing).epsilon(1e-15));
    CHECK(std::abs(v[0]) + std::abs(v[2]) == 0);
  }
}

TEST_CASE("Parallel transport around an octant turns a vector by the enclosed area") {
  const Sphere sphere(3);
  const Vector a = Vector::Unit(3, 0), b = Vector::Unit(3, 1), c = Vector::Unit(3, 2);
  const Vector around = sphere.transport(c, a, sphere.transport(b, c, sphere.transport(a, b, b)));
  CHECK((around - c).norm() <= 1e-15);  // the area is pi/2: b has become c
}

TEST_CASE("exp is x cos|v| + v sin|v|/|v|, and passes the antipode") {
  const Sphere sphere(3);
  const Vector x = Vector::Unit(3, 0), e = Vector::Unit(3, 1);
  CHECK((sphere.exp(x, 0.5 * e) - (std::cos(0.5) * x + std::sin(0.5) * e)).norm() <= 1e-16);
  CHECK((sphere.exp(x, 2 * pi * e) - x).norm() <= 1e-15);
  CHECK(sphere.exp(x, 1e-300 * e)[1] == Approx(1e-300).epsilon(1e-15));
  CHECK(sphere.exp(x, 0 * e) == x);
}

TEST_CASE("A million geodesic steps stay on the sphere, tangent, of the same speed, and arrive") {
  const Sphere sphere(5);
  RandomStream random(22, 0, "geodesic");
  const Vector start = sphere.random_point(random);
  Vector direction = sphere.random_tangent(start, random);
  direction /= direction.norm();
  const double speed = 0.7, step = 0x1p-10;
  const int steps = 1'000'000;
  Vector x = start, v = speed * direction;
  double worst_point = 0, worst_tangent = 0, worst_speed = 0;
  for (int i = 0; i < steps; ++i) {
    sphere.geodesic(x, v, step);
    worst_point = std::max(worst_point, std::abs(x.norm() - 1));
    worst_tangent = std::max(worst_tangent, std::abs(x.dot(v)) / speed);
    worst_speed = std::max(worst_speed, std::abs(v.norm() / speed - 1));
  }
  CHECK(worst_point <= 4e-16);
  CHECK(worst_tangent <= 4e-16);
  CHECK(worst_speed <= 1e-12);
  const double angle = speed * step * steps;
  const Vector end = std::cos(angle) * start + std::sin(angle) * direction;
  CHECK((x - end).norm() <= 1e-10);
}

TEST_CASE("Uniform points on the sphere: mean 0 and covariance 1/n") {
  const Sphere sphere(3);
  RandomStream random(23, 0, "points");
  const int samples = 20000;
  Vector mean = Vector::Zero(3);
  Matrix covariance = Matrix::Zero(3, 3);
  for (int i = 0; i < samples; ++i) {
    const Vector x = sphere.random_point(random);
    mean += x / samples;
    covariance += x * x.transpose() / samples;
  }
  CHECK(mean.cwiseAbs().maxCoeff() <= 4 * std::sqrt(1.0 / 3 / samples));
  CHECK((covariance - Matrix::Identity(3, 3) / 3).cwiseAbs().maxCoeff() <= 4 * 0.3 / std::sqrt(samples));
}

TEST_CASE("The sphere says why a point or a vector is not on it") {
  const Sphere sphere(3);
  const Vector x = Vector::Unit(3, 0);
  CHECK_FALSE(sphere.why_not_point(x));
  CHECK_FALSE(sphere.why_not_tangent(x, Vector::Unit(3, 1)));
  CHECK_FALSE(sphere.why_not_tangent(x, Vector::Zero(3)));
  CHECK(sphere.why_not_point(Vector::Unit(4, 0)).value() == "point has 4 entries: must have 3");
  CHECK(sphere.why_not_point(Eigen::Vector3d(0, std::nan(""), 0)).value() == "point[1] = nan: must be finite");
  CHECK(sphere.why_not_point(1.5 * x).value() == "|x| = 1.5: must be 1 to 1e-12, is off by 0.5");
  CHECK(sphere.why_not_tangent(1.5 * x, x).value() == "|x| = 1.5: must be 1 to 1e-12, is off by 0.5");
  CHECK(sphere.why_not_tangent(x, Eigen::Vector3d(3, 4, 0)).value() ==
        "x·v = 0.6 |v| with |v| = 5: must be 0 to 1e-12 |v|");
  CHECK(sphere.why_not_tangent(x, Vector::Zero(2)).value() == "tangent vector has 2 entries: must have 3");
}

TEST_CASE("The sphere refuses what has no answer") {
  const Sphere sphere(3);
  const Vector x = Vector::Unit(3, 0);
  CHECK_THROWS_WITH(sphere.log(x, -x), Contains("|x + y| = 0") && Contains("antipodal"));
  CHECK_THROWS_WITH(sphere.transport(x, -x, Vector::Unit(3, 1)), Contains("antipodal"));
  CHECK_THROWS_WITH(sphere.project_point(Vector::Zero(3)), Contains("|a| = 0") && Contains("positive and finite"));
  CHECK_THROWS_WITH(Sphere(1), Contains("ambient_dimension = 1"));
}
