// How much of a force no potential explains: exact Jacobians, gradient fields, and the error that is claimed.
#include "random_tokens.hpp"

#include <softmech/geometry/flat_space.hpp>
#include <softmech/geometry/sphere.hpp>
#include <softmech/geometry/sphere_product.hpp>
#include <softmech/models/curl.hpp>
#include <softmech/statistics/moments.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace softmech;
using namespace softmech::test;

namespace {

constexpr Eigen::Index dim = 3;

TangentField attention(double beta, bool normalized) {
  return [=](const VectorView& x, Eigen::Ref<Vector> out) {
    out = flat(attention_force(tokens(x, dim), beta, normalized));
  };
}

// The exact share from the covariant Jacobian P ∂f P in an orthonormal basis, f_i = P_i y_i/D_i with y_i = Σ_j w_ij x_j
// differentiated by hand: ∂(P_i y_i) = P_i ∂y_i − (x_i·y_i) ∂x_i on tangent vectors, projected.
double exact_share(const RowMatrix& x, double beta, bool normalized) {
  const Eigen::Index n = x.rows();
  const Matrix w = (beta * (x * x.transpose())).array().exp();
  Matrix jacobian = Matrix::Zero(n * dim, n * dim);
  for (Eigen::Index i = 0; i < n; ++i) {
    const double z = w.row(i).sum();
    const Vector y = x.transpose() * w.row(i).transpose();
    const Vector mean = y / z;
    const auto block = [&](Eigen::Index j) { return jacobian.block(i * dim, j * dim, dim, dim); };
    for (Eigen::Index j = 0; j < n; ++j) {
      const Vector xj = x.row(j), xi = x.row(i);
      const Vector displaced = normalized ? Vector(xj - mean) : xj;
      block(j) += w(i, j) * Matrix::Identity(dim, dim) + w(i, j) * beta * displaced * xi.transpose();
      block(i) += w(i, j) * beta * displaced * xj.transpose();
    }
    block(i) -= x.row(i).dot(y) * Matrix::Identity(dim, dim);
    jacobian.middleRows(i * dim, dim) /= normalized ? z : static_cast<double>(n);
  }
  Matrix projector = Matrix::Identity(n * dim, n * dim);
  for (Eigen::Index i = 0; i < n; ++i) projector.block(i * dim, i * dim, dim, dim) -= x.row(i).transpose() * x.row(i);
  jacobian = projector * jacobian * projector;
  return (jacobian - jacobian.transpose()).norm() / (2 * jacobian.norm());
}

}  // namespace

TEST_CASE("with all directions the share is that of the exact Jacobian: 0 for USA, not for SA") {
  const Eigen::Index n = GENERATE(2, 7);
  const double beta = GENERATE(0.5, 4.0);
  const RowMatrix x = random_tokens(n, dim);
  const SphereProduct manifold(n, dim);
  RandomStream random(1, 0, "curl");
  const CurlShare sa = curl_share(manifold, attention(beta, true), flat(x), 1000, random);
  CHECK(sa.value == Approx(exact_share(x, beta, true)).epsilon(1e-7).margin(1e-8));
  CHECK(sa.error == 0);
  if (n > 2) CHECK(sa.value > 0.01);
  const CurlShare usa = curl_share(manifold, attention(beta, false), flat(x), 1000, random);
  CHECK(exact_share(x, beta, false) < 1e-14);
  CHECK(usa.value < 1e-8);
}

TEST_CASE("attention is a gradient in the metric that weighs a token by its partition sum") {
  // Z_i f_i = ∇_i W with W = (1/2β) Σ_ij e^{β x_i·x_j} (Geshkovski et al., arXiv:2312.10794): against differences of W.
  const double beta = 1.7, h = 1e-5;
  const RowMatrix x = random_tokens(6, dim), v = random_velocities(x);
  const auto energy = [&](const RowMatrix& at) {
    return (beta * (at * at.transpose())).array().exp().sum() / (2 * beta);
  };
  const SphereProduct manifold(6, dim);
  const auto moved = [&](double t) { return tokens(manifold.exp(flat(x), t * flat(v)), dim); };
  const Vector z = (beta * (x * x.transpose())).array().exp().rowwise().sum();
  const RowMatrix weighted = z.asDiagonal() * attention_force(x, beta, true);
  CHECK(weighted.cwiseProduct(v).sum() == Approx((energy(moved(h)) - energy(moved(-h))) / (2 * h)).epsilon(1e-8));

  // And so it has no curl.
  const TangentField gradient = [&](const VectorView& at, Eigen::Ref<Vector> out) {
    const RowMatrix positions = tokens(at, dim);
    const Vector sums = (beta * (positions * positions.transpose())).array().exp().rowwise().sum();
    out = flat(sums.asDiagonal() * attention_force(positions, beta, true));
  };
  RandomStream random(2, 0, "curl");
  CHECK(curl_share(manifold, gradient, flat(x), 1000, random).value < 1e-8);
}

