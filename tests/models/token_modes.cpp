// Modes of token fields about rest: known rates, zero modes against broken symmetries, and what RoPE breaks.
#include <softmech/models/rope_breaking.hpp>
#include <softmech/models/token_modes.hpp>
#include <softmech/models/token_symmetry.hpp>

#include "random_tokens.hpp"

#include <Eigen/Eigenvalues>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

using namespace softmech;
using namespace softmech::test;
using Catch::Contains;

namespace {

TokenField field_of(Eigen::Index n, Eigen::Index d, TokenForce force, PairMask mask, double beta = 1,
                    RotaryPositions rotary = {}, std::vector<bool> turning = {true}) {
  TokenWeights weights;
  weights.heads.clear();
  for (const bool turns : turning) {
    TokenHead& head = weights.heads.emplace_back();
    head.beta = beta;
    head.mask = mask;
    head.rotary = turns;
  }
  weights.rotary = rotary;
  return {SphereProduct(n, d), force, weights, 1, {}};
}

/// All tokens at one random direction.
Vector aligned(Eigen::Index n, Eigen::Index d) { return flat(random_tokens(1, d, 5).replicate(n, 1)); }

Vector hessian_eigenvalues(const TokenField& field, const Vector& x) {
  const Matrix jacobian = force_jacobian(field, x, tangent_basis(field.manifold(), x));
  REQUIRE((jacobian - jacobian.transpose()).norm() < 1e-9 * jacobian.norm());
  return Eigen::SelfAdjointEigenSolver<Matrix>(-0.5 * (jacobian + jacobian.transpose())).eigenvalues();
}

Vector jacobian_real_parts(const TokenField& field, const Vector& x) {
  const Matrix jacobian = force_jacobian(field, x, tangent_basis(field.manifold(), x));
  Vector real = Eigen::EigenSolver<Matrix>(jacobian, false).eigenvalues().real();
  std::sort(real.begin(), real.end());
  return real;
}

/// The Laplacian of A + Aᵀ with A uniform over |i − j| < window.
Matrix window_laplacian(Eigen::Index n, Eigen::Index window) {
  Matrix a =
      Matrix::NullaryExpr(n, n, [&](Eigen::Index i, Eigen::Index j) { return std::abs(i - j) < window ? 1.0 : 0.0; });
  a = (a.rowwise().sum().cwiseInverse().asDiagonal() * a).eval();
  const Matrix w = a + a.transpose();
  return Matrix(w.rowwise().sum().asDiagonal()) - w;
}

}  // namespace

TEST_CASE("Aligned tokens contract at the known rates", "[modes]") {
  // Angles decay at half of 1 − ρ's rates 2 and 2e^β; the mean stays: d − 1 zero modes.
  constexpr Eigen::Index n = 6, d = 3;
  const Vector x = aligned(n, d);
  for (const auto& [force, rate] :
       {std::pair(TokenForce::sa, 1.0), {TokenForce::usa, std::exp(1.5)}, {TokenForce::free_energy, 2.0}}) {
    const Vector rates = jacobian_real_parts(field_of(n, d, force, {}, 1.5), x);
    for (Eigen::Index k = 0; k < rates.size() - (d - 1); ++k) CHECK(rates[k] == Approx(-rate).epsilon(1e-10));
    CHECK(rates.tail(d - 1).cwiseAbs().maxCoeff() < 1e-10);
  }
}

TEST_CASE("The Hessian of aligned tokens is the Laplacian of A + A^T", "[modes]") {
  constexpr Eigen::Index n = 9, d = 4;
  const TokenField field = field_of(n, d, TokenForce::free_energy, {.window = 3}, 2);
  const Vector expected = Eigen::SelfAdjointEigenSolver<Matrix>(window_laplacian(n, 3)).eigenvalues();
  const Vector found = hessian_eigenvalues(field, aligned(n, d));
  for (Eigen::Index k = 0; k < found.size(); ++k) CHECK(found[k] == Approx(expected[k / (d - 1)]).margin(1e-10));
}

