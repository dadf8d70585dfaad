// The Fisher mass: its Lagrangian's equations of motion by differences, and what they conserve.
#include "random_tokens.hpp"

#include <softmech/geometry/sphere_product.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/fisher_mass.hpp>
#include <softmech/models/token_order.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>

using namespace softmech;
using namespace softmech::test;

namespace {

// V = −(1/2β) Σ_ij e^{β x_i·x_j}/n: rotations leave it as it is.
struct Field {
  Eigen::Index n, d;
  double beta = 1.4;

  double potential(const VectorView& x) const {
    const RowMatrix y = tokens(x, d);
    return -(beta * (y * y.transpose())).array().exp().sum() / (2 * beta * static_cast<double>(n));
  }
  Vector force(const VectorView& x) const { return flat(attention_force(tokens(x, d), beta, false)); }
};

Flow inertial_flow(const FisherMass& mass, const Field& field, const SphereProduct& spheres) {
  Flow flow;
  flow.friction = mass.settings().friction;
  flow.force = [&field](const VectorView& x, Eigen::Ref<Vector> out) { out = field.force(x); };
  flow.acceleration = [&](const VectorView& x, const VectorView& v, Eigen::Ref<Vector> out) {
    mass.acceleration(x, v, field.force(x), out);
  };
  flow.geodesic = [&spheres](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double t) { spheres.geodesic(x, v, t); };
  flow.project = [&spheres](Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) { spheres.project_state(x, v); };
  return flow;
}

double dot(const Vector& p, const Vector& v) { return p.dot(v); }

}  // namespace

TEST_CASE("G_i is ε 1 + β² Cov_{A_i}(k), and momentum and energy follow from it") {
  const Eigen::Index n = GENERATE(1, 2, 6), d = GENERATE(2, 5);
  const double beta = 2.1, epsilon = 0.05, m = 1.3;
  const FisherMass mass({n, d, beta, m, 0.2, epsilon});
  const RowMatrix x = random_tokens(n, d), v = random_velocities(x);
  Vector p(n * d);
  mass.momentum(flat(x), flat(v), p);
  double energy = 0;
  for (Eigen::Index i = 0; i < n; ++i) {
    Vector a = (beta * (x * x.row(i).transpose())).array().exp();
    a /= a.sum();
    const Vector mean = x.transpose() * a;
    Matrix g = epsilon * Matrix::Identity(d, d) - beta * beta * mean * mean.transpose();
    for (Eigen::Index j = 0; j < n; ++j) g += beta * beta * a[j] * x.row(j).transpose() * x.row(j);
    CHECK((mass.metric(flat(x), i) - g).norm() < 1e-13);
    CHECK((p.segment(i * d, d) - m * g * v.row(i).transpose()).norm() < 1e-13);
    energy += m / 2 * v.row(i) * g * v.row(i).transpose();
  }
  CHECK(mass.kinetic_energy(flat(x), flat(v)) == Approx(energy).epsilon(1e-13));
  CHECK(mass.dissipated_power(flat(x), flat(v)) == Approx(0.2 / m * 2 * energy).epsilon(1e-13));
}

TEST_CASE("β² Cov is the Fisher metric of the row: the second derivative of KL when the query moves") {
  const RowMatrix keys = random_tokens(5, 3), direction = random_tokens(5, 3, 9);
  const double beta = 1.8, h = 1e-3;
  const FisherMass mass({5, 3, beta, 1, 0, 1e-9});
  const auto row = [&](const Vector& query) {
    const Vector a = (beta * (keys * query)).array().exp();
    return Vector(a / a.sum());
  };
  const Vector q = keys.row(2), u = direction.row(0);
  const Vector p = row(q), moved = row(q + h * u), back = row(q - h * u);
  const auto kl = [&](const Vector& other) { return (p.array() * (p.array() / other.array()).log()).sum(); };
  CHECK((kl(moved) + kl(back)) / (h * h) == Approx(u.dot(mass.metric(flat(keys), 2) * u)).epsilon(1e-5));
}

