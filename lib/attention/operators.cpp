#include "softmech/attention/operators.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <vector>

#include "softmech/attention/require.hpp"
#include "softmech/attention/summation.hpp"

namespace softmech {
namespace {

using Eigen::Index;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

// ---- The Tsallis family s_α makes all three entropies: softmax is α = 1, κ-softmax the mean of 1 ± κ ----

// ln_α p = (p^{α-1} - 1)/(α-1), → ln p at α = 1.
double tsallis_log(double alpha, double log_p) {
  return alpha == 1 ? log_p : std::expm1((alpha - 1) * log_p) / (alpha - 1);
}

// s(p) = -p ln_α(p)/α.
double tsallis_entropy(double alpha, double p) { return p > 0 ? -p * tsallis_log(alpha, std::log(p)) / alpha : 0; }

// s'(p) = -1/α - ln_α p.
double tsallis_slope(double alpha, double p) { return -1 / alpha - tsallis_log(alpha, std::log(p)); }

// s(q) - s(p) + s'(q)(p - q) = ∫_q^p (p - t) t^{α-2} dt ≥ 0, for any α > 0. With r = ln(p/q) it is
// q^α ∫_0^r e^{αu} (e^{r-u} - 1) du, whose integrand keeps one sign: integrated so where the closed form would cancel.
// ln q is asked for beside q because q may underflow.
double tsallis_divergence(double alpha, double p, double q, double log_q) {
  if (p == 0) return std::exp(alpha * log_q) / alpha;
  const double distance = (p - q) / q;
  const double log_ratio = std::abs(distance) < 0.5 ? std::log1p(distance) : std::log(p) - log_q;
  if (std::abs(log_ratio) * (1 + alpha) < 1) {
    const auto integrand = [=](double u) { return std::exp(alpha * u) * std::expm1(log_ratio - u); };
    return std::exp(alpha * log_q) * boost::math::quadrature::gauss<double, 10>::integrate(integrand, 0.0, log_ratio);
  }
  if (alpha == 1) return p * log_ratio - (p - q);
  const double power = alpha - 1;
  const double q_power = std::exp(power * log_q);
  const double difference = log_ratio < 0 ? q_power * std::expm1(power * log_ratio)
                                          : -std::pow(p, power) * std::expm1(-power * log_ratio);  // p^{α-1} - q^{α-1}
  return (p * difference / power - q_power * (p - q)) / alpha;
}

// ---- What each operator states: ranges, s, s', -s'', divergence, and its weights as functions of ln p_max ----
// log_weight: ln p of a key at x = (E_min - E)/T ≤ 0 when the key of lowest energy has ln p = log_max.
// softness:   d ln p/dz = φ'/φ = -1/(p s''(p)), given ln p.
// slack:      λ/T of a key outside the support.

void require_operator(const Softmax&) {}
double entropy_term(const Softmax&, double p) { return tsallis_entropy(1, p); }
double entropy_slope(const Softmax&, double p) { return tsallis_slope(1, p); }
double curvature(const Softmax&, double p) { return 1 / p; }
double divergence(const Softmax&, double p, double q, double log_q) { return tsallis_divergence(1, p, q, log_q); }
double softness(const Softmax&, double) { return 1; }
double slack(const Softmax&, double, double) { return 0; }

void require_operator(const Entmax& op) {
  if (std::isfinite(op.alpha) && op.alpha > 1) return;
  throw std::invalid_argument(fmt::format("alpha = {}: must be finite and > 1; use Softmax for alpha = 1", op.alpha));
}
double entropy_term(const Entmax& op, double p) { return tsallis_entropy(op.alpha, p); }
double entropy_slope(const Entmax& op, double p) { return tsallis_slope(op.alpha, p); }
double curvature(const Entmax& op, double p) { return std::pow(p, op.alpha - 2); }
double divergence(const Entmax& op, double p, double q, double log_q) {
  return tsallis_divergence(op.alpha, p, q, log_q);
}
// p^{α-1} = p_max^{α-1} + (α-1)x, written relative to p_max: accurate for α → 1 and for large α.
double log_weight(const Entmax& op, double log_max, double x) {
  const double power = op.alpha - 1;
  if (x == 0) return log_max;
  const double relative = power * x * std::exp(-power * log_max);
  return relative > -1 ? log_max + std::log1p(relative) / power : -infinity;
}
double softness(const Entmax& op, double log_p) { return std::exp((1 - op.alpha) * log_p); }
double slack(const Entmax& op, double log_max, double x) {
  return -x - std::exp((op.alpha - 1) * log_max) / (op.alpha - 1);
}

void require_operator(const KappaSoftmax& op) {
  if (op.kappa > 0 && op.kappa < 1) return;
  throw std::invalid_argument(fmt::format("kappa = {}: must be > 0 and < 1; use Softmax for kappa = 0", op.kappa));
}
double entropy_term(const KappaSoftmax& op, double p) {
  return 0.5 * (tsallis_entropy(1 + op.kappa, p) + tsallis_entropy(1 - op.kappa, p));
}
double entropy_slope(const KappaSoftmax& op, double p) {
  return 0.5 * (tsallis_slope(1 + op.kappa, p) + tsallis_slope(1 - op.kappa, p));
}
double curvature(const KappaSoftmax& op, double p) {
  return 0.5 * (std::pow(p, op.kappa - 1) + std::pow(p, -op.kappa - 1));
}
double divergence(const KappaSoftmax& op, double p, double q, double log_q) {
  return 0.5 * (tsallis_divergence(1 + op.kappa, p, q, log_q) + tsallis_divergence(1 - op.kappa, p, q, log_q));
}
// ln_κ p = sinh(κ ln p)/κ, so exp_κ(x) = e^{asinh(κx)/κ}.
double log_weight(const KappaSoftmax& op, double log_max, double x) {
  return x == 0 ? log_max : std::asinh(op.kappa * x + std::sinh(op.kappa * log_max)) / op.kappa;
}
double softness(const KappaSoftmax& op, double log_p) { return 1 / std::cosh(op.kappa * log_p); }
double slack(const KappaSoftmax&, double, double) { return 0; }

// ---- Equilibria ----

struct Equilibrium {
  Vector log_weights;
  Vector weights;
  double log_max = 0;  // ln p of the key of lowest energy
};

// x_i = (E_min - E_i)/T ≤ 0: the only way in which energies enter.
Vector depths_below_best(VectorView energies, double temperature) {
  require_temperature(temperature);
  require_energies(energies);
  return (energies.minCoeff() - energies.array()) / temperature;
}

Equilibrium solve(const Softmax&, const Vector& x) {
  Index best = 0;
  x.maxCoeff(&best);
  Equilibrium result{{}, x.array().exp(), 0};
  const double excess =
      pairwise_sum(0, x.size(), [&](Index key) { return key == best ? 0.0 : result.weights[key]; });  // Z - 1
  result.weights /= 1 + excess;
  result.log_max = -std::log1p(excess);
  result.log_weights = x.array() + result.log_max;
  return result;
}

double sum(const Vector& values) {
  return pairwise_sum(0, values.size(), [&](Index key) { return values[key]; });
}

template <class Op>
double fill_weights(const Op& op, const Vector& x, double log_max, Equilibrium& result) {
  result.log_max = log_max;
  for (Index key = 0; key < x.size(); ++key) {
    result.log_weights[key] = log_weight(op, log_max, x[key]);
    result.weights[key] = std::exp(result.log_weights[key]);
  }
  return sum(result.weights);
}

// Newton's method for ln Σ_i p_i(ℓ) = 0 in ℓ = ln p_max, which lies in [-ln n, 0]; exact in one step for the softmax.
// Bisection whenever a step leaves the bracket, and every fourth time. If ℓ and its neighbour enclose the root and the
// sum still is not 1 (a key at the edge of the support, α > 2), the weights of the two are mixed so that it is.
template <class Op>
Equilibrium solve_by_newton(const Op& op, const Vector& x) {
  Equilibrium result{Vector(x.size()), Vector(x.size()), 0};
  double low = -std::log(static_cast<double>(x.size())) * (1 + 4 * epsilon), high = 0, log_max = 0;
  for (int iteration = 1;; ++iteration) {
    const double total = fill_weights(op, x, log_max, result);
    if (std::abs(total - 1) <= 8 * epsilon * (1 + std::abs(log_max))) {
      result.weights /= total;
      return result;
    }
    (total > 1 ? high : low) = log_max;
    if (std::nextafter(low, infinity) >= high) break;
    const double slope = pairwise_sum(0, x.size(), [&](Index key) {
      return result.weights[key] > 0 ? result.weights[key] * softness(op, result.log_weights[key]) : 0;
    });
    const double newton = log_max - std::log(total) * total * softness(op, log_max) / slope;
    const bool inside = newton > low && newton < high;  // false for NaN
    log_max = inside && iteration % 4 != 0 ? newton : 0.5 * (low + high);
  }
  Equilibrium above = result;
  const double total_above = fill_weights(op, x, high, above);
  const double total_below = fill_weights(op, x, low, result);
  const double share = std::clamp((1 - total_below) / (total_above - total_below), 0.0, 1.0);
  result.weights += share * (above.weights - result.weights);
  result.log_weights = result.weights.array().log();
  return result;
}

// Sparsemax, p_i = [x_i - τ]_+: τ from the k largest x with 1 + k x_(k) > Σ_{j≤k} x_(j)
// (Martins & Astudillo 2016, Alg. 1).
Equilibrium solve_sparsemax(const Vector& x) {
  std::vector<double> candidates;
  std::copy_if(x.begin(), x.end(), std::back_inserter(candidates), [](double value) { return value > -1; });
  std::sort(candidates.begin(), candidates.end(), std::greater<>());
  double partial = 0, threshold = -1, support = 1;
  for (std::size_t k = 0; k < candidates.size(); ++k) {
    partial += candidates[k];
    const auto count = static_cast<double>(k + 1);
    if (1 + count * candidates[k] <= partial) break;
    threshold = (partial - 1) / count;
    support = count;
  }
  // The running sum of many keys has lost digits: correct τ once by the pairwise sum of the weights.
  threshold += (sum((x.array() - threshold).cwiseMax(0)) - 1) / support;
  Equilibrium result{{}, (x.array() - threshold).cwiseMax(0), 0};
  result.log_weights = result.weights.array().log();
  result.log_max = std::log(result.weights.maxCoeff());
  return result;
}

Equilibrium solve(const Entmax& op, const Vector& x) {
  return op.alpha == 2 ? solve_sparsemax(x) : solve_by_newton(op, x);
}

Equilibrium solve(const KappaSoftmax& op, const Vector& x) { return solve_by_newton(op, x); }

void require_weights(VectorView weights, VectorView energies) {
  require_size("weights", weights.size(), "energies", energies.size());
}

}  // namespace

Vector equilibrium(const Operator& op, VectorView energies, double temperature) {
  return std::visit(
      [&](const auto& kind) {
        require_operator(kind);
        return Vector(solve(kind, depths_below_best(energies, temperature)).weights);
      },
      op);
}

Vector log_equilibrium(const Operator& op, VectorView energies, double temperature) {
  return std::visit(
      [&](const auto& kind) {
        require_operator(kind);
        return Vector(solve(kind, depths_below_best(energies, temperature)).log_weights);
      },
      op);
}

double entropy(const Operator& op, VectorView weights) {
  return std::visit(
      [&](const auto& kind) {
        require_operator(kind);
        return pairwise_sum(0, weights.size(), [&](Index key) { return entropy_term(kind, weights[key]); });
      },
      op);
}

Vector entropy_gradient(const Operator& op, VectorView weights) {
  return std::visit(
      [&](const auto& kind) -> Vector {
        require_operator(kind);
        return weights.unaryExpr([&](double p) { return entropy_slope(kind, p); });
      },
      op);
}

double free_energy(const Operator& op, VectorView weights, VectorView energies, double temperature) {
  require_temperature(temperature);
  require_weights(weights, energies);
  const double internal_energy =
      pairwise_sum(0, weights.size(), [&](Index key) { return weights[key] * energies[key]; });
  return internal_energy - temperature * entropy(op, weights);
}

Vector free_energy_hessian(const Operator& op, VectorView weights, double temperature) {
  require_temperature(temperature);
  return std::visit(
      [&](const auto& kind) -> Vector {
        require_operator(kind);
        return weights.unaryExpr([&](double p) { return temperature * curvature(kind, p); });
      },
      op);
}

double excess_free_energy(const Operator& op, VectorView weights, VectorView energies, double temperature) {
  require_weights(weights, energies);
  return std::visit(
      [&](const auto& kind) {
        require_operator(kind);
        const Vector x = depths_below_best(energies, temperature);
        const Equilibrium best = solve(kind, x);
        return temperature * pairwise_sum(0, x.size(), [&](Index key) {
                 const double p = weights[key];
                 const double outside =
                     best.log_weights[key] == -infinity ? std::max(0.0, slack(kind, best.log_max, x[key])) : 0;
                 return divergence(kind, p, best.weights[key], best.log_weights[key]) + p * outside;
               });
      },
      op);
}

double kl_divergence(VectorView p, VectorView q) {
  require_size("q", q.size(), "p", p.size());
  return pairwise_sum(0, p.size(), [&](Index key) { return tsallis_divergence(1, p[key], q[key], std::log(q[key])); });
}

double kl_to_equilibrium(VectorView weights, VectorView energies, double temperature) {
  return excess_free_energy(Softmax{}, weights, energies, temperature) / temperature;
}

double heat_capacity(const Operator& op, VectorView energies, double temperature) {
  return std::visit(
      [&](const auto& kind) {
        require_operator(kind);
        const Vector x = depths_below_best(energies, temperature);
        const Equilibrium state = solve(kind, x);
        const auto response = [&](Index key) {  // w_i
          return state.weights[key] > 0 ? state.weights[key] * softness(kind, state.log_weights[key]) : 0;
        };
        const double total = pairwise_sum(0, x.size(), response);
        const double mean = pairwise_sum(0, x.size(), [&](Index key) { return response(key) * x[key]; }) / total;
        return pairwise_sum(0, x.size(), [&](Index key) {
          const double deviation = x[key] - mean;
          return response(key) * deviation * deviation;
        });
      },
      op);
}

}  // namespace softmech
