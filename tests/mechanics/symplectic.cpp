// The symplectic steppers: bounded energy error, conserved momentum map, reversibility, damping, and agreement with
// Odeint.
#include "systems.hpp"

#include <softmech/mechanics/normal_modes.hpp>

#include <boost/numeric/odeint/stepper/symplectic_rkn_sb3a_mclachlan.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>

using namespace softmech;
using namespace softmech::test;

TEST_CASE(
    "symplectic steppers: the energy error is bounded without a trend over 10^5 steps, the angular momentum is "
    "conserved") {
  const auto system = symmetric_field();
  const State start = tilted_start();
  const double energy = total_energy(system, start);
  const auto momentum = [](const State& s) { return s.position[0] * s.velocity[1] - s.position[1] * s.velocity[0]; };

  const auto [name, step, bound] =
      GENERATE(table<const char*, double, double>({{"geodesic_leapfrog", 0.02, 2e-4}, {"symplectic_rkn", 0.1, 2e-7}}));
  constexpr int steps = 100'000;
  Simulation simulation{system, start, stepper(fixed(name, step))};
  std::vector<double> errors;
  double momentum_error = 0;
  simulation.observe(grid(0, steps * step, steps), [&](double, const State& state) {
    errors.push_back(total_energy(system, state) - energy);
    momentum_error = std::max(momentum_error, std::abs(momentum(state) - momentum(start)));
  });
  REQUIRE(simulation.run(steps * step));
  REQUIRE(simulation.steps() == steps);

  // Means over tenths of the run: a drift would separate the first from the last.
  const auto tenth = [&](int i) {
    const auto begin = errors.begin() + i * (steps / 10);
    const auto [low, high] = std::minmax_element(begin, begin + steps / 10);
    return std::pair{*low, *high};
  };
  const double amplitude = tenth(0).second - tenth(0).first;
  fmt::print(
      "{}: energy error {:.2e} over {} steps, amplitude change {:.1e}, momentum error {:.1e}\n", name, amplitude, steps,
      std::max(std::abs(tenth(9).first - tenth(0).first), std::abs(tenth(9).second - tenth(0).second)) / amplitude,
      momentum_error);
  CHECK(amplitude < bound);
  CHECK(amplitude > bound / 100);
  CHECK(std::abs(tenth(9).first - tenth(0).first) < 0.02 * amplitude);
  CHECK(std::abs(tenth(9).second - tenth(0).second) < 0.02 * amplitude);
  CHECK(momentum_error < 1e-12);
}

TEST_CASE("explicit Euler does drift in energy, as the test above would notice") {
  const auto system = symmetric_field();
  const State end = end_state(system, tilted_start(), fixed("euler", 0.002), 20);
  CHECK(std::abs(total_energy(system, end) - total_energy(system, tilted_start())) > 1e-2);
}

TEST_CASE("the geodesic leapfrog is reversible") {
  const auto system = symmetric_field();
  const State start = tilted_start();
  for (const char* name : {"geodesic_leapfrog", "symplectic_rkn"}) {
    State state = end_state(system, start, fixed(name, 0.05), 500);
    state.velocity = -state.velocity;
    state = end_state(system, state, fixed(name, 0.05), 500);
    state.velocity = -state.velocity;
    INFO(name);
    CHECK(distance(state, start) < 1e-10);
  }
  State state = end_state(system, start, uncontrolled("dopri5", 0.05), 500);
  state.velocity = -state.velocity;
  state = end_state(system, state, uncontrolled("dopri5", 0.05), 500);
  CHECK((state.position - start.position).norm() > 1e-9);
}

TEST_CASE("the symplectic steppers preserve the area of phase space") {
  // The pendulum on the circle in the coordinates (θ, θ'): the determinant of the map is 1, for Euler 1 + O(h).
  const SphereField system{Sphere(2), Vector::Zero(2), Vector{{2, 0}}, 1};
  const auto map = [&](const char* name, double angle, double rate) {
    const State start{Vector{{std::cos(angle), std::sin(angle)}},
                      Vector{{-rate * std::sin(angle), rate * std::cos(angle)}}};
    const State end = end_state(system, start, fixed(name, 0.4), 2);
    const auto& x = end.position;
    return std::pair{std::atan2(x[1], x[0]), x[0] * end.velocity[1] - x[1] * end.velocity[0]};
  };
  const auto determinant = [&](const char* name) {
    const double d = 1e-4;
    const auto derivative = [&](double da, double dr) {
      const auto far_ahead = map(name, 0.7 + 2 * da, 0.3 + 2 * dr), ahead = map(name, 0.7 + da, 0.3 + dr);
      const auto behind = map(name, 0.7 - da, 0.3 - dr), far_behind = map(name, 0.7 - 2 * da, 0.3 - 2 * dr);
      const auto difference = [&](auto member) {
        return (8 * (ahead.*member - behind.*member) - (far_ahead.*member - far_behind.*member)) / (12 * d);
      };
      return std::pair{difference(&std::pair<double, double>::first), difference(&std::pair<double, double>::second)};
    };
    const auto by_angle = derivative(d, 0), by_rate = derivative(0, d);
    return by_angle.first * by_rate.second - by_angle.second * by_rate.first;
  };
  CHECK(determinant("geodesic_leapfrog") == Approx(1).margin(1e-10));
  CHECK(determinant("symplectic_rkn") == Approx(1).margin(1e-10));
  CHECK(std::abs(determinant("euler") - 1) > 1e-2);
}

