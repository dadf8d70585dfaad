// Small Lagrangian systems with known motion.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/flat_space.hpp>
#include <softmech/geometry/sphere.hpp>
#include <softmech/geometry/sphere_product.hpp>
#include <softmech/mechanics/simulation.hpp>

#include <boost/math/special_functions/jacobi_elliptic.hpp>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace softmech::test {

/// V = ½ Σ a_i x_i² − b·x on a manifold.
template <class Manifold>
struct QuadraticField {
  Manifold space;
  Vector a, b;
  double m = 1, friction_coefficient = 0;

  const Manifold& manifold() const { return space; }
  double mass() const { return m; }
  double friction() const { return friction_coefficient; }
  double potential(const VectorView& x) const { return 0.5 * x.dot(a.cwiseProduct(x)) - b.dot(x); }
  void gradient(const VectorView& x, Eigen::Ref<Vector> out) const { out = a.cwiseProduct(x) - b; }
};

using SphereField = QuadraticField<Sphere>;
using FlatField = QuadraticField<FlatSpace>;

/// A pendulum of mass m in the field g on a great circle of S³: θ'' = −(g/m) sin θ from the bottom u.
struct Pendulum {
  double g = 2.5, m = 1.7, modulus = 0.8, phase = 0.3;
  Vector down = (Vector(4) << 1, 2, -1, 0.5).finished().normalized();
  Vector side = (Vector(4) << 2, -1, 0.2, 0.4).finished().normalized();  // orthogonal to down

  SphereField system() const { return {Sphere(4), Vector::Zero(4), g * down, m}; }

  /// sin(θ/2) = k sn(ω₀t + phase, k), θ' = 2 k ω₀ cn(ω₀t + phase, k), ω₀² = g/m.
  State exact(double t) const {
    const double frequency = std::sqrt(g / m);
    const double u = frequency * t + phase;
    const double half_sine = modulus * boost::math::jacobi_sn(modulus, u);
    const double half_cosine = boost::math::jacobi_dn(modulus, u);
    const double sine = 2 * half_sine * half_cosine;
    const double cosine = 1 - 2 * half_sine * half_sine;
    const double rate = 2 * modulus * frequency * boost::math::jacobi_cn(modulus, u);
    return {cosine * down + sine * side, rate * (-sine * down + cosine * side)};
  }
};

/// A conical pendulum on S²: the circle of constant latitude x_2 = −cos α around the field, with Ω² cos α = g/m.
struct ConicalPendulum {
  double g = 1.3, m = 0.6, angle = 1.1;

  SphereField system() const { return {Sphere(3), Vector::Zero(3), Vector{{0, 0, -g}}, m}; }

  State exact(double t) const {
    const double rate = std::sqrt(g / (m * std::cos(angle)));
    const double radius = std::sin(angle);
    return {Vector{{radius * std::cos(rate * t), radius * std::sin(rate * t), -std::cos(angle)}},
            Vector{{-rate * radius * std::sin(rate * t), rate * radius * std::cos(rate * t), 0}}};
  }
};

/// A damped harmonic oscillator in flat space, M x'' = −k x − Γ x'.
struct DampedOscillator {
  double k = 2, m = 0.8, friction = 0.3;

  FlatField system() const { return {FlatSpace(1), Vector::Constant(1, k), Vector::Zero(1), m, friction}; }

  State exact(double t) const {
    const double rate = friction / (2 * m);
    const double frequency = std::sqrt(k / m - rate * rate);
    const double decay = std::exp(-rate * t);
    const double x = decay * std::cos(frequency * t);
    return {Vector::Constant(1, x), Vector::Constant(1, -rate * x - decay * frequency * std::sin(frequency * t))};
  }
};

/// A field on S² that is symmetric about the third axis, and a start that explores it.
inline SphereField symmetric_field() { return {Sphere(3), Vector{{0, 0, 2}}, Vector{{0, 0, 0.7}}, 1.3}; }
inline State tilted_start() {
  const Vector x = Vector{{0.6, 0.1, 0.5}}.normalized();
  const Vector v{{0.2, 0.9, -0.3}};
  return {x, v - x.dot(v) * x};
}

/// Attention among n tokens on the circle, x_i' = P Σ_j softmax_j(β x_i·x_j) x_j.
struct SelfAttention {
  double beta = 9;
  SphereProduct space;
  mutable std::int64_t forces = 0;

  const SphereProduct& manifold() const { return space; }
  void force(const VectorView& x, Eigen::Ref<Vector> out) const {
    ++forces;
    const Eigen::Map<const Matrix> tokens(x.data(), 2, space.tokens());
    Matrix weights = (beta * ((tokens.transpose() * tokens).array() - 1)).exp();
    const Vector sums = weights.colwise().sum();
    weights.array().rowwise() /= sums.transpose().array();
    out = (tokens * weights).reshaped();
    space.project_vector_in_place(x, out);
  }
  /// The interaction energy (1/n²) Σ_ij e^{β(x_i·x_j − 1)}.
  double energy(const Vector& x) const {
    const Eigen::Map<const Matrix> tokens(x.data(), 2, space.tokens());
    return (beta * ((tokens.transpose() * tokens).array() - 1)).exp().mean();
  }
};
inline SelfAttention self_attention(Eigen::Index tokens, double beta = 9) { return {beta, SphereProduct(tokens, 2)}; }

/// Gives a flow a temperature, and the noise of a random stream.
inline Flow noisy(Flow flow, double temperature, std::uint64_t seed = 1) {
  flow.temperature = temperature;
  flow.noise = [random = RandomStream(seed, 0, "noise")](std::uint64_t draw, Eigen::Ref<Vector> normals) mutable {
    random.seek(draw * static_cast<std::uint64_t>(normals.size()));
    random.fill_normal({normals.data(), static_cast<std::size_t>(normals.size())});
  };
  return flow;
}

inline SolverSettings fixed(const char* stepper, double step) {
  SolverSettings settings;
  settings.stepper = stepper;
  settings.step = step;
  return settings;
}

/// An error-controlled stepper that never sees a reason to change its step.
inline SolverSettings uncontrolled(const char* stepper, double step) {
  SolverSettings settings = fixed(stepper, step);
  settings.max_step = step;
  settings.rel_tol = settings.abs_tol = 1e6;
  return settings;
}

inline SolverSettings controlled(const char* stepper, double tolerance) {
  SolverSettings settings;
  settings.stepper = stepper;
  settings.rel_tol = settings.abs_tol = tolerance;
  return settings;
}

template <class System>
State end_state(const System& system, const State& start, const SolverSettings& settings, double end) {
  Simulation simulation{system, start, stepper(settings)};
  simulation.run(end);
  return simulation.state();
}

inline double distance(const State& a, const State& b) {
  return std::hypot((a.position - b.position).norm(), (a.velocity - b.velocity).norm());
}

inline bool same_bits(const State& a, const State& b) {
  return a.position == b.position && a.velocity == b.velocity && a.heat == b.heat;
}

inline std::vector<double> grid(double begin, double end, int intervals) {
  std::vector<double> depths;
  for (int i = 0; i <= intervals; ++i) depths.push_back(begin + (end - begin) * i / intervals);
  return depths;
}

}  // namespace softmech::test
