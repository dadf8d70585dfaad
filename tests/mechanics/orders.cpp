// Every stepper converges at its order, from both sides, on motions known in closed form.
#include "systems.hpp"

#include <softmech/mechanics/convergence.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace softmech;
using namespace softmech::test;

namespace {

template <class Motion>
Convergence measure(const char* motion_name, const Motion& motion, const char* name, int first, int last, double end,
                    bool error_controlled) {
  const auto system = motion.system();
  std::vector<double> steps;
  for (int power = first; power <= last; ++power) steps.push_back(std::ldexp(1.0, -power));
  const auto table = measure_convergence(fmt::format("{} on the {}", name, motion_name), steps, [&](double step) {
    const auto settings = error_controlled ? uncontrolled(name, step) : fixed(name, step);
    return distance(end_state(system, motion.exact(0), settings, end), motion.exact(end));
  });
  fmt::print("{}\n", to_string(table));
  return table;
}

template <class Motion>
void check_all(const char* motion, const Motion& exact, bool damped, double fehlberg_order = 8) {
  const auto order = [&](const char* name, int first, int last, bool controlled) {
    return measure(motion, exact, name, first, last, 4, controlled).order();
  };
  CHECK(order("euler", 9, 13, false) == Approx(1).margin(0.05));
  CHECK(order("geodesic_leapfrog", 4, 8, false) == Approx(2).margin(0.05));
  CHECK(order("baoab", 4, 8, false) == Approx(2).margin(0.05));
  if (!damped) CHECK(order("symplectic_rkn", 2, 5, false) == Approx(4).margin(0.15));
  CHECK(order("dopri5", 3, 7, true) == Approx(5).margin(0.2));
  CHECK(order("fehlberg78", 0, 4, true) == Approx(fehlberg_order).margin(0.4));
}

}  // namespace

TEST_CASE("steppers converge at their orders on a pendulum in S3 (elliptic functions)") {
  check_all("pendulum", Pendulum{}, false);
}

TEST_CASE("steppers converge at their orders on a conical pendulum in S2") {
  // Measured: the term of order 8 of fehlberg78 vanishes on uniform circular motion.
  check_all("conical pendulum", ConicalPendulum{}, false, 9);
}

TEST_CASE("steppers converge at their orders on a damped oscillator in flat space") {
  check_all("damped oscillator", DampedOscillator{}, true);
}

TEST_CASE("overdamped flow converges at the order of the stepper") {
  // V = ½ x·Ax on the sphere: x(t) = e^{−At/Γ} x₀ / |e^{−At/Γ} x₀|, the normalized linear flow.
  const SphereField system{Sphere(4), Vector{{1.5, 0.2, 2.7, 0.9}}, Vector::Zero(4), 1, 0.7};
  const auto exact = [&](double t) {
    const Vector x = (-system.a.array() * t / 0.7).exp() * Vector{{0.05, 0.06, -1.5, 0.08}}.array();
    return Vector(x.normalized());
  };
  const auto error = [&](const SolverSettings& settings) {
    Simulation simulation{gradient_flow(system), {exact(0), {}}, stepper(settings)};
    simulation.run(1);
    const Vector &x = simulation.state().position, &v = simulation.state().velocity;
    const Vector ax = system.a.cwiseProduct(x);
    CHECK((v + (ax - x.dot(ax) * x) / 0.7).norm() < 1e-14);
    return (x - exact(1)).norm();
  };
  const auto order = [&](const char* name, int power, bool error_controlled) {
    std::vector<double> steps;
    for (int i = 3; i >= 0; --i) steps.push_back(std::ldexp(1.0, i - power));
    const auto table = measure_convergence(fmt::format("{}, overdamped", name), steps, [&](double step) {
      return error(error_controlled ? uncontrolled(name, step) : fixed(name, step));
    });
    fmt::print("{}\n", to_string(table));
    return table.order();
  };
  CHECK(order("euler", 10, false) == Approx(1).margin(0.05));
  CHECK(order("langevin", 8, false) == Approx(2).margin(0.05));
  CHECK(order("dopri5", 7, true) == Approx(5).margin(0.35));
  CHECK(order("fehlberg78", 4, true) == Approx(8).margin(0.6));
}

TEST_CASE("bdf of largest order k: the error falls like the number of steps to the power -k") {
  // x' = P(Bx), x(t) = e^{Bt} x₀ / |e^{Bt} x₀|: two planes that turn at different rates, one of which slowly wins. The
  // steps are the error control's, so the order is measured over four decades of the tolerance.
  struct TurningPlanes {
    Sphere space{4};
    const Sphere& manifold() const { return space; }
    void force(const VectorView& x, Eigen::Ref<Vector> out) const {
      out << -x[1], x[0], 0.02 * x[2] - 1.7 * x[3], 0.02 * x[3] + 1.7 * x[2];
      space.project_vector_in_place(x, out);
    }
    Vector exact(double t) const {
      const double growth = std::exp(0.02 * t);
      return Vector{{std::cos(t), std::sin(t), growth * std::cos(1.7 * t), growth * std::sin(1.7 * t)}}.normalized();
    }
  } const planes;
  for (int order = 1; order <= 5; ++order) {
    const auto error_and_steps = [&](double tolerance) {
      auto settings = controlled("bdf", tolerance);
      settings.max_order = order;
      Simulation simulation{first_order_flow(planes), {planes.exact(0), {}}, stepper(settings)};
      simulation.run(20);
      CHECK(std::abs(simulation.state().position.norm() - 1) < 4e-16);
      return std::pair{(simulation.state().position - planes.exact(20)).norm(),
                       static_cast<double>(simulation.steps())};
    };
    const double loose = order == 1 ? 1e-4 : 1e-8;
    const auto [error, steps] = error_and_steps(loose);
    const auto [small_error, more_steps] = error_and_steps(1e-4 * loose);
    const double measured = std::log(error / small_error) / std::log(more_steps / steps);
    fmt::print("bdf, order {}: error {:.1e} in {:.0f} steps, {:.1e} in {:.0f} steps, order {:.2f}\n", order, error,
               steps, small_error, more_steps, measured);
    CHECK(measured == Approx(order).margin(order < 4 ? 0.2 : 0.5));
  }
}

TEST_CASE("error control keeps the error near the tolerance") {
  const Pendulum pendulum;
  const auto system = pendulum.system();
  for (const char* name : {"dopri5", "fehlberg78"}) {
    for (const double tolerance : {1e-6, 1e-9, 1e-12}) {
      const State end = end_state(system, pendulum.exact(0), controlled(name, tolerance), 10);
      const double error = distance(end, pendulum.exact(10));
      INFO(name << " at " << tolerance);
      CHECK(error < 300 * tolerance);
      CHECK(error > 1e-3 * tolerance);
    }
  }
}
