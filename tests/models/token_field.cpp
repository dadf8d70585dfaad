// The token field: forces written out in loops, gradients, symmetries, and the exact equiangular law.
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/token_field.hpp>
#include <softmech/models/token_settings.hpp>
#include <softmech/models/token_theory.hpp>

#include "random_tokens.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

using namespace softmech;
using namespace softmech::test;
using Catch::Contains;

namespace {

Matrix random_weights(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  RandomStream random(seed, 0, "weights");
  return Matrix::NullaryExpr(rows, columns, [&](Eigen::Index, Eigen::Index) { return random.normal() / 2; });
}

/// Two heads with everything on: weights, masks, different β, rotary positions in the first.
TokenWeights full_weights(Eigen::Index d, bool values) {
  TokenWeights weights;
  weights.heads.resize(2);
  for (std::uint64_t h = 0; h < 2; ++h) {
    TokenHead& head = weights.heads[h];
    head.query = random_weights(d - 1, d, 10 + h);
    head.key = random_weights(d - 1, d, 20 + h);
    if (values) head.value = random_weights(d, d, 30 + h);
    head.beta = 0.7 + static_cast<double>(h);
    head.mask = {.causal = h == 0, .window = 4, .decay = PairMask::Decay::power, .rate = 0.3};
    head.rotary = h == 0;
  }
  weights.rotary = {.base = 50, .dim = 2, .scale = 0.7};
  return weights;
}

/// z_ij of a head, from its definition; −∞ where i does not attend to j.
Matrix scores(const RowMatrix& x, const TokenHead& head, const RotaryPositions& rotary) {
  const auto turned = [&](const Vector& v, Eigen::Index token) {
    Vector result = v;
    for (Eigen::Index a = 0; a < rotary.dim / 2; ++a) {
      const double angle = (head.rotary ? rotary.scale : 0) * static_cast<double>(token) *
                           std::pow(rotary.base, -2.0 * static_cast<double>(a) / static_cast<double>(rotary.dim));
      result.segment(2 * a, 2) = Eigen::Rotation2Dd(angle).toRotationMatrix() * v.segment(2 * a, 2);
    }
    return result;
  };
  Matrix z(x.rows(), x.rows());
  for (Eigen::Index i = 0; i < x.rows(); ++i) {
    for (Eigen::Index j = 0; j < x.rows(); ++j) {
      const Vector q = turned(head.query * x.row(i).transpose(), i), k = turned(head.key * x.row(j).transpose(), j);
      const double distance = std::abs(static_cast<double>(i - j));
      const bool attends = (!head.mask.causal || j <= i) && distance < static_cast<double>(head.mask.window);
      z(i, j) = attends ? head.beta * q.dot(k) - head.mask.rate * std::log(1 + distance)
                        : -std::numeric_limits<double>::infinity();
    }
  }
  return z;
}

TokenField plain_field(Eigen::Index n, Eigen::Index d, TokenForce force, double beta, double coupling = 1,
                       TokenKernel kernel = {}) {
  TokenWeights weights;
  weights.heads.front().beta = beta;
  return {SphereProduct(n, d), force, weights, coupling, {}, kernel};
}

Vector force_of(const TokenField& field, const Vector& x) {
  Vector f(x.size());
  field.force(x, f);
  return f;
}

/// Equiangular tokens in a random frame.
Vector equiangular(Eigen::Index n, Eigen::Index d, double cosine) {
  TokenStartSettings start;
  start.kind = "equiangular";
  start.cosine = cosine;
  return start.of(SphereProduct(n, d), 1, RandomStream(4, 0, "start")).position;
}

}  // namespace

TEST_CASE("SA and USA with weights, heads, masks and rotary positions are the sums of their definition") {
  const Eigen::Index n = 7, d = 4;
  const RowMatrix x = random_tokens(n, d);
  const TokenWeights weights = full_weights(d, true);
  for (const TokenForce force : {TokenForce::sa, TokenForce::usa}) {
    RowMatrix expected = RowMatrix::Zero(n, d);
    for (const TokenHead& head : weights.heads) {
      Matrix w = scores(x, head, weights.rotary).array().exp();
      const Vector divisor = force == TokenForce::sa ? Vector(w.rowwise().sum()) : Vector::Constant(n, n);
      expected += divisor.cwiseInverse().asDiagonal() * w * (x * head.value.transpose());
    }
    expected *= 1.7;
    expected -= x.cwiseProduct(expected).rowwise().sum().asDiagonal() * x;
    const TokenField field(SphereProduct(n, d), force, weights, 1.7, {});
    CHECK((tokens(force_of(field, flat(x)), d) - expected).norm() < 1e-13 * expected.norm());
  }
}

