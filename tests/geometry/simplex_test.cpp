// The Fisher manifold: closed forms, its boundary, and the properties that single out the Fisher–Rao metric.
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/simplex.hpp>
#include <softmech/geometry/sphere.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numbers>

using namespace softmech;
using Catch::Matchers::Contains;
using std::numbers::pi;

namespace {

Vector two_weights(double angle) { return Eigen::Vector2d(std::pow(std::cos(angle), 2), std::pow(std::sin(angle), 2)); }

// Outcome `key` becomes two outcomes with the shares λ and 1 − λ.
Vector split(const Vector& a, Eigen::Index key, double share) {
  Vector b(a.size() + 1);
  b << a, (1 - share) * a[key];
  b[key] *= share;
  return b;
}

}  // namespace

TEST_CASE("The Fisher-Rao metric is sum u v / p") {
  const Simplex simplex(3);
  const Vector p = Eigen::Vector3d(0.5, 0.25, 0.25), u = Eigen::Vector3d(0.1, 0.1, -0.2),
               v = Eigen::Vector3d(-0.3, 0.1, 0.2);
  CHECK(simplex.inner(p, u, v) == Approx(-0.03 / 0.5 + 0.01 / 0.25 - 0.04 / 0.25).epsilon(1e-15));
  CHECK(simplex.norm(p, u) == Approx(std::sqrt(0.01 / 0.5 + 0.01 / 0.25 + 0.04 / 0.25)).epsilon(1e-15));
}

TEST_CASE("Two keys: the simplex is an arc of length pi, p = (cos², sin²)(angle/2)") {
  const Simplex simplex(2);
  for (const double a : {1e-100, 1e-8, 0.3, 0.8}) {
    for (const double b : {2e-100, 3e-8, 0.3, 1.2}) {
      CHECK(simplex.distance(two_weights(a), two_weights(b)) ==
            Approx(2 * std::abs(b - a)).epsilon(3e-15).margin(3e-16));
    }
  }
  // From the middle, unit speed: p_0 = cos²(π/4 + t/2); the boundary is π/2 away.
  const Vector middle = two_weights(pi / 4);
  const Vector v = Eigen::Vector2d(-0.5, 0.5);
  CHECK(simplex.norm(middle, v) == Approx(1).epsilon(1e-15));
  CHECK((simplex.exp(middle, 0.9 * v) - two_weights(pi / 4 + 0.45)).norm() <= 1e-15);
  CHECK(simplex.boundary_time(middle, v) == Approx(pi / 2).epsilon(1e-15));
  CHECK(simplex.exp(middle, (pi / 2 - 1e-8) * v)[0] == Approx(0.25e-16).epsilon(1e-7));
}

TEST_CASE("The distance from the center to a vertex is 2 arccos(1/sqrt n)") {
  for (const Eigen::Index keys : {2, 16, 4096}) {
    const double n = static_cast<double>(keys);
    Vector vertex = Vector::Constant(keys, 1e-300);
    vertex[0] = 1;
    CHECK(Simplex(keys).distance(Vector::Constant(keys, 1 / n), vertex) ==
          Approx(2 * std::acos(1 / std::sqrt(n))).epsilon(1e-14));
  }
}

TEST_CASE("A geodesic that leaves the simplex is refused with the key and the time; on the sphere it goes on") {
  const Simplex simplex(3);
  const Vector p = Eigen::Vector3d(0.01, 0.49, 0.5);
  const Vector v = Eigen::Vector3d(-0.1, 0.05, 0.05);
  const double time = simplex.boundary_time(p, v);
  CHECK(time < 1);
  CHECK_THROWS_WITH(simplex.exp(p, v), Contains("p[0] = 0") && Contains("leaves the simplex at time 0.19"));
  CHECK_THROWS_AS(simplex.exp(p, (1 + 1e-13) * time * v), std::invalid_argument);
  CHECK_THROWS_AS(simplex.exp(p, 20 * v), std::invalid_argument);
  CHECK_FALSE(simplex.why_not_point(simplex.exp(p, (1 - 1e-13) * time * v)));
  const Vector end = simplex.exp(p, time * v);
  CHECK_FALSE(simplex.why_not_point(end));
  CHECK(end[0] <= 1e-31);
  CHECK(simplex.boundary_time(p, Vector::Zero(3)) == std::numeric_limits<double>::infinity());

  Vector y = amplitudes(p), w = amplitude_velocity(p, v);
  const Sphere sphere(3);
  sphere.geodesic(y, w, time);
  CHECK(std::abs(y[0]) <= 1e-16);
  sphere.geodesic(y, w, 0.5);
  CHECK(y[0] < 0);
  CHECK_FALSE(simplex.why_not_point(weights_of_amplitudes(y)));
  CHECK(simplex.norm(weights_of_amplitudes(y), weight_velocity(y, w)) == Approx(simplex.norm(p, v)).epsilon(1e-14));
}

