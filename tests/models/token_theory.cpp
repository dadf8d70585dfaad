// Exact results on tokens, against independent routes to them.
#include "random_tokens.hpp"

#include <softmech/models/token_theory.hpp>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

using namespace softmech;
using namespace softmech::test;

namespace {

// Unit vectors with a common inner product ρ, by the Cholesky factor of their Gram matrix.
RowMatrix equiangular(Eigen::Index n, double cosine) {
  Matrix gram = Matrix::Constant(n, n, cosine);
  gram.diagonal().setOnes();
  return gram.llt().matrixL();
}

// RK4 in long double, straight from the formulas: no quadrature, no change of variables.
long double runge_kutta(const EquiangularLaw& law, long double cosine, long double t, int steps) {
  const long double n = static_cast<long double>(law.tokens), b = law.beta;
  const auto rate = [&](long double rho) {
    const long double shape = 2 * std::exp(b * rho) * (1 - rho) * ((n - 1) * rho + 1);
    return law.law == TokenLaw::sa ? shape / (std::exp(b) + (n - 1) * std::exp(b * rho)) : shape / n;
  };
  const long double h = t / steps;
  for (int i = 0; i < steps; ++i) {
    const long double a = rate(cosine), c = rate(cosine + h / 2 * a), d = rate(cosine + h / 2 * c),
                      e = rate(cosine + h * d);
    cosine += h / 6 * (a + 2 * c + 2 * d + e);
  }
  return cosine;
}

}  // namespace

TEST_CASE("the equiangular law is attention's velocity of the inner products") {
  const TokenLaw law = GENERATE(TokenLaw::sa, TokenLaw::usa);
  const Eigen::Index n = GENERATE(2, 5, 9);
  const double beta = GENERATE(0.0, 1.0, 6.0), rho = GENERATE(-0.1, 0.0, 0.4, 0.95);
  const RowMatrix x = equiangular(n, rho);
  const RowMatrix f = attention_force(x, beta, law == TokenLaw::sa);
  const double nn = static_cast<double>(n);
  const double rate = EquiangularLaw{law, n, beta}.rate(rho);
  const double formula = law == TokenLaw::sa ? 2 * std::exp(beta * rho) * (1 - rho) * ((nn - 1) * rho + 1) /
                                                   (std::exp(beta) + (nn - 1) * std::exp(beta * rho))
                                             : 2 / nn * std::exp(beta * rho) * (1 - rho) * ((nn - 1) * rho + 1);
  CHECK(rate == Approx(formula).epsilon(1e-13));
  const Matrix velocities = f * x.transpose() + x * f.transpose();
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) CHECK(velocities(i, j) == Approx(rate).epsilon(1e-12));
  }
}

TEST_CASE("its solution is that of a Runge–Kutta method in long double") {
  const TokenLaw law = GENERATE(TokenLaw::sa, TokenLaw::usa);
  const EquiangularLaw equiangular{law, GENERATE(2, 16, 1000), GENERATE(0.0, 1.0, 4.0)};
  const double start = GENERATE(0.0, 0.5);
  for (const double t : {0.05, 0.2, 1.0}) {
    const double reference = static_cast<double>(runge_kutta(equiangular, start, t, 20000));
    CHECK(equiangular.cosine(start, t) == Approx(reference).epsilon(1e-13));
  }
}

TEST_CASE("depth and cosine are inverse to each other, and known in closed form at β = 0") {
  // β = 0: both laws are ρ̇ = (2/n)(1 − ρ)((n − 1)ρ + 1), so ((n − 1)ρ + 1)/(1 − ρ) grows as e^{2t}.
  for (const TokenLaw law : {TokenLaw::sa, TokenLaw::usa}) {
    const EquiangularLaw free{law, 7, 0};
    for (const double t : {1e-3, 0.5, 3.0, 12.0}) {
      const double u = std::exp(2 * t) * (6 * 0.2 + 1) / (1 - 0.2);
      CHECK(free.cosine(0.2, t) == Approx((u - 1) / (u + 6)).epsilon(1e-14));
      CHECK(free.deficit(0.2, t) == Approx(7 / (u + 6)).epsilon(1e-13));
    }
    for (const double beta : {0.0, 3.0, 40.0, 700.0}) {
      const EquiangularLaw field{law, 12, beta};
      const double depth = field.depth_between(0, 0.9);
      CHECK(depth > 0);
      // At a large β the way is nearly all spent near the start: the depth still fixes ρ, but not to all digits.
      if (beta <= 3) CHECK(field.cosine(0, depth) == Approx(0.9).epsilon(1e-12));
      CHECK(field.depth_between(0, field.cosine(0, depth)) == Approx(depth).epsilon(1e-12));
      CHECK(field.cosine(0, depth / 2) < field.cosine(0, depth));
      CHECK(field.depth_between(0, 0.5) + field.depth_between(0.5, 0.9) == Approx(depth).epsilon(1e-13));
    }
  }
  CHECK(EquiangularLaw{}.cosine(0.3, 0) == Approx(0.3).epsilon(1e-15));
  CHECK(EquiangularLaw{}.depth_between(0.3, 0.3) == 0);
  CHECK(EquiangularLaw{TokenLaw::sa, 5, 1}.cosine(-0.2499, 0.1) > -0.2499);
}