TEST_CASE("An MLP drifts tokens by W_out relu(W_in x)") {
  const Eigen::Index n = 3, d = 4;
  const RowMatrix x = random_tokens(n, d);
  TokenWeights weights;
  weights.heads.clear();
  weights.mlp = {random_weights(9, d, 1), random_weights(d, 9, 2)};
  RowMatrix expected = (weights.mlp.out * (weights.mlp.in * x.transpose()).cwiseMax(0)).transpose();
  expected -= x.cwiseProduct(expected).rowwise().sum().asDiagonal() * x;
  const TokenField field(SphereProduct(n, d), TokenForce::sa, weights, 1, {});
  CHECK((tokens(force_of(field, flat(x)), d) - expected).norm() < 1e-14 * expected.norm());
  CHECK_FALSE(field.has_potential());
}

TEST_CASE("The free-energy force is minus the gradient of the sum of row free energies, whatever the scores") {
  const Eigen::Index n = 6, d = 4;
  const Vector x = flat(random_tokens(n, d));
  const TokenField field(SphereProduct(n, d), TokenForce::free_energy, full_weights(d, false), 1.3, {});
  REQUIRE(field.has_potential());

  double expected = 0;  // −Σ ln Z/β
  for (const TokenHead& head : field.weights().heads) {
    const Matrix z = scores(tokens(x, d), head, field.weights().rotary);
    expected -= z.array().exp().rowwise().sum().log().sum() / head.beta;
  }
  CHECK(field.potential(x) == Approx(1.3 * expected).epsilon(1e-13));

  const Vector f = force_of(field, x);
  RandomStream random(5, 0, "direction");
  for (int trial = 0; trial < 5; ++trial) {
    const Vector u = field.manifold().random_tangent(x, random);
    const double h = 1e-5;
    const double slope =
        (field.potential(field.manifold().exp(x, h * u)) - field.potential(field.manifold().exp(x, -h * u))) / (2 * h);
    CHECK(-slope == Approx(f.dot(u)).margin(1e-9 * f.norm() * u.norm()));
  }
}

TEST_CASE("USA is the gradient flow of the interaction energy; SA has no potential on offer") {
  const Eigen::Index n = 9, d = 3;
  const RowMatrix x = random_tokens(n, d);
  const double beta = 2.5;
  const TokenField usa = plain_field(n, d, TokenForce::usa, beta, 0.8);
  const Matrix w = (beta * (x * x.transpose())).array().exp();
  CHECK(usa.potential(flat(x)) == Approx(-0.8 * w.sum() / (2 * 9 * beta)).epsilon(1e-14));  // −(K/2n) Σ e^{βx·y}/β

  const Vector f = force_of(usa, flat(x));
  RandomStream random(6, 0, "direction");
  const Vector u = usa.manifold().random_tangent(flat(x), random);
  const double h = 1e-5;
  const double slope =
      (usa.potential(usa.manifold().exp(flat(x), h * u)) - usa.potential(usa.manifold().exp(flat(x), -h * u))) /
      (2 * h);
  CHECK(-slope == Approx(f.dot(u)).epsilon(1e-8));

  const TokenField sa = plain_field(n, d, TokenForce::sa, beta);
  CHECK_FALSE(sa.has_potential());
  CHECK_THROWS_AS(sa.potential(flat(x)), std::logic_error);
}

