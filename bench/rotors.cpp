// Cluster updates of rotors against Metropolis's single moves, in alternating rounds on one core.
//   bench-rotors
// "cluster_ns", "metropolis_ns": time of a sweep (about N rotors reflected, N moves proposed) per rotor; "cluster_tau",
// "metropolis_tau": integrated autocorrelation times of M² in sweeps; "ratio": how many times longer Metropolis takes
// for the same statistical error, the product of both.
#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/models/rotor_cluster.hpp>
#include <softmech/models/rotor_field.hpp>
#include <softmech/statistics/autocorrelation.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace softmech;
using namespace bench;
using Eigen::Index;

namespace {

struct System {
  RotorCoupling coupling;
  double temperature;
  double largest;  ///< proposed change of a phase, for about half of all moves accepted
};

class Metropolis {
 public:
  Metropolis(const System& system, RandomStream random) : system_(system), random_(random) {}

  void sweep(std::vector<Rotor>& rotors) {
    Rotor sum{0, 0};
    for (const Rotor& r : rotors) sum = {sum.cosine + r.cosine, sum.sine + r.sine};
    const double n = static_cast<double>(rotors.size());
    for (std::size_t i = 0; i < rotors.size(); ++i) {
      Rotor& rotor = rotors[i];
      Rotor field{0, 0};
      if (system_.coupling.is_all()) {
        field = {(sum.cosine - rotor.cosine) / n, (sum.sine - rotor.sine) / n};
      } else {
        for (const RotorCoupling::Bond& bond : system_.coupling.bonds()) {
          const Rotor& other = rotors[system_.coupling.lattice().displaced(static_cast<Index>(i), bond.displacement)];
          field = {field.cosine + bond.strength * other.cosine, field.sine + bond.strength * other.sine};
        }
      }
      const double angle = system_.largest * (2 * random_.uniform() - 1), c = std::cos(angle), s = std::sin(angle);
      const Rotor moved{c * rotor.cosine - s * rotor.sine, s * rotor.cosine + c * rotor.sine};
      const double gain =
          field.cosine * (moved.cosine - rotor.cosine) + field.sine * (moved.sine - rotor.sine);  // of -H
      if (gain < 0 && random_.uniform() > std::exp(gain / system_.temperature)) continue;
      sum = {sum.cosine + moved.cosine - rotor.cosine, sum.sine + moved.sine - rotor.sine};
      rotor = moved;
    }
  }

 private:
  System system_;
  RandomStream random_;
};

/// Seconds of all sweeps, and M² after each of them.
template <class Sweep>
double run(std::vector<Rotor>& rotors, int sweeps, std::vector<double>& squares, Sweep sweep) {
  double seconds = 0;
  for (int i = 0; i < sweeps; ++i) {
    const double start = thread_seconds();
    sweep();
    seconds += thread_seconds() - start;
    const double m = magnetization(rotors);
    squares.push_back(m * m);
  }
  return seconds;
}

void compare(benchmark::State& state, const System& system) {
  const auto n = static_cast<std::size_t>(system.coupling.lattice().sites());
  std::vector<Rotor> reflected(n), moved(n);
  RotorCluster cluster(system.coupling, system.temperature);
  RandomStream random(1, 0, "clusters");
  Metropolis metropolis(system, {1, 0, "moves"});
  Index reflections = 0;
  for (int i = 0; i < 2000; ++i) reflections += cluster.flip(reflected, random);
  const auto clusters = std::max<Index>(1, 2000 * static_cast<Index>(n) / reflections);  // of a sweep
  constexpr int rounds = 10, sweeps = 500;
  std::vector<double> cluster_squares, metropolis_squares, ratios, cluster_times, metropolis_times;
  for (auto _ : state) {
    for (int round = 0; round <= rounds; ++round) {
      std::vector<double> first, second;
      const double fast = run(reflected, sweeps, first, [&] {
        for (Index i = 0; i < clusters; ++i) cluster.flip(reflected, random);
      });
      const double slow = run(moved, sweeps, second, [&] { metropolis.sweep(moved); });
      if (round == 0) continue;  // thermalization
      cluster_times.push_back(1e9 * fast / sweeps / static_cast<double>(n));
      metropolis_times.push_back(1e9 * slow / sweeps / static_cast<double>(n));
      ratios.push_back(slow / fast);
      cluster_squares.insert(cluster_squares.end(), first.begin(), first.end());
      metropolis_squares.insert(metropolis_squares.end(), second.begin(), second.end());
    }
  }
  const double cluster_tau = autocorrelation(cluster_squares).time,
               metropolis_tau = autocorrelation(metropolis_squares).time;
  state.counters["cluster_ns"] = median(cluster_times);
  state.counters["metropolis_ns"] = median(metropolis_times);
  state.counters["cluster_tau"] = cluster_tau;
  state.counters["metropolis_tau"] = metropolis_tau;
  state.counters["ratio"] = median(ratios) * metropolis_tau / cluster_tau;
}

BENCHMARK_CAPTURE(compare, all, System{RotorCoupling::all(1024), 0.5, 3})->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, square, System{RotorCoupling::nearest({32, 32}), 0.9, 2})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(compare, power, System{RotorCoupling::power({1, 256}, 1.5), 0.4, 2})
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
