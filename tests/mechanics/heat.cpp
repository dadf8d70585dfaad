// Energy balance: total energy plus the heat in the bath stays constant under every stepper, to its order.
#include "systems.hpp"

#include <softmech/mechanics/convergence.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace softmech;
using namespace softmech::test;

namespace {

SphereField damped_field() {
  SphereField system = symmetric_field();
  system.friction_coefficient = 0.4;
  return system;
}

double energy(const SphereField& system, const Flow& flow, const State& state) {
  return flow.second_order ? total_energy(system, state) : system.potential(state.position);
}

struct Balance {
  double worst = 0;  // |E(t) + heat(t) − E(0)|
  double heat = 0;   // at the end
};

Balance balance(const SphereField& system, Flow flow, const SolverSettings& settings, double end = 6) {
  flow.accounts_heat = true;
  Simulation simulation{flow, tilted_start(), stepper(settings)};
  const double before = energy(system, flow, simulation.state());
  Balance result;
  simulation.observe(grid(0, end, 37), [&](double, const State& state) {
    result.worst = std::max(result.worst, std::abs(energy(system, flow, state) + state.heat - before));
  });
  simulation.run(end);
  result.heat = simulation.state().heat;
  return result;
}

}  // namespace

TEST_CASE("energy and heat balance to the tolerance under error control, at every depth") {
  const auto system = damped_field();
  for (const Flow& flow : {lagrangian_flow(system), gradient_flow(system)}) {
    for (const char* name : {"dopri5", "fehlberg78", "bdf"}) {
      if (flow.second_order && name == std::string("bdf")) continue;
      INFO(name << (flow.second_order ? ", second order" : ", first order"));
      const Balance at = balance(system, flow, controlled(name, 1e-10));
      CHECK(at.heat > 0.05);
      CHECK(at.worst < 3e-7 * at.heat);
    }
  }
}

TEST_CASE("under fixed steps the balance holds to the order of the stepper") {
  const auto system = damped_field();
  const auto order = [&](const Flow& flow, const char* name) {
    const auto table = measure_convergence(fmt::format("heat of {}", name), std::vector<double>{0.02, 0.01, 0.005},
                                           [&](double h) { return balance(system, flow, fixed(name, h)).worst; });
    fmt::print("{}\n", to_string(table));
    return table.order();
  };
  CHECK(order(lagrangian_flow(system), "geodesic_leapfrog") == Approx(2).margin(0.1));
  CHECK(order(lagrangian_flow(system), "baoab") == Approx(2).margin(0.1));
  // Simpson's rule along every geodesic: the path is of second order, its heat is nearer to its own loss of V.
  CHECK(order(gradient_flow(system), "langevin") == Approx(4).margin(0.3));
  CHECK(order(lagrangian_flow(system), "euler") == Approx(1).margin(0.1));
  CHECK(order(gradient_flow(system), "euler") == Approx(1).margin(0.1));
}

TEST_CASE("with noise, too: root mean squares over 40 runs") {
  const auto system = damped_field();
  const auto order = [&](const Flow& flow, const char* name) {
    const auto table = measure_convergence(fmt::format("heat of noisy {}", name), std::vector<double>{0.02, 0.005},
                                           [&](double h) {
      double sum = 0;
      for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        sum += std::pow(balance(system, noisy(flow, 0.5, seed), fixed(name, h)).worst, 2);
      }
      return std::sqrt(sum / 40);
    });
    fmt::print("{}\n", to_string(table));
    return table.order();
  };
  CHECK(order(lagrangian_flow(system), "baoab") == Approx(2).margin(0.25));
  CHECK(order(gradient_flow(system), "langevin") == Approx(2).margin(0.25));
}

TEST_CASE("without a potential heat is the work of the force, in first-order motion friction |x'|² per depth") {
  const auto attention = self_attention(6, 3);
  RandomStream random(2, 0, "start");
  const State start{attention.space.random_point(random), {}};
  for (const char* name : {"dopri5", "fehlberg78", "bdf", "langevin"}) {
    Flow flow = first_order_flow(attention, 0.7);
    flow.accounts_heat = true;
    auto settings = controlled(name, 1e-11);
    settings.step = 1e-3;
    Simulation simulation{flow, start, stepper(settings)};
    // Simpson's rule on 400 intervals.
    double dissipated = 0;
    int i = 0;
    simulation.observe(grid(0, 2, 400), [&](double, const State& state) {
      const double weight = i == 0 || i == 400 ? 1 : i % 2 == 1 ? 4 : 2;
      dissipated += weight * 0.7 * state.velocity.squaredNorm() * (2.0 / 400) / 3;
      ++i;
    });
    simulation.run(2);
    INFO(name);
    CHECK(simulation.state().heat == Approx(dissipated).epsilon(name == std::string("langevin") ? 1e-5 : 2e-8));
  }
}

TEST_CASE("heat that is not asked for stays 0, and asking for it does not move the fixed steppers") {
  const auto system = damped_field();
  for (const char* name : {"geodesic_leapfrog", "baoab", "euler"}) {
    const State without = end_state(system, tilted_start(), fixed(name, 0.05), 3);
    Flow flow = lagrangian_flow(system);
    flow.accounts_heat = true;
    Simulation with{flow, tilted_start(), stepper(fixed(name, 0.05))};
    with.run(3);
    CHECK(without.heat == 0);
    CHECK(with.state().heat > 0.1);
    CHECK(with.state().position == without.position);
  }
}

TEST_CASE("heat is saved and restored") {
  const auto system = damped_field();
  for (const auto& settings : {controlled("dopri5", 1e-9), controlled("fehlberg78", 1e-9),
                               fixed("geodesic_leapfrog", 0.03), fixed("euler", 0.03)}) {
    const auto simulation = [&] {
      Flow flow = lagrangian_flow(system);
      flow.accounts_heat = true;
      return Simulation{flow, tilted_start(), stepper(settings)};
    };
    Simulation whole = simulation(), first = simulation(), second = simulation();
    whole.run(5);
    int asked = 0;
    first.stop_when([&] { return asked++ == 7; });
    REQUIRE_FALSE(first.run(5));
    second.restore(first.save());
    second.run(5);
    INFO(settings.stepper);
    CHECK(whole.state().heat > 0.1);
    CHECK(same_bits(whole.state(), second.state()));
  }
}