TEST_CASE("in the end 1 − ρ decays at 2 (SA) and 2e^β (USA)") {
  for (const double beta : {0.5, 3.0}) {
    for (const TokenLaw law : {TokenLaw::sa, TokenLaw::usa}) {
      const EquiangularLaw field{law, 9, beta};
      CHECK(field.final_rate() == Approx(law == TokenLaw::sa ? 2 : 2 * std::exp(beta)));
      const double t = 15 / field.final_rate(), later = 30 / field.final_rate();
      const double rate = std::log(field.deficit(0.5, t) / field.deficit(0.5, later)) / (later - t);
      CHECK(rate == Approx(field.final_rate()).epsilon(1e-5));
    }
  }
}

TEST_CASE("the threshold of noisy USA is 2(β/2)^{d/2}/[Γ(d/2) I_{d/2}(β)]") {
  for (const int d : {1, 2, 3, 8, 64}) {
    for (const double beta : {0.01, 1.0, 5.0, 100.0}) {
      const double order = 0.5 * d;
      const double formula =
          2 * std::pow(beta / 2, order) / (boost::math::tgamma(order) * boost::math::cyl_bessel_i(order, beta));
      CHECK(critical_coupling(beta, d) == Approx(formula).epsilon(1e-12));
    }
    CHECK(critical_coupling(0, d) == d);
  }
  CHECK(critical_coupling(2, 2) == Approx(2 / boost::math::cyl_bessel_i(1, 2.0)).epsilon(1e-14));
  CHECK(critical_coupling(2, 3) == Approx(4 / (std::cosh(2.0) - std::sinh(2.0) / 2)).epsilon(1e-14));
}

TEST_CASE("noisy USA orders continuously up to β*, where I_{d/2+1}(β*)/I_{d/2}(β*) = 1/d") {
  for (const int d : {2, 3, 7}) {
    const double beta = tricritical_beta(d);
    CHECK(boost::math::cyl_bessel_i(0.5 * d + 1, beta) / boost::math::cyl_bessel_i(0.5 * d, beta) ==
          Approx(1.0 / d).epsilon(1e-12));
  }
  CHECK(tricritical_beta(2) == Approx(2.446918311289117));
  CHECK(tricritical_beta(3) == Approx(1.8161545254359155));
  CHECK_THROWS_WITH(tricritical_beta(1), Catch::Contains("dim = 1"));
}

TEST_CASE("the own token keeps the weight above γ_c = 1/(1 − ρ) only") {
  CHECK(critical_gamma(0.6) == Approx(2.5));
  CHECK(self_weight(1000, critical_gamma(0.6), 0.6) == Approx(1 / (1 + 999 / 1000.0)));
  CHECK(self_weight(1e12, 2.5 * 1.2, 0.6) > 0.99);
  CHECK(self_weight(1e12, 2.5 * 0.8, 0.6) < 0.01);
  // It is A_ii of equiangular tokens at β = γ ln n.
  const Eigen::Index n = 6;
  const RowMatrix x = equiangular(n, 0.3);
  const Vector row = (1.4 * std::log(6.0) * (x * x.row(2).transpose())).array().exp();
  CHECK(row[2] / row.sum() == Approx(self_weight(6, 1.4, 0.3)).epsilon(1e-13));
}

TEST_CASE("theory outside its range is refused") {
  CHECK_THROWS_WITH((EquiangularLaw{TokenLaw::sa, 1, 1}.cosine(0, 1)), Catch::Contains("tokens = 1"));
  CHECK_THROWS_WITH((EquiangularLaw{TokenLaw::sa, 4, 1}.cosine(-0.4, 1)), Catch::Contains("cosine = -0.4"));
  CHECK_THROWS_WITH((EquiangularLaw{TokenLaw::sa, 4, 1}.depth_between(0.5, 0.2)), Catch::Contains("to = 0.2"));
  CHECK_THROWS_WITH((EquiangularLaw{TokenLaw::sa, 4, -1}.cosine(0, 1)), Catch::Contains("beta = -1"));
  CHECK_THROWS_AS((EquiangularLaw{}.cosine(0, -1)), std::invalid_argument);
  CHECK_THROWS_WITH(critical_coupling(1, 0), Catch::Contains("dim = 0"));
  CHECK_THROWS_WITH(critical_gamma(1), Catch::Contains("cosine = 1"));
}
