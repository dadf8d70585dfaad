// What the steppers cost and what they buy: one undamped query of 64 keys over a depth of 100, about 45 periods of its
// modes. Counters: steps, and the largest |H(t) − H(0)| in units of F(0) − F*. Compare energy errors at equal time.
#include <softmech/ensemble/random.hpp>
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

}  // namespace

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
