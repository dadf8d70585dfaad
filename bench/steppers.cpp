// What the steppers cost and what they buy: one undamped query of 64 keys over a depth of 100, about 45 periods of its
// modes. Counters: steps, and the largest |H(t) − H(0)| in units of F(0) − F*. Compare energy errors at equal time.
//
// And metastable tokens, 32 on the circle at β = 9 to a depth of 10^5, explicitly and implicitly. Counters: steps,
// forces, and the largest difference of the interaction energy from that of dopri5 at 10 digits, at 60 depths that are
// even in their logarithm.
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/sphere_product.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/query.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

using namespace softmech;

void run(benchmark::State& bench, const SolverSettings& settings) {
  RandomStream source(7, 0, "query");
  const QuerySystem query(random_energies(64, 64, source), 8);
  const QueryState start = query.near_equilibrium_start(0.05, source);
  const double energy = total_energy(query, start);
  std::vector<double> depths;
  for (int i = 0; i <= 100; ++i) depths.push_back(i);

  double worst = 0, steps = 0;
  for (auto _ : bench) {
    Simulation simulation{query, start, stepper(settings)};
    worst = 0;
    simulation.observe(depths, [&](double, const QueryState& state) {
      worst = std::max(worst, std::abs(total_energy(query, state) - energy));
    });
    simulation.run(100);
    steps = static_cast<double>(simulation.steps());
  }
  bench.counters["steps"] = steps;
  bench.counters["energy_error"] = worst / query.excess(start);
  bench.counters["time_per_step"] =
      benchmark::Counter(steps, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void fixed(benchmark::State& bench, const std::string& name) {
  SolverSettings settings;
  settings.stepper = name;
  settings.step = 1.0 / static_cast<double>(bench.range(0));
  run(bench, settings);
}

void controlled(benchmark::State& bench, const std::string& name) {
  SolverSettings settings;
  settings.stepper = name;
  settings.rel_tol = std::pow(10.0, -static_cast<double>(bench.range(0)));
  settings.abs_tol = settings.rel_tol;
  run(bench, settings);
}

/// x_i' = P Σ_j softmax_j(β x_i·x_j) x_j on the circle.
struct Tokens {
  double beta = 9;
  SphereProduct space{32, 2};
  mutable double forces = 0;
  mutable Matrix weights{32, 32};

  const SphereProduct& manifold() const { return space; }
  void fill_weights(const VectorView& x) const {
    const Eigen::Map<const Matrix> tokens(x.data(), 2, space.tokens());
    weights.noalias() = tokens.transpose() * tokens;
    weights = (beta * (weights.array() - 1)).exp();
  }
  void force(const VectorView& x, Eigen::Ref<Vector> out) const {
    ++forces;
    fill_weights(x);
    Eigen::Map<Matrix> means(out.data(), 2, space.tokens());
    means.noalias() = Eigen::Map<const Matrix>(x.data(), 2, space.tokens()) * weights;
    means.array().rowwise() /= weights.array().colwise().sum();
    space.project_vector_in_place(x, out);
  }
};

std::vector<double> metastable_energies(const SolverSettings& settings, double& steps, double& forces) {
  const Tokens tokens;
  RandomStream source(7, 0, "start");
  std::vector<double> depths, energies;
  for (int k = 0; k < 60; ++k) depths.push_back(0.1 * std::pow(10, 6 * k / 59.0));
  Simulation simulation{first_order_flow(tokens), {tokens.space.random_point(source), {}}, stepper(settings)};
  simulation.observe(depths, [&](double, const State& state) {
    tokens.fill_weights(state.position);
    energies.push_back(tokens.weights.mean());
  });
  simulation.run(depths.back());
  steps = static_cast<double>(simulation.steps());
  forces = tokens.forces;
  return energies;
}

void metastable(benchmark::State& bench, const std::string& name) {
  SolverSettings settings;
  double steps = 0, forces = 0;
  settings.rel_tol = 1e-10;
  static const std::vector<double> exact = metastable_energies(settings, steps, forces);
  settings.stepper = name;
  settings.rel_tol = std::pow(10.0, -static_cast<double>(bench.range(0)));
  std::vector<double> energies;
  for (auto _ : bench) energies = metastable_energies(settings, steps, forces);
  double worst = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) worst = std::max(worst, std::abs(energies[i] - exact[i]));
  bench.counters["steps"] = steps;
  bench.counters["forces"] = forces;
  bench.counters["energy_error"] = worst;
}

}  // namespace

BENCHMARK_CAPTURE(metastable, dopri5, "dopri5")->ArgName("digits")->Arg(9)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metastable, bdf, "bdf")
    ->ArgName("digits")
    ->Arg(6)
    ->Arg(7)
    ->Arg(8)
    ->Arg(9)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fixed, geodesic_leapfrog, "geodesic_leapfrog")
    ->ArgName("steps_per_depth")
    ->Arg(16)
    ->Arg(64)
    ->Arg(256);
BENCHMARK_CAPTURE(fixed, symplectic_rkn, "symplectic_rkn")
    ->ArgName("steps_per_depth")
    ->Arg(8)
    ->Arg(16)
    ->Arg(32)
    ->Arg(64);
BENCHMARK_CAPTURE(fixed, euler, "euler")->ArgName("steps_per_depth")->Arg(1024);
BENCHMARK_CAPTURE(controlled, dopri5, "dopri5")->ArgName("digits")->Arg(4)->Arg(6)->Arg(8)->Arg(10);
BENCHMARK_CAPTURE(controlled, fehlberg78, "fehlberg78")->ArgName("digits")->Arg(6)->Arg(8)->Arg(10)->Arg(12);