TEST_CASE("Amplitudes map the simplex to the sphere, ds = 2 |dy|") {
  const Simplex simplex(4);
  const Sphere sphere(4);
  RandomStream random(24, 0, "amplitudes");
  const Vector p = simplex.random_point(random), q = simplex.random_point(random);
  const Vector u = simplex.random_tangent(p, random), v = simplex.random_tangent(p, random);
  const Vector y = amplitudes(p), z = amplitudes(q);
  CHECK(simplex.inner(p, u, v) == Approx(4 * amplitude_velocity(p, u).dot(amplitude_velocity(p, v))).epsilon(1e-14));
  CHECK(simplex.distance(p, q) == Approx(2 * sphere.distance(y, z)).epsilon(1e-15));
  CHECK((simplex.log(p, q) - weight_velocity(y, sphere.log(y, z))).norm() <= 1e-15);
  CHECK((weight_velocity(y, amplitude_velocity(p, u)) - u).norm() <= 1e-15);
  CHECK((weights_of_amplitudes(y) - p).norm() <= 1e-15);
}

TEST_CASE("Chentsov: splitting an outcome in fixed proportion changes neither metric nor distance nor transport") {
  const Simplex coarse(5), fine(6);
  RandomStream random(25, 0, "split");
  for (const double share : {0.5, 0.1, 1e-9}) {
    const Vector p = coarse.random_point(random), q = coarse.random_point(random);
    const Vector u = coarse.random_tangent(p, random), v = coarse.random_tangent(p, random);
    const Vector p_fine = split(p, 2, share), q_fine = split(q, 2, share), u_fine = split(u, 2, share);
    CHECK(fine.inner(p_fine, u_fine, split(v, 2, share)) == Approx(coarse.inner(p, u, v)).epsilon(1e-13).margin(1e-14));
    CHECK(fine.distance(p_fine, q_fine) == Approx(coarse.distance(p, q)).epsilon(1e-14));
    CHECK((fine.log(p_fine, q_fine) - split(coarse.log(p, q), 2, share)).norm() <= 1e-14);
    CHECK((fine.transport(p_fine, q_fine, u_fine) - split(coarse.transport(p, q, u), 2, share)).norm() <= 1e-14);
  }
}

TEST_CASE("A permutation of the keys permutes everything") {
  const Simplex simplex(4);
  RandomStream random(26, 0, "permutation");
  const Vector p = simplex.random_point(random), q = simplex.random_point(random);
  CHECK(simplex.distance(p.reverse(), q.reverse()) == Approx(simplex.distance(p, q)).epsilon(1e-15));
  CHECK((simplex.log(p.reverse(), q.reverse()) - simplex.log(p, q).reverse()).norm() <= 1e-15);
}

TEST_CASE("On logits the metric is diag(p) - p p^T") {
  const Simplex simplex(4);
  RandomStream random(27, 0, "logits");
  const auto normal = [&] { return random.normal(); };
  const Vector z = Vector::NullaryExpr(4, normal), a = Vector::NullaryExpr(4, normal),
               b = Vector::NullaryExpr(4, normal);
  const auto softmax = [](const Vector& logits) -> Vector { return logits.array().exp() / logits.array().exp().sum(); };
  const Vector p = softmax(z);
  const Matrix metric = Matrix(p.asDiagonal()) - p * p.transpose();
  // The push-forward of a logit direction by central differences, error of order h².
  const double h = 1e-5;
  const auto push = [&](const Vector& c) -> Vector { return (softmax(z + h * c) - softmax(z - h * c)) / (2 * h); };
  CHECK(simplex.inner(p, push(a), push(b)) == Approx(a.dot(metric * b)).margin(1e-9));
  CHECK(simplex.norm(p, metric * a) == Approx(std::sqrt(a.dot(metric * a))).epsilon(1e-14));
}

