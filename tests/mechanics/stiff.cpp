// The implicit stepper: metastable tokens, stiff flows, saddles, many coordinates, restarts, and its linear solver.
#include "systems.hpp"

#include <softmech/mechanics/gmres.hpp>
#include <softmech/mechanics/numerical_error.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <limits>

using namespace softmech;
using namespace softmech::test;
using Catch::Contains;

namespace {

Vector random_tokens(const SelfAttention& attention, std::uint64_t seed) {
  RandomStream random(seed, 0, "start");
  return attention.space.random_point(random);
}

struct Run {
  std::vector<double> energies;
  std::uint64_t steps;
  std::int64_t forces;
};

/// The interaction energy at 41 depths, evenly in their logarithm, from 0.1 to `end`.
Run run(SelfAttention attention, std::uint64_t seed, const SolverSettings& settings, double end) {
  std::vector<double> depths;
  for (int k = 0; k <= 40; ++k) depths.push_back(0.1 * std::pow(end / 0.1, k / 40.0));
  Simulation simulation{first_order_flow(attention), {random_tokens(attention, seed), {}}, stepper(settings)};
  Run result{};
  simulation.observe(depths, [&](double, const State& state) {
    result.energies.push_back(attention.energy(state.position));
    CHECK_FALSE(attention.space.why_not_point(state.position));
  });
  simulation.run(depths.back());
  result.steps = simulation.steps();
  result.forces = attention.forces;
  return result;
}

/// x' = −P(a x) on S²: a saddle at e_0 that is left along e_1 at the rate 0.1, with a fast decay along e_2.
const SphereField saddle{Sphere(3), Vector{{0, -0.1, 1000}}, Vector::Zero(3), 1, 1};
State near_saddle(double amplitude) { return {Vector{{1, amplitude, 0.01}}, {}}; }

}  // namespace

TEST_CASE("bdf follows metastable tokens as dopri5 does, in far fewer steps") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto explicit_run = run(self_attention(16), seed, controlled("dopri5", 1e-9), 3e4);
    const auto implicit_run = run(self_attention(16), seed, controlled("bdf", 1e-9), 3e4);
    double worst = 0;
    for (std::size_t i = 0; i < explicit_run.energies.size(); ++i) {
      worst = std::max(worst, std::abs(explicit_run.energies[i] - implicit_run.energies[i]));
    }
    fmt::print("16 tokens, start {}: dopri5 {} steps, {} forces; bdf {} steps, {} forces; energies differ by {:.1e}\n",
               seed, explicit_run.steps, explicit_run.forces, implicit_run.steps, implicit_run.forces, worst);
    CHECK(worst < 1e-6);
    CHECK(explicit_run.energies.back() > 1.5 * explicit_run.energies.front());
    CHECK(explicit_run.steps > 15 * implicit_run.steps);
    CHECK(explicit_run.forces > 40 * implicit_run.forces);
  }
}

TEST_CASE("a stiff flow takes an explicit stepper 100 times as many steps") {
  const auto exact = [](double t) {
    return Vector((-saddle.a.array() * t).exp() * Vector{{1, 1e-3, 0.01}}.array()).normalized().eval();
  };
  for (const double tolerance : {1e-6, 1e-9}) {
    Simulation implicit_run{gradient_flow(saddle), near_saddle(1e-3), stepper(controlled("bdf", tolerance))};
    double worst = 0;
    implicit_run.observe(grid(0, 200, 50),
                         [&](double t, const State& s) { worst = std::max(worst, (s.position - exact(t)).norm()); });
    implicit_run.run(200);
    Simulation explicit_run{gradient_flow(saddle), near_saddle(1e-3), stepper(controlled("dopri5", tolerance))};
    explicit_run.run(200);
    // On the way out an error of the amplitude, 1e-3, weighs a thousandfold.
    CHECK(worst < 2e4 * tolerance);
    CHECK(worst > tolerance);
    CHECK(explicit_run.steps() > 100 * implicit_run.steps());
  }
}

TEST_CASE("bdf leaves a saddle even from an amplitude below its tolerance") {
  // δ e^{0.1 t} = 1 at t = 10 ln 1/δ.
  for (const double tolerance : {1e-4, 1e-6, 1e-9}) {
    for (const double amplitude : {1e-8, 1e-10, 1e-12}) {
      Simulation simulation{gradient_flow(saddle), near_saddle(amplitude), stepper(controlled("bdf", tolerance))};
      double left = 0;
      simulation.observe(grid(0, 600, 600), [&](double t, const State& s) {
        if (left == 0 && s.position[1] > std::sqrt(0.5)) left = t;
      });
      simulation.run(600);
      INFO("rel_tol = " << tolerance << ", amplitude " << amplitude);
      CHECK(left > 0.6 * 10 * std::log(1 / amplitude));
      CHECK(left < 1.1 * 10 * std::log(1 / amplitude));
      CHECK(simulation.state().position[1] == Approx(1).epsilon(1e-12));
    }
  }
}

TEST_CASE("with many coordinates bdf solves by Krylov iterations, to the same accuracy") {
  const auto explicit_run = run(self_attention(202, 4), 5, controlled("dopri5", 1e-8), 12);
  const auto implicit_run = run(self_attention(202, 4), 5, controlled("bdf", 1e-8), 12);
  for (std::size_t i = 0; i < explicit_run.energies.size(); ++i) {
    CHECK(std::abs(explicit_run.energies[i] - implicit_run.energies[i]) < 2e-6);
  }
  CHECK(explicit_run.energies.back() > 1.5 * explicit_run.energies.front());
}