TEST_CASE("Forces on the circle as Fourier series are those of pairs") {
  for (const Eigen::Index n : {33, 300}) {
    const Vector x = flat(random_tokens(n, 2));
    for (const double beta : {0.1, 1.0, 9.0, 100.0}) {
      for (const TokenForce force : {TokenForce::sa, TokenForce::usa, TokenForce::free_energy}) {
        const TokenField series =
            plain_field(n, 2, force, beta, 1.1, {.pairs = {}, .series = TokenKernel::Series::always});
        const TokenField pairs =
            plain_field(n, 2, force, beta, 1.1, {.pairs = {}, .series = TokenKernel::Series::never});
        INFO("n = " << n << ", beta = " << beta);
        CHECK(series.sums_series());
        CHECK((force_of(series, x) - force_of(pairs, x)).norm() < 1e-12 * force_of(pairs, x).norm());
        CHECK(series.free_energy(x) == Approx(pairs.free_energy(x)).epsilon(1e-12));
      }
    }
  }
  CHECK_FALSE(plain_field(20, 2, TokenForce::sa, 1).sums_series());  // too few to pay
  CHECK(plain_field(64, 2, TokenForce::sa, 1).sums_series());
  CHECK_FALSE(plain_field(64, 3, TokenForce::sa, 1).sums_series());
  CHECK_THROWS_WITH(plain_field(64, 3, TokenForce::sa, 1, 1, {.pairs = {}, .series = TokenKernel::Series::always}),
                    Contains("solver.kernel = \"fourier\": needs d = 2"));
}

TEST_CASE("A force turns with the frame and follows a permutation of the tokens") {
  for (const Eigen::Index n : {5, 70}) {
    for (const Eigen::Index d : {2, 3, 8}) {
      const RowMatrix x = random_tokens(n, d);
      const Matrix rotation = random_rotation(d);
      std::vector<int> order(static_cast<std::size_t>(n));
      std::iota(order.begin(), order.end(), 0);
      std::rotate(order.begin(), order.begin() + 2, order.end());
      for (const TokenForce kind : {TokenForce::sa, TokenForce::usa, TokenForce::free_energy}) {
        const TokenField field = plain_field(n, d, kind, 3);
        const RowMatrix f = tokens(force_of(field, flat(x)), d);
        const RowMatrix turned = tokens(force_of(field, flat(x * rotation)), d);
        CHECK((turned - f * rotation).norm() < 1e-12 * f.norm());
        const RowMatrix permuted = tokens(force_of(field, flat(x(order, Eigen::all))), d);
        CHECK((permuted - f(order, Eigen::all)).norm() < 1e-12 * f.norm());
      }
    }
  }
}

TEST_CASE("Equiangular tokens keep one inner product, which obeys the exact law to 1e-8") {
  for (const auto& [n, d] : {std::pair<Eigen::Index, Eigen::Index>{2, 2}, {3, 3}, {8, 12}, {32, 40}}) {
    for (const double beta : {0.3, 1.0, 4.0}) {
      for (const double start : {0.0, 0.3, 0.9, 0.999}) {
        for (const TokenLaw law : {TokenLaw::sa, TokenLaw::usa}) {
          const TokenField field = plain_field(n, d, law == TokenLaw::sa ? TokenForce::sa : TokenForce::usa, beta);
          const EquiangularLaw exact{.law = law, .tokens = n, .beta = beta};
          const double end = 2 / std::max(exact.final_rate(), 1.0);
          SolverSettings solver{.stepper = "fehlberg78", .rel_tol = 1e-12, .abs_tol = 1e-14};
          const Vector x = equiangular(n, d, start);
          Simulation simulation(first_order_flow(field), {x, {}}, stepper(solver));
          simulation.run(end);
          const RowMatrix y = tokens(simulation.state().position, d);
          const Matrix gram = y * y.transpose();
          const double expected = exact.cosine(start, end);
          INFO(fmt::format("n = {}, beta = {}, start = {}, expected = {}", n, beta, start, expected));
          for (Eigen::Index i = 0; i < n; ++i) {
            for (Eigen::Index j = 0; j < i; ++j) {
              if (std::abs(gram(i, j) - expected) > 1e-8) FAIL("rho = " << gram(i, j));
            }
          }
        }
      }
    }
  }
}

TEST_CASE("The depth between two angles is that of the law to 1e-4") {
  const EquiangularLaw exact{.law = TokenLaw::sa, .tokens = 16, .beta = 2};
  const TokenField field = plain_field(16, 16, TokenForce::sa, 2);
  Simulation simulation(first_order_flow(field), {equiangular(16, 16, 0), {}}, stepper({.stepper = "dopri5"}));
  const double total = exact.depth_between(0, 0.999);
  simulation.run(total);
  const RowMatrix y = tokens(simulation.state().position, 16);
  const double reached = exact.depth_between(0, y.row(0).dot(y.row(1)));
  CHECK(reached == Approx(total).epsilon(1e-8));
}

