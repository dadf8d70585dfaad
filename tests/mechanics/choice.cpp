// Which stepper "auto" stands for, and which motions each stepper is for.
#include "systems.hpp"

#include <softmech/mechanics/settings.hpp>

#include <catch2/catch.hpp>

using namespace softmech;
using namespace softmech::test;
using Catch::Contains;

namespace {

SphereField field(double friction) { return {Sphere(3), Vector::Zero(3), Vector::Unit(3, 0), 1, friction}; }

}  // namespace

TEST_CASE("auto picks by the motion, and follows it with the bits of the stepper it names") {
  const auto undamped = field(0), damped = field(0.6);
  const auto attention = self_attention(1);
  const auto check = [](const Flow& flow, std::string_view name, double fast_depths = 0) {
    CHECK(automatic_stepper(flow, fast_depths) == name);
    if (fast_depths > 0) return;
    const State start{tilted_start().position, {}};
    Simulation named{flow, start, stepper(fixed(std::string(name).c_str(), 0.1))};
    Simulation picked{flow, start, stepper(fixed("auto", 0.1))};
    named.run(1);
    picked.run(1);
    CHECK(same_bits(named.state(), picked.state()));
    Simulation restored{flow, start, stepper(fixed("auto", 0.1))};
    restored.restore(named.save());
    named.run(2);
    restored.run(2);
    CHECK(same_bits(named.state(), restored.state()));
  };
  check(lagrangian_flow(undamped), "symplectic_rkn");
  check(lagrangian_flow(damped), "dopri5");
  check(gradient_flow(damped), "dopri5");
  check(noisy(lagrangian_flow(damped), 0.5), "baoab");
  check(noisy(gradient_flow(damped), 0.5), "langevin");
  check(first_order_flow(attention), "dopri5", 500);
  check(first_order_flow(attention), "bdf", 2e5);
}

TEST_CASE("settings name the motions that a stepper cannot follow") {
  const auto require = [](const char* name, bool second_order, double friction, double temperature) {
    require_stepper_fits(fixed(name, 0.1), second_order, friction, temperature);
  };
  for (const bool second_order : {false, true}) {
    for (const double temperature : {0.0, 0.5}) CHECK_NOTHROW(require("auto", second_order, 1, temperature));
    CHECK_NOTHROW(require("dopri5", second_order, 1, 0));
    CHECK_NOTHROW(require(second_order ? "baoab" : "langevin", second_order, 1, 0));
    CHECK_NOTHROW(require(second_order ? "baoab" : "langevin", second_order, 1, 0.5));
    CHECK_THROWS_WITH(require(second_order ? "langevin" : "baoab", second_order, 1, 0.5),
                      Contains("solver.stepper") && Contains(second_order ? "baoab" : "langevin"));
  }
  CHECK_NOTHROW(require("bdf", false, 1, 0));
  CHECK_THROWS_WITH(require("bdf", true, 1, 0), Contains("solver.stepper = \"bdf\"") && Contains("second-order"));
  CHECK_THROWS_WITH(require("bdf", false, 1, 0.1), Contains("model.temperature = 0.1") && Contains("langevin"));
  CHECK_THROWS_WITH(require("symplectic_rkn", true, 0, 0.1), Contains("try \"baoab\""));
  CHECK_THROWS_WITH(require("geodesic_leapfrog", false, 1, 0), Contains("overdamped") && Contains("bdf"));
  CHECK_THROWS_WITH(require("symplectic_rkn", true, 0.2, 0), Contains("model.friction = 0.2"));
  CHECK_THROWS_WITH(require("auto", true, 0.2, -1), Contains("model.temperature = -1: must be >= 0"));

  SolverSettings settings = controlled("bdf", 1e-6);
  settings.max_order = 6;
  CHECK_THROWS_WITH(stepper(settings), Contains("solver.max_order = 6: must be from 1 to 5"));
}
