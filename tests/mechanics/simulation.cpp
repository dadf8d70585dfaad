// Simulations: asked depths, exact ends, interruption and continuation with the same bits, guards, misuse.
#include "systems.hpp"

#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/mechanics/settings.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using namespace softmech;
using namespace softmech::test;
using Catch::Contains;

namespace {

/// A system whose force is a given function of a single flat coordinate.
struct OneCoordinate {
  std::function<double(double)> force;
  FlatSpace space{1};
  const FlatSpace& manifold() const { return space; }
  double mass() const { return 1; }
  double friction() const { return 0; }
  double potential(const VectorView&) const { return 0; }
  void gradient(const VectorView& x, Eigen::Ref<Vector> out) const { out[0] = -force(x[0]); }
};
State at(double x, double v) { return {Vector::Constant(1, x), Vector::Constant(1, v)}; }

const std::vector<SolverSettings> all_steppers{controlled("dopri5", 1e-9), controlled("fehlberg78", 1e-9),
                                               fixed("symplectic_rkn", 0.03), fixed("geodesic_leapfrog", 0.03),
                                               fixed("euler", 0.03)};

struct Sample {
  double t;
  State state;
};
bool same_samples(const std::vector<Sample>& a, const std::vector<Sample>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Sample& x, const Sample& y) { return x.t == y.t && same_bits(x.state, y.state); });
}

}  // namespace

TEST_CASE("observers see exactly the asked depths, on the manifold, at the accuracy of the stepper") {
  const Pendulum pendulum;
  const auto system = pendulum.system();
  const std::vector<double> depths{0, 0.1, 0.1 + 1e-13, 1.0 / 3, 2, 6.7, 9.999999, 10};
  for (auto settings : all_steppers) {
    if (settings.stepper == "dopri5" || settings.stepper == "fehlberg78")
      settings = controlled(settings.stepper.c_str(), 1e-12);
    Simulation simulation{system, pendulum.exact(0), stepper(settings)};
    std::vector<double> seen;
    double worst = 0;
    simulation.observe(depths, [&](double t, const State& state) {
      seen.push_back(t);
      worst = std::max(worst, distance(state, pendulum.exact(t)));
      CHECK(std::abs(state.position.norm() - 1) < 4e-16);
      CHECK(std::abs(state.position.dot(state.velocity)) < 4e-16);
    });
    std::vector<double> order;
    simulation.observe({1.0 / 3, 5}, [&](double t, const State&) { order.push_back(t); });
    CHECK(simulation.run(10));
    INFO(settings.stepper);
    CHECK(seen == depths);
    CHECK(order == std::vector<double>{1.0 / 3, 5});
    CHECK(simulation.time() == 10);
    if (settings.rel_tol == 1e-12) CHECK(worst < 1e-10);
  }
}

TEST_CASE("sampled depths are even, or after 0 even in their logarithm") {
  const std::vector<double> even = TimeGrid{.end = 3, .samples = 4}.depths();
  CHECK(even == std::vector<double>{0, 1, 2, 3});
  const TimeGrid grid{.end = 1e6, .samples = 9, .spacing = "logarithmic", .first = 0.1};
  const std::vector<double> depths = grid.depths();
  REQUIRE(depths.size() == 9);
  CHECK(depths.front() == 0);
  CHECK(depths.back() == 1e6);
  for (std::size_t i = 1; i < depths.size(); ++i)
    CHECK(depths[i] == Approx(0.1 * std::pow(10.0, static_cast<double>(i) - 1)).epsilon(1e-13));
  CHECK_THROWS_WITH((TimeGrid{.end = 1, .samples = 9, .spacing = "logarithmic", .first = 1}.check()),
                    Contains("time.first = 1") && Contains("time.first < time.end = 1"));
  CHECK_THROWS_WITH(grid.require_even("a test"), Contains("must be \"linear\" for a test"));
}

TEST_CASE("dense output: asking for depths does not change the steps of dopri5, and barely those of fehlberg78") {
  const Pendulum pendulum;
  const auto system = pendulum.system();
  const auto steps = [&](const char* name, int asked) {
    Simulation simulation{system, pendulum.exact(0), stepper(controlled(name, 1e-10))};
    simulation.observe(grid(0, 20, asked), [](double, const State&) {});
    simulation.run(20);
    return std::pair{simulation.steps(), simulation.state()};
  };
  const auto dopri_few = steps("dopri5", 1), dopri_many = steps("dopri5", 997);
  CHECK(dopri_few.first == dopri_many.first);
  CHECK(same_bits(dopri_few.second, dopri_many.second));
  const auto fehlberg_few = steps("fehlberg78", 1), fehlberg_many = steps("fehlberg78", 10);
  CHECK(fehlberg_many.first <= fehlberg_few.first + 10);
}

