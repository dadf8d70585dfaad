#include "softmech/attention/operators.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "softmech/ensemble/random.hpp"

using namespace softmech;

namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<40>, boost::multiprecision::et_off>;

constexpr double infinity = std::numeric_limits<double>::infinity();

const std::vector<Operator> all_operators{Softmax{},         Entmax{1.0001},   Entmax{1.2}, Entmax{1.5},
                                          Entmax{2},         Entmax{2.5},      Entmax{4},   KappaSoftmax{0.01},
                                          KappaSoftmax{0.3}, KappaSoftmax{0.9}};

Vector normal_energies(Eigen::Index keys, double scale, std::uint32_t member) {
  RandomStream random(11, member, "energies");
  Vector energies(keys);
  for (auto& energy : energies) energy = scale * random.normal();
  return energies;
}

Vector dirichlet_weights(Eigen::Index keys, std::uint32_t member) {
  RandomStream random(12, member, "weights");
  Vector weights(keys);
  for (auto& p : weights) p = -std::log(random.uniform());
  return weights / weights.sum();
}

// The weight functions p = φ(z - ν) as printed in the papers, in any arithmetic.
template <class T>
T weight(const Softmax&, T y) {
  using std::exp;
  return exp(y);
}
template <class T>
T weight(const Entmax& op, T y) {
  using std::pow;
  const T base = 1 + (T(op.alpha) - 1) * y;  // ν shifted by 1/(α-1): [(α-1) z - τ]_+
  return base > 0 ? T(pow(base, 1 / (T(op.alpha) - 1))) : T(0);
}
template <class T>
T weight(const KappaSoftmax& op, T y) {
  using std::pow, std::sqrt;
  const T kappa = op.kappa;
  return pow(sqrt(1 + kappa * kappa * y * y) + kappa * y, 1 / kappa);
}

// Equilibrium in 40 digits: plain bisection for ν, from those functions only.
std::vector<Real> equilibrium_exact(const Operator& op, const Vector& energies, Real temperature) {
  return std::visit(
      [&](const auto& kind) {
        std::vector<Real> z, p(energies.size());
        for (double energy : energies) z.push_back(-Real(energy) / temperature);
        Real low = *std::max_element(z.begin(), z.end()), high = low + 1e6;
        for (int i = 0; i < 140; ++i) {
          const Real middle = (low + high) / 2;
          Real total = 0;
          for (std::size_t k = 0; k < z.size(); ++k) total += p[k] = weight<Real>(kind, z[k] - middle);
          (total > 1 ? low : high) = middle;
        }
        return p;
      },
      op);
}

Real internal_energy_exact(const Operator& op, const Vector& energies, Real temperature) {
  Real total = 0;
  const auto p = equilibrium_exact(op, energies, temperature);
  for (Eigen::Index k = 0; k < energies.size(); ++k) total += p[k] * energies[k];
  return total;
}

// Karush–Kuhn–Tucker: z_i + s'(p_i) = μ on the support and ≤ μ off it. Returns the largest violation in units of T.
double kkt_violation(const Operator& op, const Vector& weights, const Vector& energies, double temperature) {
  const Vector level = entropy_gradient(op, weights).array() - (energies.array() - energies.minCoeff()) / temperature;
  double lowest = infinity, highest = -infinity, highest_off = -infinity;
  for (Eigen::Index k = 0; k < weights.size(); ++k) {
    if (weights[k] == 0) {
      highest_off = std::max(highest_off, level[k]);
    } else {
      lowest = std::min(lowest, level[k]);
      highest = std::max(highest, level[k]);
    }
  }
  return std::max(highest - lowest, highest_off - lowest);
}

}  // namespace

TEST_CASE("every operator satisfies the KKT conditions of U - T S") {
  for (const auto& op : all_operators) {
    for (std::uint32_t member = 0; member < 20; ++member) {
      const double temperature = std::pow(10.0, 0.2 * member - 2);
      const Vector energies = normal_energies(2 + 7 * member, 1, member);
      const Vector p = equilibrium(op, energies, temperature);
      CAPTURE(op.index(), member);
      CHECK(p.minCoeff() >= 0);
      CHECK(p.sum() == Approx(1).margin(4e-15));
      if (p.minCoeff() > 0 || op.index() == 1) CHECK(kkt_violation(op, p, energies, temperature) < 1e-12);
    }
  }
}