TEST_CASE("the acceleration obeys the Euler–Lagrange equations, by differences of the Lagrangian alone") {
  // In local coordinates s along a tangent basis e_k, x_i(s) = exp, any smooth path obeys d/dt ∂L/∂ṡ − ∂L/∂s = Q. With
  // x(t) a curve of the claimed acceleration, and w a tangent field moved along it by y_w(t) = P_x(t) w:
  //   d/dt ⟨p, y_w⟩ = D_x T[y_w] + ⟨p, ẏ_w⟩ + ⟨force − γ G v, y_w⟩.
  const Eigen::Index n = 5, d = GENERATE(2, 4);
  const double gamma = 0.3;
  const FisherMass mass({n, d, 1.7, 1.2, gamma, 0.08});
  const SphereProduct spheres(n, d);
  const Field field{n, d};
  const Vector x = flat(random_tokens(n, d)), v = flat(random_velocities(random_tokens(n, d)));
  const Vector force = field.force(x);
  Vector a(n * d), p(n * d);
  mass.acceleration(x, v, force, a);
  mass.momentum(x, v, p);
  CHECK((a - spheres.project_vector(x, a) - spheres.normal_acceleration(x, v)).norm() < 1e-13);

  const double h = 1e-5;
  const auto position = [&](double t) { return Vector(spheres.project_point(x + t * v + t * t / 2 * a)); };
  const auto velocity = [&](double t) { return Vector(spheres.project_vector(position(t), v + t * a)); };
  const auto momentum = [&](double t) {
    Vector out(n * d);
    mass.momentum(position(t), velocity(t), out);
    return out;
  };
  // The kinetic energy of v carried along by the test field: only positions change, v keeps its ambient components.
  const auto kinetic = [&](const Vector& at) { return mass.kinetic_energy(at, v); };
  const Vector change = (momentum(h) - momentum(-h)) / (2 * h);
  for (std::uint64_t seed = 20; seed < 26; ++seed) {
    const Vector w = spheres.project_vector(x, flat(random_tokens(n, d, seed)));
    const double inertia = dot(change, w) - (kinetic(x + h * w) - kinetic(x - h * w)) / (2 * h);
    CHECK(inertia == Approx(dot(force, w) - gamma / 1.2 * dot(p, w)).margin(2e-8));
  }
}

TEST_CASE("without a metric of attention (β = 0) the mass is ε m, a number") {
  const Eigen::Index n = 4, d = 3;
  const FisherMass mass({n, d, 0, 2, 0.6, 0.5});
  const SphereProduct spheres(n, d);
  const Field field{n, d};
  const Vector x = flat(random_tokens(n, d)), v = flat(random_velocities(random_tokens(n, d)));
  Vector a(n * d);
  mass.acceleration(x, v, field.force(x), a);
  const Vector expected = field.force(x) / (2 * 0.5) - 0.6 / 2 * v + spheres.normal_acceleration(x, v);
  CHECK((a - expected).norm() < 1e-13);
}

TEST_CASE("one token has no row to change: it goes on along its great circle") {
  const FisherMass mass({1, 3, 5, 1, 0, 0.1});
  const Vector x{{0, 0.6, 0.8}}, v{{2, 0, 0}};
  Vector a(3);
  mass.acceleration(x, v, Vector::Zero(3), a);
  CHECK((a + 4 * x).norm() < 1e-13);
}