TEST_CASE("fixed steps divide every interval evenly and are never longer than asked") {
  const Pendulum pendulum;
  const auto system = pendulum.system();
  const auto steps = [&](double step, std::vector<double> depths, double end) {
    Simulation simulation{system, pendulum.exact(0), stepper(fixed("geodesic_leapfrog", step))};
    simulation.observe(std::move(depths), [](double, const State&) {});
    simulation.run(end);
    return simulation.steps();
  };
  CHECK(steps(0.1, grid(0, 1, 10), 1) == 10);
  CHECK(steps(0.1, {}, 1) == 10);
  CHECK(steps(0.1, {0.25}, 1) == 3 + 8);
  CHECK(steps(5, grid(0, 1, 4), 1) == 4);
}

TEST_CASE("a run that is stopped, saved and restored in a new simulation gives the same bits as one that is not") {
  auto system = symmetric_field();
  const auto depths = grid(0, 7, 23);
  for (const auto& settings : all_steppers) {
    for (const int stop_after : {0, 1, 2, 17, 40}) {
      const auto watch = [&](Simulation& simulation, std::vector<Sample>& samples) {
        simulation.observe(depths, [&samples](double t, const State& s) { samples.push_back({t, s}); });
      };
      std::vector<Sample> whole, split;
      Simulation unsplit{system, tilted_start(), stepper(settings)};
      watch(unsplit, whole);
      REQUIRE(unsplit.run(7));

      Simulation first{system, tilted_start(), stepper(settings)};
      watch(first, split);
      int asked = 0;
      first.stop_when([&] { return asked++ == stop_after; });
      INFO(settings.stepper << ", stopped after " << stop_after << " steps");
      const bool finished = first.run(7);
      REQUIRE(finished == (asked <= stop_after));
      REQUIRE(first.steps() == static_cast<std::uint64_t>(finished ? asked : stop_after));
      const std::vector<double> saved = first.save();

      Simulation second{system, tilted_start(), stepper(settings)};
      watch(second, split);
      second.restore(saved);
      CHECK(second.time() == first.time());
      CHECK(same_bits(second.state(), first.state()));
      REQUIRE(second.run(7));
      CHECK(same_samples(whole, split));
      CHECK(second.save() == unsplit.save());
      CHECK(second.steps() == unsplit.steps());

      // The stopped simulation itself can go on, too.
      first.stop_when([] { return false; });
      REQUIRE(first.run(7));
      CHECK(same_bits(first.state(), unsplit.state()));
    }
  }
}

TEST_CASE("two runs, split at an asked depth, are one; an observer may save") {
  const auto system = symmetric_field();
  for (const auto& settings : all_steppers) {
    INFO(settings.stepper);
    Simulation whole{system, tilted_start(), stepper(settings)};
    whole.observe({2.5}, [](double, const State&) {});
    whole.run(6);
    Simulation parts{system, tilted_start(), stepper(settings)};
    int calls = 0;
    std::vector<double> saved;
    parts.observe({2.5}, [&](double, const State&) { ++calls; });
    parts.observe({2.5}, [&](double, const State&) { saved = parts.save(); });
    parts.run(2.5);
    CHECK(parts.time() == 2.5);
    parts.run(2.5);
    CHECK(calls == 1);
    parts.run(6);
    CHECK(same_bits(whole.state(), parts.state()));

    Simulation restored{system, tilted_start(), stepper(settings)};
    restored.observe({2.5}, [&](double, const State&) { ++calls; });
    restored.restore(saved);
    restored.run(6);
    CHECK(calls == 1);
    CHECK(same_bits(whole.state(), restored.state()));
  }
}

TEST_CASE("gradient flows are interrupted and restored with the same bits") {
  auto system = symmetric_field();
  system.friction_coefficient = 0.8;
  for (const auto& settings : {controlled("dopri5", 1e-9), controlled("fehlberg78", 1e-9), fixed("euler", 0.03)}) {
    Simulation whole{gradient_flow(system), tilted_start(), stepper(settings)};
    whole.run(3);
    Simulation first{gradient_flow(system), tilted_start(), stepper(settings)};
    int asked = 0;
    first.stop_when([&] { return asked++ == 5; });
    REQUIRE_FALSE(first.run(3));
    Simulation second{gradient_flow(system), tilted_start(), stepper(settings)};
    second.restore(first.save());
    second.run(3);
    CHECK(same_bits(whole.state(), second.state()));
    CHECK(second.save() == whole.save());
  }
}

TEST_CASE("NaN is an error that names quantity, depth and step") {
  // The force is fine until the particle passes x = 1 at t = 1.
  const OneCoordinate system{[](double x) { return x < 1 ? 0.0 : std::numeric_limits<double>::quiet_NaN(); }};
  for (const auto& settings : all_steppers) {
    INFO(settings.stepper);
    Simulation simulation{system, at(0, 1), stepper(settings)};
    try {
      simulation.run(5);
      FAIL("ran through NaN");
    } catch (const NumericalError& error) {
      CHECK((error.quantity() == "velocity" || error.quantity() == "position"));
      CHECK(error.depth() > 0.5);
      CHECK(error.step() > 0);
      CHECK_THAT(error.what(),
                 Contains(error.quantity()) && Contains("depth") && Contains("not finite") && Contains("try"));
    }
  }
}

