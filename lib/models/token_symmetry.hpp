// The continuous symmetries of a token field, and how many of them a state breaks.
#pragma once

#include <softmech/models/token_field.hpp>

#include <vector>

namespace softmech {

/// A one-parameter group of rotations that the field does not feel: x_i → e^{sX} x_i, or in the frame that turns with
/// the rotary positions, x_i → R_i^{-1} e^{sX} R_i x_i.
struct TokenGenerator {
  Matrix rotation;  ///< X, d × d, antisymmetric
  bool turns = false;
};

/// The symmetry algebra of a field: all X that commute with every matrix that the field has between two tokens,
/// Q^T R_{j−i} K and (sa, usa) V, and fix the mean of centered tokens. SO(d) for Q = K = V = 1; with rotary positions
/// in every head the rotations that commute with them, SO(2)^{d/2}, and where forces are gradients of free energies and
/// Q = K = 1 all of SO(d) in the turning frame: there RoPE hides the symmetry and does not break it, only heads with
/// and without it together do. None with an MLP. Matrices are compared to 1e-12.
std::vector<TokenGenerator> symmetry_generators(const TokenField& field);

/// dim G/H, the dimension of the orbit of x under the symmetries: the rank of the generators applied to x, singular
/// values below 1e-4 of the largest counting as 0. As many zero modes has a state at rest.
Eigen::Index broken_generators(const TokenField& field, const VectorView& x);

}  // namespace softmech