TEST_CASE("Near a point the Fisher-Rao distance is the square root of twice the relative entropy") {
  const Simplex simplex(4);
  RandomStream random(28, 0, "entropy");
  const Vector p = simplex.random_point(random);
  const Vector v = simplex.random_tangent(p, random);
  double previous = 0;
  for (const double h : {1e-2, 5e-3}) {
    const Vector q = simplex.exp(p, h * v / simplex.norm(p, v));
    const double entropy = (p.array() * (p.array() / q.array()).log()).sum();
    const double defect = std::abs(std::sqrt(2 * entropy) / simplex.distance(p, q) - 1);
    if (previous > 0) CHECK(previous / defect == Approx(2).epsilon(0.1));  // KL and distance differ at the next order
    previous = defect;
  }
}

TEST_CASE("Random points are Dirichlet(1/2): mean 1/n, variance 2(n-1)/(n²(n+2))") {
  const Eigen::Index keys = 4;
  const Simplex simplex(keys);
  RandomStream random(29, 0, "points");
  const int samples = 20000;
  Vector mean = Vector::Zero(keys), square = Vector::Zero(keys);
  for (int i = 0; i < samples; ++i) {
    const Vector p = simplex.random_point(random);
    REQUIRE_FALSE(simplex.why_not_point(p));
    mean += p / samples;
    square += p.cwiseAbs2() / samples;
  }
  const double variance = 2.0 * 3 / (16 * 6);
  CHECK((mean.array() - 0.25).abs().maxCoeff() <= 4 * std::sqrt(variance / samples));
  CHECK((square.array() - 0.0625 - variance).abs().maxCoeff() <= 4 * 0.23 / std::sqrt(samples));
}

TEST_CASE("The simplex says why a point or a vector is not on it") {
  const Simplex simplex(3);
  const Vector p = Eigen::Vector3d(0.5, 0.25, 0.25);
  CHECK_FALSE(simplex.why_not_point(p));
  CHECK_FALSE(simplex.why_not_tangent(p, Vector::Zero(3)));
  CHECK(simplex.why_not_point(Vector::Constant(2, 0.5)).value() == "point has 2 entries: must have 3");
  CHECK(simplex.why_not_point(Eigen::Vector3d(0.5, 0.5, 0)).value() == "p[2] = 0: must be > 0");
  CHECK(simplex.why_not_point(Eigen::Vector3d(1.5, -0.25, -0.25)).value() == "p[1] = -0.25: must be > 0");
  CHECK(simplex.why_not_point(Eigen::Vector3d(0.5, 0.5, 0.5)).value() == "Σp = 1.5: must be 1 to 1e-12, is off by 0.5");
  CHECK(simplex.why_not_tangent(p, Eigen::Vector3d(1, 1, -1)).value() ==
        "Σv = 1 with Fisher–Rao norm |v| = 3.16: must be 0 to 1e-12 |v|");
  CHECK(simplex.why_not_tangent(p, Eigen::Vector3d(1, std::numeric_limits<double>::infinity(), -1)).value() ==
        "tangent vector[1] = inf: must be finite");
}

TEST_CASE("The simplex refuses what has no answer") {
  CHECK_THROWS_WITH(Simplex(3).project_point(Eigen::Vector3d(1, -2, 3)), Contains("a[1] = -2") && Contains("positive"));
  CHECK_THROWS_WITH(Simplex(3).project_point(Eigen::Vector3d(1, 2, std::nan(""))), Contains("a[2] = nan"));
  CHECK_THROWS_WITH(Simplex(1), Contains("keys = 1"));
}