TEST_CASE("Hard cases: one token, coincident and antipodal ones, beta = 1000") {
  const Vector one = Vector::Unit(3, 1);
  for (const TokenForce kind : {TokenForce::sa, TokenForce::usa, TokenForce::free_energy}) {
    CHECK(force_of(plain_field(1, 3, kind, 2), one).norm() == 0);
    for (const double sign : {1.0, -1.0}) {
      for (const double beta : {1e-3, 1.0, kind == TokenForce::usa ? 300.0 : 1000.0}) {
        Vector pair(6);
        pair << one, sign * one;
        CHECK(force_of(plain_field(2, 3, kind, beta), pair).norm() < 1e-14);
      }
    }
  }
  const Vector x = flat(random_tokens(40, 3));
  for (const TokenForce kind : {TokenForce::sa, TokenForce::free_energy}) {
    const TokenField field = plain_field(40, 3, kind, 1000);
    CHECK(force_of(field, x).allFinite());
    CHECK(std::isfinite(field.free_energy(x)));
  }
}

TEST_CASE("Tokens before their norm: the direction obeys attention slowed down by the norm") {
  const Eigen::Index n = 5, d = 3;
  const TokenField field = plain_field(n, d, TokenForce::sa, 1.5);
  const PreNormField prenorm(field);
  const RowMatrix directions = random_tokens(n, d);
  const Vector norms = Vector::LinSpaced(n, 0.5, 3);
  const RowMatrix x = norms.asDiagonal() * directions;
  Vector rate(x.size());
  prenorm.force(flat(x), rate);
  // d/dt (x/|x|) = P f/|x|
  const RowMatrix turned = norms.cwiseInverse().asDiagonal() * tokens(rate, d);
  const RowMatrix tangent = turned - turned.cwiseProduct(directions).rowwise().sum().asDiagonal() * directions;
  const RowMatrix expected = norms.cwiseInverse().asDiagonal() * tokens(force_of(field, flat(directions)), d);
  CHECK((tangent - expected).norm() < 1e-14);
}

TEST_CASE("Heads whose shapes do not fit are refused") {
  TokenWeights weights;
  weights.heads.front().query = Matrix::Ones(2, 3);
  weights.heads.front().key = Matrix::Ones(3, 3);
  CHECK_THROWS_WITH(TokenField(SphereProduct(4, 3), TokenForce::sa, weights, 1, {}), Contains("must be as many"));
  weights.heads.front().query = Matrix::Ones(3, 4);
  CHECK_THROWS_WITH(TokenField(SphereProduct(4, 3), TokenForce::sa, weights, 1, {}), Contains("query of a head is"));
  weights = {};
  weights.heads.front().beta = 0;
  CHECK_THROWS_WITH(TokenField(SphereProduct(4, 3), TokenForce::sa, weights, 1, {}),
                    Contains("model.beta = 0: must be > 0"));
}

TEST_CASE("Equiangular starts have no preferred frame or handedness") {
  TokenStartSettings start;
  start.kind = "equiangular";
  start.cosine = 0.2;
  const int trials = 400;
  double first = 0, handedness = 0;
  for (int trial = 0; trial < trials; ++trial) {
    const RandomStream random(3, static_cast<std::uint32_t>(trial), "start");
    const RowMatrix x = tokens(start.of(SphereProduct(3, 3), 1, random).position, 3);
    CHECK((x * x.transpose() - 0.8 * Matrix::Identity(3, 3) - Matrix::Constant(3, 3, 0.2)).norm() < 1e-14);
    first += x(0, 0) / trials;
    handedness += (Matrix(x).determinant() > 0 ? 1.0 : -1.0) / trials;
  }
  CHECK(std::abs(first) < 4 * std::sqrt(1.0 / 3 / trials));
  CHECK(std::abs(handedness) < 4 / std::sqrt(trials));
}

TEST_CASE("A first step so long that weights overflow is taken back, not the run") {
  const TokenField field = plain_field(8, 3, TokenForce::usa, 30);
  const Vector x = flat(random_tokens(8, 3));
  for (const char* name : {"dopri5", "fehlberg78"}) {
    const auto end_from = [&](double first_step) {
      Simulation simulation(first_order_flow(field), {x, {}},
                            stepper({.stepper = name, .rel_tol = 1e-10, .step = first_step}));
      simulation.run(1e-12);
      return simulation.state().position;
    };
    CHECK((end_from(1e10) - end_from(1e-16)).norm() < 1e-8);
    CHECK((end_from(1e10) - x).norm() > 1e-3);
  }
}
