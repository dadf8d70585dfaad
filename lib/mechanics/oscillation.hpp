// Frequencies of sampled oscillations.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// The angular frequency of each row of displacements from an equilibrium, sampled at equal spacing h. A harmonic
/// oscillation obeys 2u_k − u_{k+1} − u_{k−1} = 4 sin²(ωh/2) u_k; least squares over k gives
///   sin²(ωh/2) = Σ u_k (2u_k − u_{k+1} − u_{k−1}) / 4 Σ u_k²,  0 < ωh < π.
/// Anharmonic terms enter at the square of the amplitude when the samples span whole periods.
/// @throws std::invalid_argument unless there are at least three samples, h > 0 and every row oscillates.
Vector oscillation_frequencies(const MatrixView& displacements, double spacing);

}  // namespace softmech
