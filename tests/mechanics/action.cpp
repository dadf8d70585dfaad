// The discrete action, its gradient and the Euler–Lagrange residual.
#include "systems.hpp"

#include <softmech/mechanics/action.hpp>
#include <softmech/mechanics/convergence.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace softmech;
using namespace softmech::test;

namespace {

struct Path {
  Vector depths;
  Matrix points;
};

template <class System>
Path sample(const System& system, const State& start, const SolverSettings& settings, double end, int intervals) {
  Path path{Vector(intervals + 1), Matrix(start.position.size(), intervals + 1)};
  Eigen::Index k = 0;
  Simulation simulation{system, start, stepper(settings)};
  simulation.observe(grid(0, end, intervals), [&](double t, const State& state) {
    path.depths[k] = t;
    path.points.col(k++) = state.position;
  });
  simulation.run(end);
  return path;
}

double largest(const Matrix& columns) { return columns.colwise().norm().maxCoeff(); }

}  // namespace

TEST_CASE("a trajectory of the geodesic leapfrog makes the discrete action stationary to round-off") {
  const auto system = symmetric_field();
  const Path path = sample(system, tilted_start(), fixed("geodesic_leapfrog", 0.1), 6, 60);
  CHECK(largest(action_gradient(system, path.depths, path.points)) < 1e-14);
  // Not so for any other path.
  Path bent = path;
  bent.points.col(30) = (bent.points.col(30) + Vector::Constant(3, 1e-3)).normalized();
  CHECK(largest(action_gradient(system, bent.depths, bent.points)) > 1e-3);
}

TEST_CASE("the action gradient of true motions vanishes like step^3, the Euler-Lagrange residual like step^2") {
  auto system = symmetric_field();
  const std::vector<double> steps{1.0 / 8, 1.0 / 16, 1.0 / 32, 1.0 / 64};
  const auto path = [&](double step) {
    return sample(system, tilted_start(), controlled("fehlberg78", 1e-13), 2, static_cast<int>(2 / step));
  };
  const auto gradient = measure_convergence("action gradient on a motion", steps, [&](double step) {
    const Path p = path(step);
    return largest(action_gradient(system, p.depths, p.points));
  });
  system.friction_coefficient = 0.4;
  const auto residual = measure_convergence("Euler–Lagrange residual on a damped motion", steps, [&](double step) {
    const Path p = path(step);
    return largest(euler_lagrange_residual(system, p.depths, p.points));
  });
  fmt::print("{}\n{}\n", to_string(gradient), to_string(residual));
  CHECK(gradient.order() == Approx(3).margin(0.05));
  CHECK(residual.order() == Approx(2).margin(0.05));
}

TEST_CASE("at unequal steps the residual is of first order") {
  auto system = symmetric_field();
  system.friction_coefficient = 0.4;
  const auto table = measure_convergence(
      "residual at alternating steps", std::vector<double>{1.0 / 32, 1.0 / 64, 1.0 / 128}, [&](double step) {
        const Path fine =
            sample(system, tilted_start(), controlled("fehlberg78", 1e-13), 2, static_cast<int>(6 / step));
        // Keep the points 0, 1, 3, 4, 6, …: steps alternate between h/3 and 2h/3.
        std::vector<Eigen::Index> kept;
        for (Eigen::Index k = 0; k < fine.depths.size(); ++k) {
          if (k % 3 != 2) kept.push_back(k);
        }
        return largest(
            euler_lagrange_residual(system, Vector(fine.depths(kept)), Matrix(fine.points(Eigen::all, kept))));
      });
  CHECK(table.order() == Approx(1).margin(0.1));
}

TEST_CASE("the gradient is the derivative of the action") {
  const auto system = symmetric_field();
  Path path = sample(system, tilted_start(), controlled("dopri5", 1e-10), 3, 6);
  path.depths[3] += 0.1;  // unequal steps, not a motion
  const Matrix gradient = action_gradient(system, path.depths, path.points);
  for (Eigen::Index k = 1; k < 6; ++k) {
    const Vector x = path.points.col(k);
    Vector direction = Vector{{0.3, -0.5, 0.9}};
    direction -= x.dot(direction) * x;
    const auto action = [&](double d) {
      Matrix points = path.points;
      points.col(k) = (x + d * direction).normalized();
      return discrete_action(system, path.depths, points);
    };
    CHECK(gradient.col(k).dot(direction) == Approx((action(1e-5) - action(-1e-5)) / 2e-5).epsilon(1e-7).margin(1e-9));
  }
  CHECK(gradient.col(0).norm() == 0);
  CHECK(gradient.col(6).norm() == 0);
}

TEST_CASE("the discrete action converges to the integral of the Lagrangian at second order") {
  // The conical pendulum has a constant Lagrangian (m/2)Ω² sin²α + m g' cos α, g' = g/m in the field's units.
  const ConicalPendulum motion;
  const auto system = motion.system();
  const State start = motion.exact(0);
  const double lagrangian = kinetic_energy(system, start) - system.potential(start.position);
  const auto table =
      measure_convergence("discrete action", std::vector<double>{1.0 / 16, 1.0 / 32, 1.0 / 64}, [&](double step) {
        const int intervals = static_cast<int>(3 / step);
        Path path{Vector(intervals + 1), Matrix(3, intervals + 1)};
        for (int k = 0; k <= intervals; ++k) {
          path.depths[k] = k * step;
          path.points.col(k) = motion.exact(k * step).position;
        }
        return std::abs(discrete_action(system, path.depths, path.points) - 3 * lagrangian);
      });
  CHECK(table.order() == Approx(2).margin(0.05));
}

TEST_CASE("paths that are none are refused") {
  const auto system = symmetric_field();
  const Matrix points = Matrix::Identity(3, 3);
  CHECK_THROWS_AS(discrete_action(system, Vector{{0, 1}}, points), std::invalid_argument);
  CHECK_THROWS_AS(action_gradient(system, Vector{{0, 1, 1}}, points), std::invalid_argument);
  CHECK_THROWS_AS(euler_lagrange_residual(system, Vector::Zero(1), points.leftCols(1)), std::invalid_argument);
}