TEST_CASE("Causal attention's Jacobian is triangular: 1/i − 1, and no potential", "[modes]") {
  constexpr Eigen::Index n = 7, d = 3;
  const TokenField field = field_of(n, d, TokenForce::sa, {.causal = true}, 1.3);
  const Vector rates = jacobian_real_parts(field, aligned(n, d));
  for (Eigen::Index i = 1; i <= n; ++i) {
    for (Eigen::Index copy = 0; copy < d - 1; ++copy)
      CHECK(rates[(n - i) * (d - 1) + copy] == Approx(1 / static_cast<double>(i) - 1).margin(1e-9));
  }
}

TEST_CASE("Dimensions of orbits", "[modes]") {
  constexpr Eigen::Index n = 10, d = 6;
  const auto broken = [&](const TokenField& field, const RowMatrix& x) { return broken_generators(field, flat(x)); };
  const TokenField plain = field_of(n, d, TokenForce::sa, {});
  // k independent tokens leave SO(d − k): d(d−1)/2 − (d−k)(d−k−1)/2.
  for (const auto& [k, dimension] : {std::pair(1, 5), {2, 9}, {3, 12}, {4, 14}, {5, 15}, {10, 15}})
    CHECK(broken(plain, random_tokens(k, d).replicate(n, 1).topRows(n)) == dimension);
  const RotaryPositions rope{.base = 10, .dim = 6}, half{.base = 10, .dim = 2};
  // SO(2)³ and SO(2) × SO(4): what commutes with RoPE.
  CHECK(broken(field_of(n, d, TokenForce::sa, {}, 1, rope), random_tokens(n, d)) == 3);
  CHECK(broken(field_of(n, d, TokenForce::sa, {}, 1, half), random_tokens(n, d)) == 1 + 6);
  // Free energies do not see the frame turn: all of SO(6) again, but not where one head has RoPE and another has not.
  CHECK(broken(field_of(n, d, TokenForce::free_energy, {}, 1, rope), random_tokens(n, d)) == 15);
  CHECK(broken(field_of(n, d, TokenForce::free_energy, {}, 1, rope, {true, false}), random_tokens(n, d)) == 3);
  CHECK(broken(field_of(n, d, TokenForce::free_energy, {}, 1, {.base = 10, .dim = 6, .scale = 0}, {true, false}),
               random_tokens(n, d)) == 15);
}

TEST_CASE("Weights leave the rotations that commute with them", "[modes]") {
  constexpr Eigen::Index n = 8, d = 4;
  TokenWeights weights;
  weights.heads.front().key = Vector{{1.0, 1.0, 2.0, 3.0}}.asDiagonal();  // SO(2) in the first plane
  const Vector x = flat(random_tokens(n, d));
  CHECK(broken_generators({SphereProduct(n, d), TokenForce::free_energy, weights, 1, {}}, x) == 1);
  weights.heads.front().value = random_rotation(d);
  CHECK(broken_generators({SphereProduct(n, d), TokenForce::sa, weights, 1, {}}, x) == 0);
  // Centered tokens: the rotations about (1, …, 1), SO(3).
  const SphereProduct centered(n, d, true);
  CHECK(broken_generators({centered, TokenForce::sa, {}, 1, {}}, centered.project_point(x)) == 3);
}

