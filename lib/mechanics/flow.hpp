// The motion of a system as the steppers see it: a handful of operations, the system's type erased.
#pragma once

#include <softmech/mechanics/lagrangian.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <type_traits>

namespace softmech {

/// A force on a manifold that need not derive from a potential; `force` writes a tangent vector.
template <class Field>
concept ForceField = requires(const Field& field, const VectorView& x, Eigen::Ref<Vector> out) {
  { field.manifold() } -> EmbeddedManifold;
  field.force(x, out);
};

/// A manifold that says how long the steps of Brownian motion on it are: the variance, per tangent direction, of the
/// Gaussian tangent vector ξ for which x → exp_x ξ repeats Brownian motion of variance s (generator (s/2)Δ for the
/// whole step) with an error O(s³) in every mean. In flat space it is s; on a product of manifolds of one kind that of
/// one.
template <class M>
concept BrownianManifold = EmbeddedManifold<M> && requires(const M& manifold, double s) {
  { manifold.brownian_variance(s) } -> std::same_as<double>;
};

/// Motion on a manifold: the second-order one of a Lagrangian system, M ∇_v v = f − Γv, or first-order motion Γx' = f,
/// of a potential or of any other force; with a temperature T > 0 both are driven by the noise √(2ΓT) that balances the
/// friction. Made by `lagrangian_flow`, `gradient_flow` and `first_order_flow`; refers to the system, which must
/// outlive it.
struct Flow {
  /// Whether the velocity is part of the state; in first-order motion it follows from the position.
  bool second_order = true;
  double mass = 1;
  double friction = 0;
  /// The tangent force f: −P_x ∇V if there is a potential.
  std::function<void(const VectorView& x, Eigen::Ref<Vector> force)> force;
  /// The right-hand side of the velocity, normal acceleration and friction included; second-order motion only.
  std::function<void(const VectorView& x, const VectorView& v, Eigen::Ref<Vector> acceleration)> acceleration;
  /// Free motion: x and v along the geodesic for a depth t, exactly, and on the manifold to round-off.
  std::function<void(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double t)> geodesic;
  /// The same after two kicks, v += owed f and v += kick f: the last of one step and the first of the next.
  std::function<void(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, const VectorView& f, double owed, double kick,
                     double t)>
      kicked_geodesic;
  /// Back onto the manifold, and the velocity into its tangent space.
  std::function<void(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v)> project;
  /// The orthogonal projection of the ambient vector a to the tangent space at x, in place.
  std::function<void(const VectorView& x, Eigen::Ref<Vector> a)> tangent;

  /// T >= 0. A flow with T > 0 needs `noise` and a stepper that knows it: "langevin" or "baoab".
  double temperature = 0;
  /// Fills `normals` (ambient dimension) with the independent standard normal numbers of the given draw, 0, 1, 2, …:
  /// the same numbers whenever it is asked for the same draw. Steppers count their draws from the start.
  std::function<void(std::uint64_t draw, Eigen::Ref<Vector> normals)> noise;
  /// The manifold's, see BrownianManifold; empty if it has none.
  std::function<double(double s)> brownian_variance;

  /// Optional: the power that friction takes, see dissipated_power; Γ|v|² without it.
  std::function<double(const VectorView& x, const VectorView& v)> dissipation;
  /// Whether State::heat is followed.
  bool accounts_heat = false;
};

/// The power that friction takes from the motion.
inline double dissipated_power(const Flow& flow, const VectorView& x, const VectorView& v) {
  return flow.dissipation ? flow.dissipation(x, v) : flow.friction * v.squaredNorm();
}

/// The operations of a flow that its manifold has, taken from system.manifold() at every call.
template <class System>
void take_manifold(Flow& flow, const System& system) {
  flow.geodesic = [&system](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double t) {
    system.manifold().geodesic(x, v, t);
  };
  flow.kicked_geodesic = [&system](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, const VectorView& f, double owed,
                                   double kick, double t) {
    const auto& manifold = system.manifold();
    if constexpr (requires { manifold.kicked_geodesic(x, v, f, owed, kick, t); }) {
      manifold.kicked_geodesic(x, v, f, owed, kick, t);
    } else {
      if (owed != 0) v += owed * f;
      v += kick * f;
      manifold.geodesic(x, v, t);
    }
  };
  flow.project = [&system](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) { system.manifold().project_state(x, v); };
  flow.tangent = [&system](const VectorView& x, Eigen::Ref<Vector> a) {
    system.manifold().project_vector_in_place(x, a);
  };
  if constexpr (BrownianManifold<std::remove_cvref_t<decltype(system.manifold())>>) {
    flow.brownian_variance = [&system](double s) { return system.manifold().brownian_variance(s); };
  }
}

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
  take_manifold(flow, system);
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

/// First-order motion Γx' = f(x) under a force that need not have a potential.
/// @throws std::invalid_argument unless friction > 0.
template <ForceField Field>
Flow first_order_flow(const Field& field, double friction = 1) {
  if (!(friction > 0)) {
    throw std::invalid_argument(
        fmt::format("model.friction = {}: must be > 0 for first-order dynamics; try 1", friction));
  }
  Flow flow;
  flow.second_order = false;
  flow.friction = friction;
  flow.force = [&field](const VectorView& x, Eigen::Ref<Vector> out) { field.force(x, out); };
  take_manifold(flow, field);
  return flow;
}
template <ForceField Field>
Flow first_order_flow(const Field&& field, double friction = 1) = delete;

}  // namespace softmech