TEST_CASE("equilibria agree with bisection in 40 digits") {
  for (const auto& op : all_operators) {
    for (const double temperature : {0.05, 1.0, 30.0}) {
      const Vector energies = normal_energies(12, 2, 3);
      const Vector p = equilibrium(op, energies, temperature);
      const auto exact = equilibrium_exact(op, energies, temperature);
      CAPTURE(op.index(), temperature);
      for (Eigen::Index k = 0; k < p.size(); ++k) {
        CHECK(std::abs(p[k] - static_cast<double>(exact[k])) < 1e-14);
        if (op.index() != 1) CHECK(p[k] == Approx(static_cast<double>(exact[k])).epsilon(3e-14).margin(1e-300));
      }
    }
  }
}

TEST_CASE("no point of a shrinking grid on the simplex has lower free energy") {
  // Three keys, brute force: the simplex in (p_0, p_1), refined about the best point seen; F only, no derivatives.
  const Vector energies = (Vector(3) << 0.3, -0.5, 0.9).finished();
  for (const auto& op : all_operators) {
    Vector best = Vector::Constant(3, 1.0 / 3);
    for (double width = 0.5; width > 1e-7; width *= 0.7) {
      const Vector center = best;
      for (int a = -6; a <= 6; ++a) {
        for (int b = -6; b <= 6; ++b) {
          Vector p(3);
          p[0] = std::max(0.0, center[0] + a * width / 6);
          p[1] = std::max(0.0, center[1] + b * width / 6);
          p[2] = 1 - p[0] - p[1];
          if (p[2] >= 0 && free_energy(op, p, energies, 0.8) < free_energy(op, best, energies, 0.8)) best = p;
        }
      }
    }
    CAPTURE(op.index(), best.transpose());
    const Vector p = equilibrium(op, energies, 0.8);
    CHECK((best - p).norm() < 1e-6);
    CHECK(free_energy(op, p, energies, 0.8) <= free_energy(op, best, energies, 0.8) + 1e-14);
  }
}

TEST_CASE("two keys have closed forms") {
  for (const double gap : {0.0, 0.1, 0.7, 0.999, 1.5, 4.0}) {
    const Vector energies = (Vector(2) << 5.0, 5.0 + gap).finished();
    CAPTURE(gap);
    CHECK(equilibrium(Softmax{}, energies, 1)[0] == Approx(1 / (1 + std::exp(-gap))).epsilon(4e-15));
    CHECK(equilibrium(Entmax{2}, energies, 1)[0] == Approx(std::min(1.0, (1 + gap) / 2)).epsilon(4e-15));
    // α = 3/2: √p_0 - √p_1 = gap/2, so with √p = (cos, sin)(a): √2 cos(a + π/4) = gap/2.
    const double angle = gap < 2 ? std::acos(gap / 2 / std::sqrt(2.0)) - std::acos(-1.0) / 4 : 0;
    CHECK(equilibrium(Entmax{1.5}, energies, 1)[0] == Approx(std::pow(std::cos(angle), 2)).epsilon(1e-14));
    // α = 3: p_0² - p_1² = 2 gap, and p_0² - p_1² = p_0 - p_1.
    CHECK(equilibrium(Entmax{3}, energies, 1)[0] == Approx(std::min(1.0, 0.5 + gap)).epsilon(1e-14));
    // κ-softmax: ln_κ p_0 - ln_κ p_1 = gap.
    const Vector p = equilibrium(KappaSoftmax{0.5}, energies, 1);
    CHECK((std::sqrt(p[0]) - 1 / std::sqrt(p[0])) - (std::sqrt(p[1]) - 1 / std::sqrt(p[1])) ==
          Approx(gap).epsilon(1e-13).margin(1e-15));
  }
}

