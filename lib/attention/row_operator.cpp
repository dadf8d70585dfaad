#include <softmech/attention/row_operator.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <type_traits>

namespace softmech {
namespace {

template <class Scalar>
void normalize(std::span<Scalar> weights) {
  Scalar total = 0;
  for (const Scalar weight : weights) total += weight;
  for (Scalar& weight : weights) weight /= total;
}

template <class Scalar>
void fill_weights(const Softmax&, std::span<const Scalar> scores, Scalar best, std::span<Scalar> weights) {
  for (std::size_t key = 0; key < scores.size(); ++key) weights[key] = std::exp(scores[key] - best);
}

// ---- Entmax and κ-softmax: p_i = φ(x_i + u), x_i = z_i - max z ≤ 0, with the offset u that makes Σ p_i = 1 ----
// In double precision whatever the scalar: φ amplifies the rounding of u.

// φ(y) = [1 + (α-1) y]_+^{1/(α-1)}.
double weight(const Entmax& op, double y) {
  const double power = op.alpha - 1, scaled = power * y;
  return scaled > -1 ? std::exp(std::log1p(scaled) / power) : scaled <= -1 ? 0 : scaled;  // the last is NaN
}
// w = φ' = p^{2-α} = p/(1 + (α-1) y).
double slope(const Entmax& op, double p) { return p > 0 ? std::pow(p, 2 - op.alpha) : 0; }
double slope_at(const Entmax& op, double y, double p) { return p > 0 ? p / (1 + (op.alpha - 1) * y) : 0; }
// u of a row of equal scores, the smallest possible: ln_α(1/n).
double least_offset(const Entmax& op, double keys) {
  return std::expm1((1 - op.alpha) * std::log(keys)) / (op.alpha - 1);
}

// φ(y) = exp_κ(y) = e^{asinh(κy)/κ}.
double weight(const KappaSoftmax& op, double y) { return std::exp(std::asinh(op.kappa * y) / op.kappa); }
// w = φ' = 2p/(p^κ + p^{-κ}) = p/√(1 + κ²y²).
double slope(const KappaSoftmax& op, double p) { return p > 0 ? p / std::cosh(op.kappa * std::log(p)) : 0; }
double slope_at(const KappaSoftmax& op, double y, double p) { return p / std::sqrt(1 + op.kappa * op.kappa * y * y); }
double least_offset(const KappaSoftmax& op, double keys) { return -std::sinh(op.kappa * std::log(keys)) / op.kappa; }

// Newton's method for Σ φ(x_i + u) = 1 from u = 0, where the sum is ≥ 1. φ is convex (α ≤ 2; any κ), so u falls
// monotonically until the sum is 1 to round-off, which the caller's division removes.
template <class Op, class Scalar>
double offset_by_newton(const Op& op, std::span<const Scalar> scores, double best) {
  const double least = least_offset(op, static_cast<double>(scores.size()));
  double offset = 0;
  while (true) {
    double excess = -1, total_slope = 0;
    for (const Scalar score : scores) {
      const double y = (static_cast<double>(score) - best) + offset, p = weight(op, y);
      excess += p;
      total_slope += slope_at(op, y, p);
    }
    const double next = std::max(least, offset - excess / total_slope);
    if (!(excess > std::numeric_limits<double>::epsilon()) || !(next < offset)) return offset;
    offset = next;
  }
}

template <class Op, class Scalar>
void fill_by_newton(const Op& op, std::span<const Scalar> scores, Scalar best, std::span<Scalar> weights) {
  const double offset = offset_by_newton(op, scores, best);
  for (std::size_t key = 0; key < scores.size(); ++key) {
    weights[key] = static_cast<Scalar>(weight(op, (static_cast<double>(scores[key]) - best) + offset));
  }
}

// α > 2: φ(y) = [(α-1) y]_+^{1/(α-1)} is concave and infinitely steep at the edge of the support. Bisection of ln u;
// if neighbouring numbers u enclose the root, the weights of the two are mixed so that their sum is 1.
template <class Scalar>
void fill_by_bisection(const Entmax& op, std::span<const Scalar> scores, Scalar best, std::span<Scalar> weights) {
  const double power = op.alpha - 1;
  const auto weight = [&](Scalar score, double offset) {
    const double scaled = power * ((static_cast<double>(score) - best) + offset);
    return scaled > 0 ? std::pow(scaled, 1 / power) : scaled <= 0 ? 0 : scaled;
  };
  const auto total = [&](double offset) {
    double sum = 0;
    for (const Scalar score : scores) sum += weight(score, offset);
    return sum;
  };
  double high = 1 / power, low = high * std::pow(static_cast<double>(scores.size()), -power) / 2;
  for (double middle; (middle = std::sqrt(low) * std::sqrt(high)) > low && middle < high;) {
    (total(middle) > 1 ? high : low) = middle;
  }
  const double below = total(low), above = total(high);
  const double share = above > below ? std::clamp((1 - below) / (above - below), 0.0, 1.0) : 0;
  for (std::size_t key = 0; key < scores.size(); ++key) {
    weights[key] = static_cast<Scalar>((1 - share) * weight(scores[key], low) + share * weight(scores[key], high));
  }
}

template <class Scalar>
void fill_weights(const Entmax& op, std::span<const Scalar> scores, Scalar best, std::span<Scalar> weights) {
  if (op.alpha > 2) return fill_by_bisection(op, scores, best, weights);
  fill_by_newton(op, scores, best, weights);
}

template <class Scalar>
void fill_weights(const KappaSoftmax& op, std::span<const Scalar> scores, Scalar best, std::span<Scalar> weights) {
  fill_by_newton(op, scores, best, weights);
}

}  // namespace

template <class Scalar>
void attention_weights(const Operator& op, std::span<const Scalar> scores, std::span<Scalar> weights) {
  const Scalar best = *std::max_element(scores.begin(), scores.end());
  std::visit([&](const auto& kind) { fill_weights(kind, scores, best, weights); }, op);
  normalize(weights);
}

template <class Scalar>
void attention_weights_backward(const Operator& op, std::span<const Scalar> weights, std::span<Scalar> gradient) {
  std::visit(
      [&](const auto& kind) {
        const auto response = [&](Scalar p) {
          if constexpr (std::is_same_v<std::decay_t<decltype(kind)>, Softmax>) {
            return p;
          } else {
            return slope(kind, static_cast<double>(p));
          }
        };
        decltype(response(Scalar{})) total = 0, mean = 0;
        for (std::size_t key = 0; key < weights.size(); ++key) {
          total += response(weights[key]);
          mean += response(weights[key]) * gradient[key];
        }
        mean /= total;
        for (std::size_t key = 0; key < weights.size(); ++key) {
          gradient[key] = static_cast<Scalar>(response(weights[key]) * (gradient[key] - mean));
        }
      },
      op);
}

template void attention_weights(const Operator&, std::span<const float>, std::span<float>);
template void attention_weights(const Operator&, std::span<const double>, std::span<double>);
template void attention_weights_backward(const Operator&, std::span<const float>, std::span<float>);
template void attention_weights_backward(const Operator&, std::span<const double>, std::span<double>);

}  // namespace softmech