TEST_CASE("energy and angular momentum Σ x ∧ p are conserved, friction takes what it says") {
  const Eigen::Index n = 6, d = 3;
  const char* name = GENERATE("dopri5", "fehlberg78");
  const double gamma = GENERATE(0.0, 0.5);
  const FisherMass mass({n, d, 1.5, 1, gamma, 0.1});
  const SphereProduct spheres(n, d);
  const Field field{n, d};
  const Flow flow = inertial_flow(mass, field, spheres);
  const RowMatrix x = random_tokens(n, d);
  SolverSettings settings;
  settings.stepper = name;
  settings.rel_tol = settings.abs_tol = 1e-11;
  Simulation simulation{flow, {flat(x), flat(random_velocities(x))}, stepper(settings)};
  const auto energy = [&](const State& s) {
    return mass.kinetic_energy(s.position, s.velocity) + field.potential(s.position);
  };
  const auto spin = [&](const State& s) {
    Vector p(n * d);
    mass.momentum(s.position, s.velocity, p);
    return angular_momentum(tokens(s.position, d), tokens(p, d));
  };
  const double first_energy = energy(simulation.state());
  const Matrix first_spin = spin(simulation.state());
  const double first_kinetic = mass.kinetic_energy(simulation.state().position, simulation.state().velocity);
  double taken = 0;  // Simpson over small intervals
  const int intervals = 400;
  const double interval = 5.0 / intervals;
  for (int i = 0; i <= intervals; ++i) {
    simulation.run(i * interval);
    const State& s = simulation.state();
    taken += interval / 3 *
             (i == 0 || i == intervals ? 1
              : i % 2 == 1             ? 4
                                       : 2) *
             mass.dissipated_power(s.position, s.velocity);
  }
  const double energy_error = std::abs(energy(simulation.state()) + taken - first_energy);
  // γ G v is a torque on every token: Σ x ∧ p decays at γ/m, as friction on a number for a mass does.
  const double spin_error = (spin(simulation.state()) - std::exp(-gamma * 5) * first_spin).norm();
  fmt::print("Fisher mass, {}, friction {}: energy error {:.1e} of {:.3g}, spin error {:.1e} of {:.3g}, {} steps\n",
             name, gamma, energy_error, first_kinetic, spin_error, first_spin.norm(), simulation.steps());
  CHECK(energy_error < (gamma == 0 ? 1e-8 : 1e-7) * first_kinetic);
  CHECK(spin_error < 1e-8 * first_spin.norm());
  CHECK(first_spin.norm() > 0.1);
}

TEST_CASE("the motion does not care about the frame or the names of tokens") {
  const Eigen::Index n = 5, d = 4;
  const FisherMass mass({n, d, 2.5, 1, 0.1, 0.02});
  const RowMatrix x = random_tokens(n, d), v = random_velocities(x), f = random_velocities(x, 31);
  const auto acceleration = [&](const RowMatrix& at, const RowMatrix& with, const RowMatrix& force) {
    Vector out(n * d);
    mass.acceleration(flat(at), flat(with), flat(force), out);
    return tokens(out, d);
  };
  const RowMatrix a = acceleration(x, v, f);
  const Matrix q = random_rotation(d);
  CHECK((acceleration(x * q, v * q, f * q) - a * q).norm() < 1e-11 * a.norm());
  const Matrix order = Eigen::PermutationMatrix<-1>(Eigen::VectorXi{{3, 0, 4, 1, 2}}).toDenseMatrix().cast<double>();
  CHECK((acceleration(order * x, order * v, order * f) - order * a).norm() < 1e-11 * a.norm());
  CHECK((acceleration(x, v, f + 7 * x) - a).norm() < 1e-11 * a.norm());  // the sphere holds against a normal force
}

TEST_CASE("a mass out of its range is refused") {
  CHECK_THROWS_WITH(FisherMass({2, 2, 1, 1, 0, 0}), Catch::Contains("model.regularization = 0"));
  CHECK_THROWS_WITH(FisherMass({2, 2, 1, 0}), Catch::Contains("model.mass = 0"));
  CHECK_THROWS_WITH(FisherMass({2, 2, 1, 1, -1}), Catch::Contains("model.friction = -1"));
  CHECK_THROWS_WITH(FisherMass({0, 2}), Catch::Contains("model.tokens = 0"));
  CHECK_THROWS_WITH(FisherMass({2, 1}), Catch::Contains("model.dim = 1"));
}