TEST_CASE("entmax drops the second of two keys at a gap of T/(α-1)") {
  for (const double alpha : {1.1, 1.5, 2.0, 2.7}) {
    const double threshold = 0.25 / (alpha - 1);  // T = 1/4
    const auto second = [&](double gap) {
      return equilibrium(Entmax{alpha}, (Vector(2) << 0, gap).finished(), 0.25)[1];
    };
    CAPTURE(alpha);
    CHECK(second(threshold * 0.99) > 0);
    CHECK(second(threshold * 1.0000001) == 0);
  }
}

TEST_CASE("entmax with α → 1 and κ-softmax with κ → 0 become the softmax at first and second order") {
  const Vector energies = normal_energies(10, 1, 5);
  const Vector softmax = equilibrium(Softmax{}, energies, 0.7);
  const auto error = [&](const Operator& op) { return (equilibrium(op, energies, 0.7) - softmax).norm(); };
  CHECK(std::log2(error(Entmax{1.002}) / error(Entmax{1.001})) == Approx(1).margin(0.02));
  CHECK(std::log2(error(KappaSoftmax{0.02}) / error(KappaSoftmax{0.01})) == Approx(2).margin(0.02));
  CHECK(error(Entmax{1 + 1e-14}) < 1e-13);
  CHECK(error(KappaSoftmax{1e-9}) < 1e-14);
  const Vector p = dirichlet_weights(10, 1);
  CHECK(entropy(Entmax{1 + 1e-13}, p) == Approx(entropy(Softmax{}, p)).epsilon(1e-12));
  CHECK(entropy(KappaSoftmax{1e-8}, p) == Approx(entropy(Softmax{}, p)).epsilon(1e-7));
}

TEST_CASE("entropies are the documented formulas, and their gradients and Hessians the derivatives") {
  const Vector p = dirichlet_weights(7, 2);
  double shannon = 0, tsallis = 0, kaniadakis = 0;
  for (double x : p) {
    shannon -= x * std::log(x);
    tsallis += (x - std::pow(x, 1.7)) / (1.7 * 0.7);
    kaniadakis += (std::pow(x, 0.6) / 0.6 - std::pow(x, 1.4) / 1.4) / 0.8 - x / (1 - 0.16);
  }
  CHECK(entropy(Softmax{}, p) == Approx(shannon).epsilon(1e-14));
  CHECK(entropy(Entmax{1.7}, p) == Approx(tsallis).epsilon(1e-13));
  CHECK(entropy(KappaSoftmax{0.4}, p) == Approx(kaniadakis).epsilon(1e-13));
  for (Eigen::Index k = 0; k < p.size(); ++k) {
    CHECK(entropy_gradient(Softmax{}, p)[k] == Approx(-std::log(p[k]) - 1));
    CHECK(entropy_gradient(Entmax{1.7}, p)[k] == Approx((1 - 1.7 * std::pow(p[k], 0.7)) / (1.7 * 0.7)));
    CHECK(entropy_gradient(KappaSoftmax{0.4}, p)[k] ==
          Approx(-(std::pow(p[k], 0.4) - std::pow(p[k], -0.4)) / 0.8 - 1 / (1 - 0.16)));
  }
  for (const auto& op : all_operators) {
    CAPTURE(op.index());
    CHECK(entropy(op, Vector::Unit(4, 2)) == Approx(0).margin(1e-16));
    for (Eigen::Index k = 0; k < p.size(); ++k) {
      const double step = 1e-6 * p[k];
      const Vector up = p + step * Vector::Unit(7, k), down = p - step * Vector::Unit(7, k);
      CHECK((entropy(op, up) - entropy(op, down)) / (2 * step) ==
            Approx(entropy_gradient(op, p)[k]).epsilon(1e-7).margin(1e-7));
      CHECK(-3 * (entropy_gradient(op, up)[k] - entropy_gradient(op, down)[k]) / (2 * step) ==
            Approx(free_energy_hessian(op, p, 3)[k]).epsilon(1e-7));
    }
  }
}