TEST_CASE("|x| = 1 and x.v = 0 to round-off over 10^6 steps") {
  const auto system = symmetric_field();
  for (const char* name : {"geodesic_leapfrog", "symplectic_rkn"}) {
    const unsigned steps = name == std::string("geodesic_leapfrog") ? 1'000'000 : 200'000;
    Simulation simulation{system, tilted_start(), stepper(fixed(name, 0.01))};
    double worst = 0;
    simulation.observe(grid(0, steps * 0.01, 1000), [&](double, const State& s) {
      worst = std::max({worst, std::abs(s.position.norm() - 1), std::abs(s.position.dot(s.velocity))});
    });
    simulation.run(steps * 0.01);
    CHECK(simulation.steps() == steps);
    CHECK(worst < 1e-15);
  }
}

TEST_CASE("in flat space symplectic_rkn is Odeint's stepper to round-off") {
  // Hénon–Heiles-like coupling: V = ½ Σ a x² − b·x with a kick in the force that depends on all coordinates.
  struct HenonHeiles {
    FlatSpace space{2};
    const FlatSpace& manifold() const { return space; }
    double mass() const { return 1; }
    double friction() const { return 0; }
    double potential(const VectorView& x) const {
      return 0.5 * x.squaredNorm() + x[0] * x[0] * x[1] - x[1] * x[1] * x[1] / 3;
    }
    void gradient(const VectorView& x, Eigen::Ref<Vector> out) const {
      out[0] = x[0] + 2 * x[0] * x[1];
      out[1] = x[1] + x[0] * x[0] - x[1] * x[1];
    }
  } system;
  const State start{Vector{{0.1, -0.2}}, Vector{{0.3, 0.2}}};
  const State ours = end_state(system, start, fixed("symplectic_rkn", 0.125), 12.5);

  boost::numeric::odeint::symplectic_rkn_sb3a_mclachlan<std::vector<double>> theirs;
  std::vector<double> q{0.1, -0.2}, p{0.3, 0.2};
  const auto force = [](const std::vector<double>& x, std::vector<double>& f) {
    f[0] = -(x[0] + 2 * x[0] * x[1]);
    f[1] = -(x[1] + x[0] * x[0] - x[1] * x[1]);
  };
  for (int i = 0; i < 100; ++i) theirs.do_step(force, std::make_pair(std::ref(q), std::ref(p)), 0.125 * i, 0.125);
  CHECK(distance(ours, {Vector{{q[0], q[1]}}, Vector{{p[0], p[1]}}}) < 1e-14);
}

TEST_CASE("friction damps free motion exactly, |v| = |v0| exp(-friction t / mass)") {
  const SphereField system{Sphere(3), Vector::Zero(3), Vector::Zero(3), 1.6, 0.4};
  const State start = tilted_start();
  const double speed = start.velocity.norm() * std::exp(-0.4 * 5 / 1.6);
  for (const auto& settings :
       {fixed("geodesic_leapfrog", 0.5), controlled("dopri5", 1e-13), controlled("fehlberg78", 1e-13)}) {
    const State end = end_state(system, start, settings, 5);
    CHECK(end.velocity.norm() == Approx(speed).epsilon(1e-12));
    // It stays on its great circle and covers the arc |v0| (M/Γ)(1 − e^{−Γt/M}).
    const double arc = start.velocity.norm() * (1.6 / 0.4) * (1 - std::exp(-0.4 * 5 / 1.6));
    const double covered = std::acos(start.position.dot(end.position));
    CHECK(covered == Approx(arc).epsilon(settings.stepper == "geodesic_leapfrog" ? 1e-3 : 1e-12));
  }
}

TEST_CASE("friction takes the energy Γ ∫ |v|² dt") {
  auto system = symmetric_field();
  system.friction_coefficient = 0.2;
  for (const auto& settings : {fixed("geodesic_leapfrog", 1e-3), controlled("dopri5", 1e-12)}) {
    Simulation simulation{system, tilted_start(), stepper(settings)};
    // Simpson's rule on 200 intervals.
    const int intervals = 200;
    double dissipated = 0;
    int i = 0;
    simulation.observe(grid(0, 4, intervals), [&](double, const State& state) {
      const double weight = i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2;
      dissipated += weight * 0.2 * state.velocity.squaredNorm() * (4.0 / intervals) / 3;
      ++i;
    });
    simulation.run(4);
    const double lost = total_energy(system, tilted_start()) - total_energy(system, simulation.state());
    CHECK(lost == Approx(dissipated).epsilon(settings.stepper == "dopri5" ? 1e-7 : 1e-5));
    CHECK(lost > 0.1);
  }
}

TEST_CASE("normal modes: V = ½ Σ a x² on the sphere has ω² = (a_i − a_0)/m about the axis of the smallest a") {
  const SphereField system{Sphere(4), Vector{{0.5, 3, 1.25, 2}}, Vector::Zero(4), 0.5};
  const Vector modes = squared_frequencies(system, Vector{{1, 0, 0, 0}});
  REQUIRE(modes.size() == 3);
  CHECK((modes - Vector{{1.5, 3, 5}}).norm() < 1e-8);
  // About the axis of a = 2 two of the directions are unstable.
  CHECK((squared_frequencies(system, Vector{{0, 0, 0, 1}}) - Vector{{-3, -1.5, 2}}).norm() < 1e-8);
}

TEST_CASE("normal modes: a pendulum has ω² = g/m in every direction, the damped oscillator k/m") {
  const Pendulum pendulum;
  CHECK((squared_frequencies(pendulum.system(), pendulum.down) - Vector::Constant(3, 2.5 / 1.7)).norm() < 1e-8);
  CHECK((squared_frequencies(DampedOscillator{}.system(), Vector::Zero(1)) - Vector::Constant(1, 2 / 0.8)).norm() <
        1e-8);
}
