// How heads with and without rotary positions together break SO(d): degenerate perturbation theory.
#pragma once

#include <softmech/models/token_field.hpp>

namespace softmech {

/// Free-energy tokens with Q = K = 1, some heads with rotary positions of angles ω_a per token (0 off the planes), some
/// without, to leading order in ω. Unbroken, x_i = n for any unit vector n. A token's tangent displacement u_i costs
/// ½ uᵀL_N u in the heads without, and ½ Σ of the planes (u + pΩn)ᵀ L_R (u + pΩn) in those with, p_i = i, L the
/// Laplacians of the symmetric weights K(A + Aᵀ). Minimized over u the field is left with
///   V(n) = ½ κ Σ_a ω_a² |n_a|²,  κ = pᵀL_R p − pᵀL_R (L_R + L_N)⁺ L_R p,
/// so that n lies in the plane of the smallest ω, u_i = −φ_i Ωn with φ = (L_R + L_N)⁺L_R p turns it to a helix (of half
/// the rotary angles for two equal heads), and turning n towards plane b has the eigenvalue κ(ω_b² − ω_min²)/n of the
/// Hessian. κ = 0 if all heads turn, or none.
struct RopeBreaking {
  double stiffness = 0;        ///< κ
  Eigen::Index direction = 0;  ///< the first component of the plane that n lies in, or of those that are not turned
  Vector eigenvalues;          ///< the d − 1 of turning n, ascending
};

/// @throws std::invalid_argument unless the field is of free energies with Q = K = 1.
RopeBreaking rope_breaking(const TokenField& field);

}  // namespace softmech
