// Tokens whose mass is the Fisher metric of their own attention rows.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

struct FisherMassSettings {
  Eigen::Index tokens = 2;      ///< n ≥ 1
  Eigen::Index dim = 2;         ///< d ≥ 2
  double beta = 1;              ///< β ≥ 0
  double mass = 1;              ///< m > 0
  double friction = 0;          ///< γ ≥ 0
  double regularization = 0.1;  ///< ε > 0: the mass of a token whose row cannot change
};

/// Inertial motion of n tokens on the sphere, |x_i| = 1, in which moving a query costs what it changes its row of
/// attention (Q = K = 1, A_ij = softmax_j(β x_i·x_j) over all j, keys k_j = x_j):
///   L = (m/2) Σ_i v_iᵀ G_i v_i − V(x),  G_i = ε 1 + β² Cov_{A_i}(k),
/// where β² Cov is the Fisher metric of row i pulled back to its query with the keys held fixed (docs/theory.md,
/// section 1), with Rayleigh dissipation (γ/2) Σ_i v_iᵀ G_i v_i. The keys do move, so that G_i changes with all tokens:
///   m G_i a_i + m Ġ_i v_i = ∂_{x_i}[(m/2) Σ_l v_lᵀ G_l v_l] + force_i + λ_i x_i − γ G_i v_i,  x_i·a_i = −|v_i|².
/// If rotations leave V as it is, Σ_i x_i ∧ (m G_i v_i) decays as e^{−γt/m}; without friction it and the energy are
/// conserved.
///
/// Vectors have n·d numbers, token by token (component c of token i at i·d + c). The velocity is tangent. Time O(n²d² +
/// nd³), memory O(n(n + d)): a reference, not a kernel.
class FisherMass {
 public:
  /// @throws std::invalid_argument if a setting is out of its range.
  explicit FisherMass(const FisherMassSettings& settings);

  const FisherMassSettings& settings() const { return settings_; }

  /// G_i, d × d, symmetric, its eigenvalues at least ε.
  Matrix metric(const VectorView& x, Eigen::Index token) const;
  /// p_i = m G_i v_i. Its component along x_i, which the sphere holds, is left in.
  void momentum(const VectorView& x, const VectorView& v, Eigen::Ref<Vector> out) const;
  /// (m/2) Σ_i v_iᵀ G_i v_i.
  double kinetic_energy(const VectorView& x, const VectorView& v) const;
  /// The energy that friction takes per unit of depth, γ Σ_i v_iᵀ G_i v_i.
  double dissipated_power(const VectorView& x, const VectorView& v) const;
  /// a = v̇ in ambient coordinates, normal part −|v_i|² x_i included; `force` is −∇V (its part along x_i has no effect).
  void acceleration(const VectorView& x, const VectorView& v, const VectorView& force, Eigen::Ref<Vector> out) const;

 private:
  struct Rows;
  Rows rows(const VectorView& x, const VectorView& v) const;

  FisherMassSettings settings_;
};

}  // namespace softmech