TEST_CASE("a collapsing step size is an error: fall into the center of a 1/x² force") {
  const OneCoordinate system{[](double x) { return -1 / (x * x); }};
  for (const char* name : {"dopri5", "fehlberg78"}) {
    INFO(name);
    Simulation simulation{system, at(1, 0), stepper(controlled(name, 1e-10))};
    simulation.limit_steps(100'000);
    try {
      simulation.run(5);
      FAIL("fell through the singularity");
    } catch (const NumericalError& error) {
      // Kepler: the fall takes π/√8.
      CHECK(error.quantity() == "step size");
      CHECK(error.depth() == Approx(std::acos(-1) / std::sqrt(8.0)).epsilon(1e-5));
      CHECK(error.step() < 1e-9);
      CHECK_THAT(error.what(), Contains("collapsed") && Contains("solver.rel_tol"));
    }
  }
}

TEST_CASE("too many steps are an error, and a step that vanishes against the depth too") {
  const auto system = symmetric_field();
  Simulation simulation{system, tilted_start(), stepper(fixed("geodesic_leapfrog", 1e-3))};
  simulation.limit_steps(500);
  REQUIRE_THROWS_WITH(simulation.run(1),
                      Contains("number of steps") && Contains("depth 0.5") && Contains("limit of 500"));
  Simulation tiny{system, tilted_start(), stepper(fixed("euler", 1e-18))};
  REQUIRE_THROWS_AS(tiny.run(1), NumericalError);
}

TEST_CASE("misuse is named, with the rule and what to try") {
  const auto settings = [](auto change) {
    SolverSettings result;
    change(result);
    return result;
  };
  CHECK_THROWS_WITH(stepper(fixed("rk4", 0.1)), Contains("solver.stepper = \"rk4\"") && Contains("geodesic_leapfrog"));
  CHECK_THROWS_WITH(stepper(settings([](auto& s) { s.rel_tol = 0; })),
                    Contains("solver.rel_tol = 0: must be > 0; try 1e-09"));
  CHECK_THROWS_WITH(stepper(settings([](auto& s) { s.abs_tol = -1; })), Contains("solver.abs_tol = -1: must be > 0"));
  CHECK_THROWS_WITH(stepper(settings([](auto& s) { s.step = NAN; })), Contains("solver.step = nan: must be > 0"));
  CHECK_THROWS_WITH(stepper(settings([](auto& s) { s.step = INFINITY; })),
                    Contains("solver.step = inf: must be finite"));
  CHECK_THROWS_WITH(stepper(settings([](auto& s) { s.max_step = 0; })), Contains("solver.max_step = 0"));

  auto damped = symmetric_field();
  damped.friction_coefficient = 0.5;
  CHECK_THROWS_WITH((Simulation{damped, tilted_start(), stepper(fixed("symplectic_rkn", 0.1))}),
                    Contains("model.friction = 0.5") && Contains("solver.stepper") && Contains("geodesic_leapfrog"));
  CHECK_THROWS_WITH((Simulation{gradient_flow(damped), tilted_start(), stepper(fixed("geodesic_leapfrog", 0.1))}),
                    Contains("overdamped") && Contains("try dopri5"));

  auto system = symmetric_field();
  CHECK_THROWS_WITH(gradient_flow(system), Contains("model.friction = 0: must be > 0 for overdamped dynamics"));
  system.m = 0;
  CHECK_THROWS_WITH(lagrangian_flow(system), Contains("model.mass = 0: must be > 0; try 1"));
  system = symmetric_field();
  system.friction_coefficient = -1;
  CHECK_THROWS_WITH(lagrangian_flow(system), Contains("model.friction = -1: must be >= 0"));

  system = symmetric_field();
  Simulation simulation{system, tilted_start(), stepper({})};
  CHECK_THROWS_WITH(simulation.observe({1, 1}, {}), Contains("observed depth 1 = 1"));
  CHECK_THROWS_WITH(simulation.run(-1), Contains("end of the run = -1: must not lie before the present depth, 0"));
  CHECK_THROWS_WITH(simulation.run(NAN), Contains("end of the run = nan"));
  const std::vector<double> short_save(7);
  CHECK_THROWS_WITH(simulation.restore(short_save), Contains("saved state of dopri5"));
  CHECK_THROWS_WITH(simulation.restore({}), Contains("saved simulation = 0 numbers"));
  CHECK_THROWS_WITH((Simulation{system, {tilted_start().position, Vector::Zero(2)}, stepper({})}),
                    Contains("must be 3"));
  CHECK_THROWS_WITH((Simulation{system, {Vector::Constant(3, NAN), {}}, stepper({})}), Contains("must be finite"));
}
