// An attention operator on many short rows: forward and backward, of either precision, without allocations.
#pragma once

#include <softmech/attention/operators.hpp>

#include <span>

namespace softmech {

/// p = op(z) of one row of scores z = -E/T: `equilibrium` of E at T. Entries of z finite; a row with NaN gives NaN.
template <class Scalar>
void attention_weights(const Operator& op, std::span<const Scalar> scores, std::span<Scalar> weights);

/// Turns `gradient` = ∂L/∂p into ∂L/∂z in place, given p = op(z):
/// ∂L/∂z_i = w_i (∂L/∂p_i - Σ_j w_j ∂L/∂p_j / W), w_i = φ'(z_i - ν) = -1/s''(p_i), W = Σ w_j. The Jacobian
/// diag(w) - w wᵀ/W is symmetric, so the same function pushes dz forward to dp.
template <class Scalar>
void attention_weights_backward(const Operator& op, std::span<const Scalar> weights, std::span<Scalar> gradient);

}  // namespace softmech
