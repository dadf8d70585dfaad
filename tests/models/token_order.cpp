// Order parameters against configurations whose values are known.
#include "random_tokens.hpp"

#include <softmech/models/token_order.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

using namespace softmech;
using namespace softmech::test;

TEST_CASE("one cluster, two poles, a cross and a regular polygon have the orders they should") {
  const RowMatrix cluster = Vector::Ones(7) * random_tokens(1, 5);
  CHECK(order_parameter(cluster) == Approx(1));
  CHECK(nematic_order(cluster) == Approx(1));
  CHECK(mean_cosine(cluster) == Approx(1));
  CHECK(gram_participation(cluster) == Approx(1));

  RowMatrix poles(6, 3);
  poles << RowMatrix::Identity(1, 3).replicate(3, 1), -RowMatrix::Identity(1, 3).replicate(3, 1);
  CHECK(order_parameter(poles) == Approx(0).margin(1e-15));
  CHECK(nematic_order(poles) == Approx(1));
  CHECK(mean_cosine(poles) == Approx((6 * 1.0 - 9 * 1.0) / 15));  // 6 pairs at 1, 9 at −1
  CHECK(gram_participation(poles) == Approx(1));

  const RowMatrix axes = RowMatrix::Identity(4, 4);
  CHECK(order_parameter(axes) == Approx(0.5));
  CHECK(nematic_order(axes) == Approx(0).margin(1e-15));
  CHECK(mean_cosine(axes) == Approx(0).margin(1e-15));
  CHECK(gram_participation(axes) == Approx(4));

  RowMatrix pentagon(5, 2);
  for (int i = 0; i < 5; ++i)
    pentagon.row(i) << std::cos(0.4 * std::numbers::pi * i), std::sin(0.4 * std::numbers::pi * i);
  CHECK(order_parameter(pentagon) == Approx(0).margin(1e-15));
  CHECK(nematic_order(pentagon) == Approx(0).margin(1e-15));
  CHECK(mean_cosine(pentagon) == Approx(-0.25));
  CHECK(gram_participation(pentagon) == Approx(2));
}

TEST_CASE("few tokens and one dimension") {
  const RowMatrix one = random_tokens(1, 3);
  CHECK(order_parameter(one) == Approx(1));
  CHECK(nematic_order(one) == Approx(1));
  CHECK(mean_cosine(one) == 1);
  CHECK(cosine_deficit(one) == 0);
  CHECK(cosine_density(one, 4) == Vector::Zero(4));
  CHECK(gram_participation(one) == Approx(1));
  const RowMatrix signs{{1}, {-1}, {1}};
  CHECK(order_parameter(signs) == Approx(1.0 / 3));
  CHECK(nematic_order(signs) == 1);
  CHECK(mean_cosine(signs) == Approx(-1.0 / 3));
}

TEST_CASE("orders are the sums over pairs that define them, for more and fewer tokens than dimensions") {
  const auto [n, d] = GENERATE(std::pair{40, 3}, std::pair{5, 12});
  const RowMatrix x = random_tokens(n, d);
  const Matrix gram = x * x.transpose();
  CHECK(mean_cosine(x) == Approx((gram.sum() - n) / (n * (n - 1))).margin(1e-14));
  const Vector spectrum = Eigen::SelfAdjointEigenSolver<Matrix>(gram).eigenvalues();
  CHECK(gram_participation(x) == Approx(std::pow(spectrum.sum(), 2) / spectrum.squaredNorm()));
  CHECK(nematic_order(x) == Approx((d * spectrum.maxCoeff() / n - 1) / (d - 1)));

  const RowMatrix rotated = x * random_rotation(d);
  CHECK(order_parameter(rotated) == Approx(order_parameter(x)).epsilon(1e-13));
  CHECK(nematic_order(rotated) == Approx(nematic_order(x)).epsilon(1e-13));
  CHECK(gram_participation(rotated) == Approx(gram_participation(x)).epsilon(1e-13));
}

TEST_CASE("the deficit of a tight cluster keeps its digits") {
  // Two tokens at the angle 2a: 1 − cos 2a = 2 sin² a.
  const double a = 1e-9;
  const RowMatrix pair{{std::cos(a), std::sin(a)}, {std::cos(a), -std::sin(a)}};
  CHECK(cosine_deficit(pair) == Approx(2 * std::pow(std::sin(a), 2)).epsilon(1e-14));
}

TEST_CASE("the density of cosines counts every pair once") {
  const RowMatrix x = random_tokens(150, 3);  // more than one block
  const Eigen::Index bins = 7;
  Vector counts = Vector::Zero(bins);
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j)
      counts[static_cast<Eigen::Index>((x.row(i).dot(x.row(j)) + 1) / 2 * bins)] += 1;
  }
  CHECK((cosine_density(x, bins) - counts * bins / 2.0 / counts.sum()).norm() < 1e-14);

  // Cosines of independent uniform tokens on S² are uniform on [−1, 1] (Archimedes).
  const Vector uniform = cosine_density(random_tokens(1500, 3), 10);
  CHECK((uniform.array() - 0.5).abs().maxCoeff() < 0.01);
  CHECK(uniform.sum() * 2 / 10 == Approx(1));

  // All in the outermost bins, whatever rounding does to ±1.
  const RowMatrix poles{{0.6, 0.8}, {0.6, 0.8}, {-0.6, -0.8}};
  CHECK((cosine_density(poles, 3) - Vector{{1.0, 0, 0.5}}).norm() < 1e-15);
  CHECK_THROWS_AS(cosine_density(poles, 0), std::invalid_argument);
}

TEST_CASE("angular momentum is m Σ x ∧ v: a cross product in three dimensions, a tensor in all") {
  const RowMatrix x = random_tokens(6, 3), v = random_velocities(x);
  Eigen::Vector3d cross = Eigen::Vector3d::Zero();
  for (Eigen::Index i = 0; i < 6; ++i) cross += 1.7 * Eigen::Vector3d(x.row(i)).cross(Eigen::Vector3d(v.row(i)));
  const Matrix tensor = angular_momentum(x, v, 1.7);
  CHECK(tensor(0, 1) == Approx(cross[2]));
  CHECK(tensor(1, 2) == Approx(cross[0]));
  CHECK(tensor(2, 0) == Approx(cross[1]));
  CHECK((tensor + tensor.transpose()).norm() == 0);
  CHECK(angular_momentum_norm(tensor) == Approx(cross.norm()));

  // L turns with the frame.
  const RowMatrix y = random_tokens(6, 5), w = random_velocities(y);
  const Matrix q = random_rotation(5);
  CHECK((angular_momentum(y * q, w * q) - q.transpose() * angular_momentum(y, w) * q).norm() < 1e-13);
}