TEST_CASE("at p = 0 the gradient and the Hessian are the documented limits") {
  const Vector p = Vector::Unit(2, 0);
  CHECK(entropy_gradient(Softmax{}, p)[1] == infinity);
  CHECK(entropy_gradient(KappaSoftmax{0.5}, p)[1] == infinity);
  CHECK(entropy_gradient(Entmax{1.5}, p)[1] == Approx(1 / (1.5 * 0.5)));
  CHECK(free_energy_hessian(Softmax{}, p, 2)[1] == infinity);
  CHECK(free_energy_hessian(KappaSoftmax{0.5}, p, 2)[1] == infinity);
  CHECK(free_energy_hessian(Entmax{1.5}, p, 2)[1] == infinity);
  CHECK(free_energy_hessian(Entmax{2}, p, 2)[1] == 2);
  CHECK(free_energy_hessian(Entmax{3}, p, 2)[1] == 0);
}

TEST_CASE("permuting keys permutes weights, shifting energies or scaling them with T changes nothing") {
  for (const auto& op : all_operators) {
    const Vector energies = normal_energies(9, 1, 7);
    const Vector p = equilibrium(op, energies, 0.5);
    CAPTURE(op.index());
    CHECK((equilibrium(op, energies.reverse(), 0.5) - p.reverse()).norm() < 1e-15);
    CHECK((equilibrium(op, energies.array() + 1024, 0.5) - p).norm() < 1e-11);  // the shift itself rounds energies
    CHECK((equilibrium(op, 8 * energies, 4) - p).norm() < 1e-15);
  }
}

TEST_CASE("heat capacity is dU/dT of the 40-digit equilibrium") {
  const Vector energies = normal_energies(8, 1.5, 9);
  for (const auto& op : all_operators) {
    for (const double temperature : {0.2, 1.0, 5.0}) {
      const Real step = temperature * Real("1e-13");
      const Real difference = (internal_energy_exact(op, energies, temperature + step) -
                               internal_energy_exact(op, energies, temperature - step)) /
                              (2 * step);
      CAPTURE(op.index(), temperature);
      CHECK(heat_capacity(op, energies, temperature) ==
            Approx(static_cast<double>(difference)).epsilon(1e-12).margin(1e-20));
    }
  }
  const Vector p = equilibrium(Softmax{}, energies, 0.7);
  const double mean = p.dot(energies);
  const double variance = (p.array() * (energies.array() - mean).square()).sum();
  CHECK(heat_capacity(Softmax{}, energies, 0.7) == Approx(variance / (0.7 * 0.7)).epsilon(1e-13));
}

TEST_CASE("excess free energy is F(p) - F*, and vanishes quadratically without noise") {
  const double temperature = 0.6;
  const Vector energies = normal_energies(15, 1, 10);
  for (const auto& op : all_operators) {
    CAPTURE(op.index());
    const Vector best = equilibrium(op, energies, temperature);
    const double minimum = free_energy(op, best, energies, temperature);
    for (std::uint32_t member = 0; member < 20; ++member) {
      const Vector p = dirichlet_weights(15, member);
      CHECK(excess_free_energy(op, p, energies, temperature) ==
            Approx(free_energy(op, p, energies, temperature) - minimum).epsilon(1e-12).margin(1e-14));
    }
    const Vector corner = Vector::Unit(15, 4);
    CHECK(excess_free_energy(op, corner, energies, temperature) == Approx(energies[4] - minimum).epsilon(1e-12));
    // p = p* + εv within the support: excess = ε² Σ v²F''/2 + O(ε³), tested down to excesses of 1e-15.
    Eigen::Index first = 0, second = 0;
    best.maxCoeff(&first);
    Vector others = best;
    others[first] = 0;
    others.maxCoeff(&second);
    const double shift = 1e-7 * best[second];
    Vector near = best;
    near[first] += shift;
    near[second] -= shift;
    const Vector hessian = free_energy_hessian(op, best, temperature);
    const double expected = 0.5 * shift * shift * (hessian[first] + hessian[second]);
    CHECK(excess_free_energy(op, near, energies, temperature) == Approx(expected).epsilon(1e-6));
    CHECK(std::abs(excess_free_energy(op, best, energies, temperature)) < 1e-28);
  }
}

