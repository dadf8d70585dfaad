// What a Lagrangian system states, and everything that follows from it.
#pragma once

#include <softmech/geometry/manifold.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/mechanics/state.hpp>

#include <concepts>

namespace softmech {

/// A natural Lagrangian system L(x, v) = (M/2)|v|² − V(x) on an embedded manifold with Rayleigh friction (Γ/2)|v|²:
///   M ∇_v v = −P_x ∇V − Γ v.
/// It states the manifold, mass M > 0 and friction Γ >= 0 (for the embedding's metric), the potential V and its
/// gradient in the embedding space; it knows no clock and no files. docs/theory.md, section 2.
template <class System>
concept LagrangianSystem = requires(const System& system, const VectorView& x, Eigen::Ref<Vector> gradient) {
  { system.manifold() } -> EmbeddedManifold;
  { system.mass() } -> std::convertible_to<double>;
  { system.friction() } -> std::convertible_to<double>;
  { system.potential(x) } -> std::convertible_to<double>;
  system.gradient(x, gradient);
};

/// Kinetic energy (M/2)|v|².
template <LagrangianSystem System>
double kinetic_energy(const System& system, const State& state) {
  return 0.5 * system.mass() * state.velocity.squaredNorm();
}

/// The conserved energy of frictionless motion, (M/2)|v|² + V(x); friction takes Γ|v|² per unit of depth.
template <LagrangianSystem System>
double total_energy(const System& system, const State& state) {
  return kinetic_energy(system, state) + system.potential(state.position);
}

/// A system that also writes its tangent force −P_x ∇V itself, which saves passes over memory.
template <class System>
concept StatesForce = LagrangianSystem<System> &&
    requires(const System& system, const VectorView& x, Eigen::Ref<Vector> out) {
  system.force(x, out);
};

/// The tangent force −P_x ∇V.
template <LagrangianSystem System>
void force(const System& system, const VectorView& x, Eigen::Ref<Vector> out) {
  if constexpr (StatesForce<System>) return system.force(x, out);
  system.gradient(x, out);
  out = -out;
  system.manifold().project_vector_in_place(x, out);
}

/// The right-hand side v' of the second-order flow x' = v, v' = N(x, v) + (−P_x ∇V − Γ v)/M, with N the normal
/// acceleration that keeps a free particle on its geodesic (−|v|² x on the unit sphere).
template <LagrangianSystem System>
void acceleration(const System& system, const VectorView& x, const VectorView& v, Eigen::Ref<Vector> out) {
  force(system, x, out);
  out -= system.friction() * v;
  out /= system.mass();
  system.manifold().add_normal_acceleration(x, v, out);
}

/// The right-hand side x' = −P_x ∇V / Γ of the overdamped flow, the limit M/Γ → 0.
template <LagrangianSystem System>
void overdamped_velocity(const System& system, const VectorView& x, Eigen::Ref<Vector> out) {
  force(system, x, out);
  out /= system.friction();
}

}  // namespace softmech
