// Rotors as a Lagrangian system: coupled phases that move.
#pragma once

#include <softmech/geometry/flat_space.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/models/rotor_field.hpp>
#include <softmech/models/rotor_settings.hpp>

#include <memory>
#include <optional>

namespace softmech {

/// N phases θ, unwrapped, in flat space, with L = Σ (m/2) θ̇_i² − V and φ_i = θ_i − Ω x_i, x_i the column of rotor i:
///   V = ½ Σ_{i≠j} J_ij (1 − cos(φ_i − φ_j)) + h Σ_i (1 − cos θ_i),
/// and for "softmax", over the j ≠ i with J_ij > 0 (scores are never < 0; 0 masks the pair),
///   V = −(1/β_a) Σ_i ln[Σ_j e^{β_a J_ij cos(φ_i − φ_j)} / Σ_j e^{β_a J_ij}] + h Σ_i (1 − cos θ_i)
/// (docs/theory.md, section 9). V counts from the helix φ_i = const, which is at rest if h = 0; without a field V is
/// the same for all global turns θ_i → θ_i + const.
///
/// A LagrangianSystem with a Hessian: all steppers take it through lagrangian_flow and gradient_flow. An object serves
/// one thread at a time: it keeps buffers, so that forces allocate nothing. A force costs O(N) for "all" and where the
/// bonds of a rotor are few, O(N log N) for other ranges, O(N²) for a table of all pairs; for "softmax" O(N) per bond.
class RotorSystem {
 public:
  /// How V and its derivatives are computed; `reference`: plain sums over all pairs, O(N²), N ≤ 4096.
  enum class Method { fast, reference };

  /// Reads the file, if there is one. Throws std::invalid_argument for numbers in it that are not finite and scores of
  /// "softmax" < 0, and for what RotorSettings::check refuses.
  explicit RotorSystem(const RotorSettings& settings, Method method = Method::fast,
                       InstructionSet instructions = best_instruction_set());
  ~RotorSystem();
  RotorSystem(RotorSystem&&) noexcept;

  const FlatSpace& manifold() const { return space_; }
  double mass() const { return settings_.mass; }
  /// Γ of the motion that the settings name: 0 if microcanonical.
  double friction() const { return settings_.friction_of_motion(); }
  const RotorSettings& settings() const { return settings_; }
  Eigen::Index rotors() const { return space_.dimension(); }

  double potential(const VectorView& phases) const;
  void gradient(const VectorView& phases, Eigen::Ref<Vector> out) const;
  /// −gradient, at once: what the steppers ask for.
  void force(const VectorView& phases, Eigen::Ref<Vector> out) const;
  /// Σ_i ∂²V/∂θ_i²; T = ⟨|∇V|²⟩/⟨∇²V⟩ in equilibrium (the configurational temperature).
  double laplacian(const VectorView& phases) const;
  /// ∂²V/∂θ_i∂θ_j, N × N, exact.
  Matrix hessian(const VectorView& phases) const;

  /// Energy V/N, field included, and the response to a twist of φ per site along a side of the lattice, by θ_i − θ_j →
  /// θ_i − θ_j − φ(x_i − x_j). NaN for that where it is not defined: all to all, image sums with alpha ≤ 3.
  RotorInteraction measure(const VectorView& phases) const;
  /// (Σ cos θ_i, Σ sin θ_i)/N.
  Eigen::Vector2d magnetization(const VectorView& phases) const;
  /// The same of the phases φ in the frame of the twist: what orders if Ω ≠ 0.
  Eigen::Vector2d helical_magnetization(const VectorView& phases) const;

  /// Ω x_i: the helix, the ground state if h = 0 and no J_ij < 0.
  const Vector& helix() const { return helix_; }
  /// J_ij, N × N.
  Matrix couplings() const;
  /// J by displacements; nothing for a table of all pairs.
  std::optional<RotorCoupling> coupling() const;

 private:
  struct Core;

  RotorSettings settings_;
  FlatSpace space_;
  Vector helix_;
  std::unique_ptr<Core> core_;
};

}  // namespace softmech
