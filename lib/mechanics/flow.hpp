// The motion of a system as the steppers see it: a handful of operations, the system's type erased.
#pragma once

#include <softmech/mechanics/lagrangian.hpp>

#include <fmt/format.h>

#include <functional>
#include <stdexcept>

namespace softmech {

/// Second-order motion of a Lagrangian system, or its overdamped gradient flow. Made by `lagrangian_flow` and
/// `gradient_flow`; refers to the system, which must outlive it.
struct Flow {
  /// Whether the velocity is part of the state; in a gradient flow it follows from the position.
  bool second_order = true;
  double mass = 1;
  double friction = 0;
  /// The tangent force −P_x ∇V.
  std::function<void(const VectorView& x, Eigen::Ref<Vector> force)> force;
  /// The right-hand side of the velocity, normal acceleration and friction included.
  std::function<void(const VectorView& x, const VectorView& v, Eigen::Ref<Vector> acceleration)> acceleration;
  /// Free motion: x and v along the geodesic for a depth t, exactly, and on the manifold to round-off.
  std::function<void(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double t)> geodesic;
  /// Back onto the manifold, and the velocity into its tangent space.
  std::function<void(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v)> project;
};

/// The flow x' = v, v' = N(x, v) + (−P_x ∇V − Γ v)/M.
/// @throws std::invalid_argument unless mass > 0 and friction >= 0.
template <LagrangianSystem System>
Flow lagrangian_flow(const System& system) {
  if (!(system.mass() > 0)) {
    throw std::invalid_argument(fmt::format("model.mass = {}: must be > 0; try 1", system.mass()));
  }
  if (!(system.friction() >= 0)) {
    throw std::invalid_argument(fmt::format("model.friction = {}: must be >= 0; try 0", system.friction()));
  }
  Flow flow;
  flow.mass = system.mass();
  flow.friction = system.friction();
  flow.force = [&system](const VectorView& x, Eigen::Ref<Vector> out) { force(system, x, out); };
  flow.acceleration = [&system](const VectorView& x, const VectorView& v, Eigen::Ref<Vector> out) {
    acceleration(system, x, v, out);
  };
  flow.geodesic = [&system](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double t) {
    system.manifold().geodesic(x, v, t);
  };
  flow.project = [&system](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) { system.manifold().project_state(x, v); };
  return flow;
}
template <LagrangianSystem System>
Flow lagrangian_flow(const System&& system) = delete;

/// The overdamped flow x' = −P_x ∇V / Γ.
/// @throws std::invalid_argument unless friction > 0.
template <LagrangianSystem System>
Flow gradient_flow(const System& system) {
  if (!(system.friction() > 0)) {
    throw std::invalid_argument(
        fmt::format("model.friction = {}: must be > 0 for overdamped dynamics; try 1", system.friction()));
  }
  Flow flow = lagrangian_flow(system);
  flow.second_order = false;
  return flow;
}
template <LagrangianSystem System>
Flow gradient_flow(const System&& system) = delete;

}  // namespace softmech
