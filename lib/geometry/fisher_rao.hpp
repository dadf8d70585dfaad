// Fisher–Rao distances between attention rows, one at a time and in batches.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// Fisher–Rao distance between two rows of weights, in [0, π]:
/// d(p, q) = 2 arccos Σ√(p_i q_i) = 4 arcsin(½ |√p − √q|), with √p − √q = (p − q)/(√p + √q) so that nearly equal rows
/// keep full relative accuracy. Weights may be 0; rows must sum to 1, which is not checked; a negative weight gives
/// NaN.
double fisher_rao_distance(const VectorView& p, const VectorView& q);

/// Distance between row r of p and row r of q, for every r; both rows × keys. Vectorized; agrees with
/// fisher_rao_distance to a few units of rounding. Throws std::invalid_argument if the shapes differ.
Vector fisher_rao_distances(const RowMatrixView& p, const RowMatrixView& q);

/// Distance between one reference row and every row of q (rows × keys).
Vector fisher_rao_distances_from(const VectorView& reference, const RowMatrixView& q);

}  // namespace softmech