TEST_CASE("linear forces: a rotation is all curl, a rotation with a spring has the share of their norms") {
  RandomStream random(3, 0, "curl");
  const auto share = [&](const Matrix& a) {
    const TangentField force = [&](const VectorView& x, Eigen::Ref<Vector> out) { out = a * x; };
    return curl_share(FlatSpace(a.rows()), force, Vector::Zero(a.rows()), 100, random).value;
  };
  CHECK(share(Matrix{{0, 1}, {-1, 0}}) == Approx(1));
  CHECK(share(Matrix{{3, 4}, {-4, 3}}) == Approx(0.8));
  CHECK(share(Matrix{{3, 4}, {4, 3}}) < 1e-9);
  CHECK(share(Matrix::Zero(3, 3)) == 0);
  // On the sphere: a rotation of S² is a Killing field, ∇f antisymmetric.
  const TangentField spin = [](const VectorView& x, Eigen::Ref<Vector> out) { out << -x[1], x[0], 0; };
  CHECK(curl_share(Sphere(3), spin, Vector{{0.6, 0, 0.8}}, 2, random).value == Approx(1));
}

TEST_CASE("few directions: the squared share is right on average, and the claimed error is its scatter") {
  const Eigen::Index n = 30;
  const RowMatrix x = random_tokens(n, dim);
  const double truth = exact_share(x, 3, true);
  RandomStream random(4, 0, "curl");
  Moments values, squared, errors;
  for (int i = 0; i < 400; ++i) {
    const CurlShare estimate = curl_share(SphereProduct(n, dim), attention(3, true), flat(x), 16, random);
    values.add(estimate.value);
    squared.add(estimate.value * estimate.value);
    errors.add(estimate.error * estimate.error);
  }
  INFO("exact " << truth << ", mean " << values.mean() << " ± " << values.standard_error());
  // The mean of a ratio of unbiased means has a bias of order 1/N.
  CHECK(std::abs(squared.mean() - truth * truth) < 4 * squared.standard_error() + 0.02 * truth * truth);
  CHECK(std::sqrt(errors.mean()) == Approx(values.standard_deviation()).epsilon(0.25));
}

TEST_CASE("a residual is what no multiple of the reference gives") {
  const Vector f{{3, 4, 0}};
  CHECK(residual_share(f, -7 * f) < 1e-15);
  CHECK(residual_share(f, Vector{{1, 0, 0}}) == Approx(0.8));
  CHECK(residual_share(f, Vector{{0, 0, 2}}) == 1);
  CHECK(residual_share(f, Vector::Zero(3)) == 1);
  CHECK(residual_share(Vector::Zero(3), f) == 0);
  CHECK_THROWS_AS(residual_share(f, Vector::Zero(2)), std::invalid_argument);
}

TEST_CASE("a curl that cannot be asked for is refused") {
  RandomStream random(5, 0, "curl");
  const TangentField force = [](const VectorView& x, Eigen::Ref<Vector> out) { out = x; };
  const TangentField broken = [](const VectorView&, Eigen::Ref<Vector> out) { out.setConstant(std::nan("")); };
  const auto ask = [&](Eigen::Index dimension, Eigen::Index directions, double step) {
    return curl_share(FlatSpace(dimension), force, Vector::Zero(dimension), directions, random, step);
  };
  CHECK_THROWS_WITH(ask(1, 4, 1e-5), Catch::Contains("dimension = 1"));
  CHECK_THROWS_WITH(ask(3, 1, 1e-5), Catch::Contains("directions = 1"));
  CHECK_THROWS_WITH(ask(3, 4, 0), Catch::Contains("step = 0"));
  CHECK(std::isinf(ask(3, 2, 1e-5).error));
  CHECK_THROWS_AS(curl_share(FlatSpace(3), broken, Vector::Zero(3), 4, random), std::runtime_error);
}