TEST_CASE("for the softmax the excess is T·KL, also where the softmax underflows") {
  const Vector energies = normal_energies(6, 1, 11), p = dirichlet_weights(6, 3);
  const Vector best = equilibrium(Softmax{}, energies, 0.9);
  double kl = 0;
  for (Eigen::Index k = 0; k < 6; ++k) kl += p[k] * std::log(p[k] / best[k]);
  CHECK(kl_divergence(p, best) == Approx(kl).epsilon(1e-14));
  CHECK(kl_to_equilibrium(p, energies, 0.9) == Approx(kl).epsilon(1e-14));
  CHECK(excess_free_energy(Softmax{}, p, energies, 0.9) == Approx(0.9 * kl).epsilon(1e-14));
  CHECK(kl_divergence(p, p) == 0);
  CHECK(kl_divergence(p, Vector::Unit(6, 1)) == infinity);
  CHECK(kl_divergence(Vector::Unit(6, 1), p) == Approx(-std::log(p[1])));
  const Vector frozen = (Vector(2) << 0, 1e5).finished();
  CHECK(kl_to_equilibrium(Vector::Unit(2, 1), frozen, 1) == Approx(1e5).epsilon(1e-15));
}

TEST_CASE("a single key and extreme energies are safe") {
  for (const auto& op : all_operators) {
    CAPTURE(op.index());
    const Vector single = Vector::Constant(1, -3e200);
    CHECK(equilibrium(op, single, 2)[0] == 1);
    CHECK(log_equilibrium(op, single, 2)[0] == 0);
    CHECK(heat_capacity(op, single, 2) == 0);
    CHECK(excess_free_energy(op, Vector::Ones(1), single, 2) == 0);
    for (const double scale : {1e5, 1e-5}) {
      const Vector energies = normal_energies(1000, scale, 13);
      const Vector p = equilibrium(op, energies, 1);
      CHECK(p.allFinite());
      CHECK(p.sum() == Approx(1).margin(1e-14));
      const Vector log_p = log_equilibrium(op, energies, 1);
      const bool representable = (log_p.array() > -700 || log_p.array() == -infinity).all();
      if (representable) CHECK(kkt_violation(op, p, energies, 1) < 1e-10 * std::max(1.0, scale));
      CHECK(std::isfinite(heat_capacity(op, energies, 1)));
      CHECK(std::isfinite(excess_free_energy(op, Vector::Constant(1000, 1e-3), energies, 1)));
    }
  }
  const Vector log_weights = log_equilibrium(Softmax{}, (Vector(2) << 0, 1e5).finished(), 1);
  CHECK(log_weights[0] == 0);  // -e^{-1e5}
  CHECK(log_weights[1] == -1e5);
  CHECK(log_equilibrium(Entmax{2}, (Vector(2) << 0, 3).finished(), 1)[1] == -infinity);
}

TEST_CASE("equal energies give the uniform distribution for any number of keys") {
  for (const auto& op : all_operators) {
    const Vector p = equilibrium(op, Vector::Constant(100000, 7.5), 0.3);
    CAPTURE(op.index());
    CHECK(p.maxCoeff() == Approx(1e-5).epsilon(1e-13));
    CHECK(p.minCoeff() == Approx(1e-5).epsilon(1e-13));
  }
}

TEST_CASE("bad arguments of operators name value and rule") {
  const Vector energies = Vector::Zero(3);
  using Catch::Contains;
  CHECK_THROWS_WITH(equilibrium(Softmax{}, energies, 0), Contains("temperature = 0") && Contains("> 0"));
  CHECK_THROWS_WITH(equilibrium(Entmax{1}, energies, 1), Contains("alpha = 1") && Contains("Softmax"));
  CHECK_THROWS_WITH(equilibrium(KappaSoftmax{1}, energies, 1), Contains("kappa = 1") && Contains("< 1"));
  CHECK_THROWS_WITH(equilibrium(Softmax{}, Vector(), 1), Contains("empty"));
  CHECK_THROWS_WITH(equilibrium(Softmax{}, (Vector(2) << 0, NAN).finished(), 1), Contains("energies[1] = nan"));
  CHECK_THROWS_WITH(free_energy(Softmax{}, Vector::Ones(2), energies, 1),
                    Contains("weights has 2 entries: must have 3"));
  CHECK_THROWS_AS(entropy(Entmax{0.5}, energies), std::invalid_argument);
}