TEST_CASE("RoPE in every head hides SO(d) and does not break it", "[modes]") {
  // The minimum is the helix x_i = R_i^{-1} n; in the frame that turns it is aligned, with the modes of Ω = 0.
  constexpr Eigen::Index n = 12, d = 4;
  const RotaryPositions rope{.base = 100, .dim = d};
  const TokenField turning = field_of(n, d, TokenForce::free_energy, {.window = 3}, 2, rope);
  const Vector n0 = aligned(n, d), helix = flat(turned(tokens(n0, d), rope, -1));
  const Vector with = hessian_eigenvalues(turning, helix);
  const Vector without = hessian_eigenvalues(field_of(n, d, TokenForce::free_energy, {.window = 3}, 2), n0);
  CHECK((with - without).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(hessian_spectrum(with, broken_generators(turning, helix)).zero == d - 1);
  CHECK(broken_generators(turning, helix) == d - 1);

  const TokenRest rest = find_rest(turning, flat(random_tokens(n, d)));
  CHECK(rest.found);
  const ModeSpectrum found = hessian_spectrum(hessian_eigenvalues(turning, rest.x), broken_generators(turning, rest.x));
  CHECK((found.is_stable() && found.has_goldstone_count()));
}

TEST_CASE("Heads with and without RoPE break SO(d): masses as perturbation theory has them", "[modes]") {
  constexpr Eigen::Index n = 10, d = 6;
  const auto at = [&](double scale) {
    return field_of(n, d, TokenForce::free_energy, {.window = 4}, 1.5, {.base = 100, .dim = d, .scale = scale},
                    {true, false});
  };
  const TokenField unbroken = at(0);
  CHECK(hessian_spectrum(hessian_eigenvalues(unbroken, aligned(n, d)), d - 1).has_goldstone_count());

  std::vector<double> squares;
  std::vector<Vector> masses;
  for (const double scale : {0.005, 0.01, 0.02}) {
    const TokenField field = at(scale);
    const TokenRest rest = find_rest(field, aligned(n, d));
    REQUIRE(rest.found);
    const Vector eigenvalues = hessian_eigenvalues(field, rest.x);
    const ModeSpectrum spectrum = hessian_spectrum(eigenvalues, broken_generators(field, rest.x));
    CHECK(spectrum.broken_generators == 1);
    CHECK(spectrum.has_goldstone_count());
    CHECK(spectrum.is_stable());
    // The order lies in the slowest plane, as a helix of half the rotary angle.
    const RowMatrix x = tokens(rest.x, d);
    CHECK(x.rightCols(2).squaredNorm() / n == Approx(1).epsilon(1e-6));
    const double angle = std::acos(x.row(4).dot(x.row(5)));
    CHECK(angle == Approx(field.weights().rotary.angle(2) / 2).epsilon(1e-3));
    // The frequencies are 1, 100^{-1/3} and 100^{-2/3} times scale.
    const RopeBreaking theory = rope_breaking(field);
    CHECK(theory.direction == 4);
    squares.push_back(scale * scale);
    masses.push_back(eigenvalues.segment(1, d - 2));
    for (Eigen::Index k = 0; k < d - 2; ++k) {
      const double frequency = scale * std::pow(100, k < 2 ? -1.0 / 3 : 0), least = scale * std::pow(100, -2.0 / 3);
      CHECK(theory.eigenvalues[k + 1] ==
            Approx(theory.stiffness / n * (frequency * frequency - least * least)).epsilon(1e-12));
      CHECK(masses.back()[k] == Approx(theory.eigenvalues[k + 1]).epsilon(0.01));
    }
  }
  // The intercept of masses² against scale² vanishes.
  for (Eigen::Index k = 0; k < d - 2; ++k)
    CHECK(masses[2][k] / masses[0][k] == Approx(squares[2] / squares[0]).epsilon(0.01));
}

TEST_CASE("Base 10^4: as many masses as planes, decades apart", "[modes]") {
  constexpr Eigen::Index n = 8, d = 8;
  const RotaryPositions rope{.dim = d, .scale = 0.02};  // angles 1, 0.1, 0.01, 0.001 times the scale
  const TokenField field = field_of(n, d, TokenForce::free_energy, {}, 1, rope, {true, false});
  const TokenRest rest = find_rest(field, aligned(n, d));
  REQUIRE(rest.found);
  const Vector eigenvalues = hessian_eigenvalues(field, rest.x);
  // All pairs, equal heads: κ/n = Σ_ij (i − j)²/2n² = (n² − 1)/12.
  CHECK(rope_breaking(field).stiffness == Approx(n * (n * n - 1) / 12.0));
  const double unit = 0.02 * 0.02 * (n * n - 1) / 12.0;
  CHECK(std::abs(eigenvalues[0]) < 1e-11);
  for (Eigen::Index k = 0; k < 2; ++k) {
    CHECK(eigenvalues[5 + k] == Approx(unit * (1 - 1e-6)).epsilon(0.01));
    CHECK(eigenvalues[3 + k] == Approx(unit * (1e-2 - 1e-6)).epsilon(0.01));
    CHECK(eigenvalues[1 + k] == Approx(unit * (1e-4 - 1e-6)).epsilon(0.01));
  }
  CHECK(tokens(rest.x, d).rightCols(2).squaredNorm() / n == Approx(1).epsilon(1e-6));
}

TEST_CASE("Waves of aligned tokens in a window have the band of their Laplacian", "[modes]") {
  constexpr Eigen::Index n = 96, d = 3;
  const TokenField field = field_of(n, d, TokenForce::free_energy, {.window = 3}, 2);
  const TokenRest rest{aligned(n, d), 0, true};
  const Matrix basis = tangent_basis(field.manifold(), rest.x);
  const ChainModes modes(n, ChainEnds::open);
  const Vector stiffness = wave_stiffness(field, rest, basis, force_jacobian(field, rest.x, basis), modes);
  CHECK(std::abs(stiffness[0]) < 1e-10);
  for (Eigen::Index k = 1; k < n; ++k) {  // 2(1 − Â), Â = (1 + 2 cos k + 2 cos 2k)/5, up to the ends' 1/n
    const double wave = modes.wavenumbers()[k];
    CHECK(stiffness[k] == Approx(2 - (2 + 4 * std::cos(wave) + 4 * std::cos(2 * wave)) / 5).epsilon(3.0 / n));
  }
}

TEST_CASE("A saddle is left where there is a potential, and stays one where there is none", "[modes]") {
  const Vector opposite{{0, 0, 1, 0, 0, -1}};
  const TokenField down = field_of(2, 3, TokenForce::free_energy, {}, 2);
  const TokenRest rest = find_rest(down, opposite);
  REQUIRE(rest.found);
  CHECK(rest.x.head(3).dot(rest.x.tail(3)) == Approx(1));
  CHECK(hessian_spectrum(hessian_eigenvalues(down, rest.x), broken_generators(down, rest.x)).has_goldstone_count());

  // f_1 = A_11 x_1 + A_12 x_2 at x_2 = −x_1: J = A_12 (1 1; 1 1) in each of two directions.
  const TokenField attention = field_of(2, 3, TokenForce::sa, {}, 2);
  const TokenRest stays = find_rest(attention, opposite);
  CHECK((stays.found && stays.x == opposite));
  const ModeSpectrum spectrum = jacobian_spectrum(jacobian_real_parts(attention, stays.x), 2);
  CHECK((spectrum.unstable == 2 && spectrum.zero == 2));
  const double other = 1 / (1 + std::exp(4.0));  // A_12 = e^{−β}/(e^β + e^{−β})
  CHECK(spectrum.values[0].real() == Approx(2 * other));
}

TEST_CASE("The band of aligned tokens ends where the settings say, at most", "[modes]") {
  for (const bool causal : {false, true}) {
    for (const std::int64_t window : {0, 2, 3, 8}) {
      TokenSettings settings;
      settings.tokens = 40;
      settings.dynamics = "lagrangian";
      settings.mass = 2;
      settings.positions.causal = causal;
      settings.positions.window = window;
      const TokenField field = settings.field(RandomStream(1, 0, "weights"), {});
      const double top = std::sqrt(hessian_eigenvalues(field, aligned(40, 2)).maxCoeff() / 2);
      CHECK(top < settings.largest_frequency() * 1.01);
      CHECK(top > settings.largest_frequency() / 2);
    }
  }
}
