// One query: the attention weights of one row as a particle on the unit sphere, y = √p.
#pragma once

#include <softmech/attention/operators.hpp>
#include <softmech/geometry/sphere.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/mechanics/lagrangian.hpp>

#include <cmath>

namespace softmech {

using QueryState = State;

/// One query over a fixed set of keys (docs/theory.md, section 2):
///   L(p, ṗ) = (m/2) Σ ṗ_i²/p_i − F(p),  F(p) = Σ p_i E_i − T S(p),  Rayleigh dissipation (γ/2) Σ ṗ_i²/p_i,
/// with S the entropy of an attention operator. In y = √p on the unit sphere it is 2m|ẏ|² − F(y²), a LagrangianSystem
/// of mass 4m and friction 4γ. Its equilibrium is the operator's attention. y_i may change sign: p_i = y_i² passes
/// through 0. There V has an infinite curvature (y² ln y²), and every stepper loses accuracy on a motion that meets it.
class QuerySystem {
 public:
  /// `energies`: E_i of each of at least two keys; temperature T > 0 and mass m > 0; friction γ >= 0.
  /// @throws std::invalid_argument if a parameter is out of its range.
  QuerySystem(Vector energies, double temperature, double mass = 1, double friction = 0, Operator op = Softmax{});

  // The Lagrangian system in y.
  const Sphere& manifold() const { return sphere_; }
  /// 4m.
  double mass() const { return 4 * mass_; }
  /// 4γ.
  double friction() const { return 4 * friction_; }
  /// V(y) = F(y²).
  double potential(const VectorView& y) const;
  /// ∂V/∂y_i = 2 y_i (E_i − T s'(y_i²)); for the softmax 2 y_i (E_i + 2T ln|y_i| + T), 0 at y_i = 0.
  void gradient(const VectorView& y, Eigen::Ref<Vector> out) const;
  /// The Hessian on the sphere, diagonal: ∂²V/∂y_i² − y·∇V.
  Matrix hessian(const VectorView& y) const;

  // The row of attention.
  Eigen::Index keys() const { return energies_.size(); }
  const Vector& energies() const { return energies_; }
  double temperature() const { return temperature_; }
  const Operator& attention_operator() const { return operator_; }
  /// p* = argmin F: the attention weights.
  const Vector& equilibrium() const { return equilibrium_; }

  /// p = y².
  Vector weights(const QueryState& state) const { return state.position.array().square(); }
  /// F(p) = U − T S.
  double free_energy(const QueryState& state) const;
  /// U = Σ p_i E_i.
  double internal_energy(const QueryState& state) const;
  /// The operator's entropy S(p), in nats.
  double entropy(const QueryState& state) const;
  /// C = Var_p(E)/T² of the present weights; at the equilibrium of the softmax it is dU/dT.
  double specific_heat(const QueryState& state) const;
  /// KL(p‖p*), in nats.
  double kl_to_equilibrium(const QueryState& state) const;
  /// F(p) − F* >= 0, accurate also where it is far below F; T·KL(p‖p*) for the softmax.
  double excess(const QueryState& state) const;

  // Starts, and solutions known in closed form.
  /// At rest at the weights p, which are not negative and sum to 1 (they are normalized to round-off).
  QueryState at_rest(const VectorView& weights) const;
  /// At rest at 1/n.
  QueryState uniform_start() const { return at_rest(Vector::Constant(keys(), 1.0 / static_cast<double>(keys()))); }
  /// At rest at weights uniform on the simplex, Dirichlet(1, …, 1). The source hands out uniform() in (0, 1).
  template <class Source>
  QueryState dirichlet_start(Source& source) const {
    const Vector exponentials = Vector::NullaryExpr(keys(), [&] { return -std::log(source.uniform()); });
    return at_rest(exponentials / exponentials.sum());
  }
  /// At rest at an angle `amplitude` from the equilibrium, every weight displaced by about the same relative amount: so
  /// the anharmonicity is of order `amplitude` however small a weight is.
  template <NormalSource Source>
  QueryState near_equilibrium_start(double amplitude, Source& source) const {
    const Vector y = equilibrium_.cwiseSqrt();
    const Vector displaced = y.cwiseProduct(Vector::NullaryExpr(keys(), [&](Eigen::Index) { return source.normal(); }));
    const Vector direction = sphere_.project_vector(y, displaced);
    return {sphere_.exp(y, amplitude / direction.norm() * direction), Vector::Zero(keys())};
  }

  /// The exact overdamped flow ṗ = −grad F/γ of the softmax, p(t) ∝ p(0)^a e^{−(1−a)E/T} with a = e^{−Tt/γ}.
  /// @throws std::invalid_argument for another operator, without friction, or if a weight is not > 0.
  Vector overdamped(const VectorView& weights, double t) const;
  /// One mirror-descent step of the discrete layer: an explicit Euler step of size ηγ/T in the dual coordinates −s'(p),
  ///   s'(p'_i) = (1−η) s'(p_i) + η E_i/T + const.  η = 1 is the attention operator itself.
  /// @throws std::invalid_argument unless s'(p_i) is finite: weights > 0 for softmax and κ-softmax.
  Vector mirror_step(const VectorView& weights, double step_size = 1) const;

 private:
  void require_keys(const VectorView& weights) const;

  Vector energies_;
  double temperature_;
  double mass_;
  double friction_;
  Operator operator_;
  Sphere sphere_;
  Vector equilibrium_;
};

/// Energies E_j = −q·k_j of a random query and random keys with independent standard normal components.
template <NormalSource Source>
Vector random_energies(Eigen::Index keys, Eigen::Index head_dim, Source& source) {
  const auto normal = [&](Eigen::Index) { return source.normal(); };
  const Vector query = Vector::NullaryExpr(head_dim, normal);
  Vector energies(keys);
  for (double& energy : energies) energy = -query.dot(Vector::NullaryExpr(head_dim, normal));
  return energies;
}

}  // namespace softmech