TEST_CASE("bdf goes on with the same bits after a restart, with LU and with GMRES") {
  for (const Eigen::Index tokens : {8, 202}) {
    const auto attention = self_attention(tokens, 4);
    const double end = tokens == 8 ? 1000 : 0.5;
    const auto depths = grid(0, end, 7);
    const auto simulation = [&] {
      Flow flow = first_order_flow(attention);
      flow.accounts_heat = true;
      return Simulation{flow, {random_tokens(attention, 3), {}}, stepper(controlled("bdf", 1e-7))};
    };
    for (const int stop_after : {0, 1, 9, 60, 150}) {
      std::vector<State> whole, split;
      Simulation unsplit = simulation();
      unsplit.observe(depths, [&](double, const State& s) { whole.push_back(s); });
      REQUIRE(unsplit.run(end));
      Simulation first = simulation();
      first.observe(depths, [&](double, const State& s) { split.push_back(s); });
      int asked = 0;
      first.stop_when([&] { return asked++ == stop_after; });
      if (first.run(end)) continue;
      Simulation second = simulation();
      second.observe(depths, [&](double, const State& s) { split.push_back(s); });
      second.restore(first.save());
      REQUIRE(second.run(end));
      INFO(tokens << " tokens, stopped after " << stop_after);
      CHECK(std::equal(whole.begin(), whole.end(), split.begin(), split.end(), same_bits));
      CHECK(second.save() == unsplit.save());
    }
  }
}

TEST_CASE("asking for depths does not change the steps of bdf") {
  const auto attention = self_attention(8);
  const auto steps = [&](int asked) {
    Simulation simulation{
        first_order_flow(attention), {random_tokens(attention, 3), {}}, stepper(controlled("bdf", 1e-8))};
    simulation.observe(grid(0, 500, asked), [](double, const State&) {});
    simulation.run(500);
    return simulation.steps();
  };
  CHECK(steps(1) == steps(997));
}

TEST_CASE("NaN and a collapsing step are errors of bdf, too") {
  struct Line {
    FlatSpace space{1};
    double (*velocity)(double);
    const FlatSpace& manifold() const { return space; }
    void force(const VectorView& x, Eigen::Ref<Vector> out) const { out[0] = velocity(x[0]); }
  };
  const auto failure = [](double (*velocity)(double), double start) {
    const Line line{FlatSpace(1), velocity};
    Simulation simulation{first_order_flow(line), {Vector::Constant(1, start), {}}, stepper(controlled("bdf", 1e-8))};
    try {
      simulation.run(5);
    } catch (const NumericalError& error) {
      return error;
    }
    FAIL("ran through");
    throw;
  };
  const auto nan = failure([](double x) { return x < 1 ? 1.0 : std::numeric_limits<double>::quiet_NaN(); }, 0);
  CHECK(nan.quantity() == "velocity");
  CHECK(nan.depth() == Approx(1).margin(0.1));
  CHECK_THAT(nan.what(), Contains("not finite"));
  // x' = 1/(1 − x): x = 1 is reached with infinite velocity at t = 1/2.
  const auto collapse = failure([](double x) { return 1 / (1 - x); }, 0);
  CHECK(collapse.quantity() == "step size");
  CHECK(collapse.depth() == Approx(0.5).epsilon(1e-4));
}

TEST_CASE("GMRES solves as LU does, within as many products as there are different eigenvalues") {
  RandomStream random(4, 0, "matrix");
  const Matrix matrix = Matrix::NullaryExpr(30, 30, [&] { return random.normal() / 10; }) + Matrix::Identity(30, 30);
  const Vector right_side = Vector::NullaryExpr(30, [&] { return random.normal(); });
  const auto product = [](const Matrix& a) { return [&a](const Vector& u, Vector& out) { out = a * u; }; };
  Vector x(30);
  Gmres gmres(30, 30);
  CHECK(gmres.solve(product(matrix), right_side, 1e-12, x));
  CHECK((matrix * x - right_side).norm() < 2e-12);
  CHECK((x - matrix.lu().solve(right_side)).norm() < 1e-11);
  CHECK(gmres.solve(product(matrix), right_side, 1e-3, x));
  CHECK((matrix * x - right_side).norm() == Approx(5e-4).margin(5e-4));
  CHECK((matrix * x - right_side).norm() > 1e-6);
  CHECK(gmres.products() < 30);

  Matrix three_values = Matrix::Zero(30, 30);
  for (int i = 0; i < 30; ++i) three_values(i, i) = std::array{1.0, 50.0, 4000.0}[static_cast<std::size_t>(i % 3)];
  CHECK(gmres.solve(product(three_values), right_side, 1e-9, x));
  CHECK(gmres.products() == 3);
  CHECK(gmres.solve(product(matrix), Vector::Zero(30), 1e-12, x));
  CHECK(x.norm() == 0);
  Gmres small(30, 5);
  CHECK_FALSE(small.solve(product(matrix), right_side, 1e-12, x));
  const Matrix not_numbers = matrix * std::numeric_limits<double>::quiet_NaN();
  CHECK_FALSE(gmres.solve(product(not_numbers), right_side, 1e-12, x));
}
