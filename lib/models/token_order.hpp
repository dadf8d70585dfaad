// Order parameters of a field of tokens, from positions and velocities alone.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

// Positions x: n × d, row i is the unit vector of token i, n ≥ 1.

/// R = |(1/n) Σ_i x_i|, in [0, 1]: 1 if all tokens coincide, of order n^{−1/2} if they are independent and uniform.
double order_parameter(const RowMatrixView& x);

/// S = (d λ − 1)/(d − 1) with λ the largest eigenvalue of (1/n) Σ_i x_i x_iᵀ (d ≥ 2), in [0, 1]: 1 if all tokens lie on
/// one axis, whatever their signs; 0 if no axis is preferred. For d = 1 there is one axis only: 1.
double nematic_order(const RowMatrixView& x);

/// The mean of 1 − x_i·x_j over pairs i ≠ j, computed as Σ_i |x_i − x̄|²/(n − 1): it keeps its relative accuracy while a
/// cluster contracts, where 1 − mean_cosine has lost its digits. In [0, n/(n − 1)]; 0 for n = 1.
double cosine_deficit(const RowMatrixView& x);

/// The mean of x_i·x_j over pairs i ≠ j, 1 − cosine_deficit; 1 for n = 1.
double mean_cosine(const RowMatrixView& x);

/// Density of the cosines x_i·x_j of all pairs i < j, in `bins` equal bins of [−1, 1]: Σ density · 2/bins = 1. All
/// zeros for n = 1, where there is no pair. O(n²d) time, O(n · block) memory.
/// @throws std::invalid_argument unless bins ≥ 1.
Vector cosine_density(const RowMatrixView& x, Eigen::Index bins);

/// Participation ratio (Σλ)²/Σλ² of the spectrum λ of the Gram matrix x xᵀ, in [1, min(n, d)]: the effective number of
/// directions that the tokens span. From the smaller one of x xᵀ and xᵀx.
double gram_participation(const RowMatrixView& x);

/// Total angular momentum L = m Σ_i x_i ∧ v_i, the antisymmetric d × d matrix L_ab = m Σ_i (x_ia v_ib − x_ib v_ia).
/// With momenta in place of velocities (and m = 1) it is Σ_i x_i ∧ p_i, for a mass that is not a number.
Matrix angular_momentum(const RowMatrixView& x, const RowMatrixView& v, double mass = 1);

/// √(Σ_{a<b} L_ab²) of an antisymmetric matrix; |x × p| in d = 3.
double angular_momentum_norm(const MatrixView& tensor);

}  // namespace softmech
