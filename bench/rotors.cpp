// Rotors on one core, all in alternating rounds.
//   bench-rotors
// Motion. "sincos_ns": one vectorized pass of cosines and sines over the phases, per rotor; "libm_ratio": how many
// times longer the C library takes; "step_ns", "step_ratio": one all-to-all step of the leapfrog, and in such passes.
// "fft_ns", "force_ns", "ratio": forward and backward Fourier transform, a force of r^-1.5 with them, and how many
// times longer it takes. "force_ns" of other kernels. Clusters against Metropolis's single moves. "cluster_ns",
// "metropolis_ns": time of a sweep (about N rotors reflected, N moves proposed) per rotor; "cluster_tau",
// "metropolis_tau": integrated autocorrelation times of M² in sweeps; "ratio": how many times longer Metropolis takes
// for the same statistical error, the product of both.
#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/models/rotor_cluster.hpp>
#include <softmech/mechanics/stepper.hpp>
#include <softmech/models/rotor_field.hpp>
#include <softmech/models/rotor_kernels.hpp>
#include <softmech/models/rotor_system.hpp>
#include <softmech/statistics/autocorrelation.hpp>
#include <softmech/statistics/fourier.hpp>

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

/// Nanoseconds per rotor of each of some pieces of work: medians over rounds of milliseconds in which they take turns.
template <class... Work>
std::vector<double> alternating(Index rotors, const Work&... work) {
  constexpr int rounds = 25;
  std::vector<std::vector<double>> times(sizeof...(work));
  std::vector<double> once(sizeof...(work));
  const auto measure = [&](std::size_t which, const auto& piece) {
    const int repetitions = once[which] == 0 ? 1 : std::max(1, static_cast<int>(4e-3 / once[which]));
    const double start = thread_seconds();
    for (int i = 0; i < repetitions; ++i) piece();
    const double seconds = (thread_seconds() - start) / repetitions;
    if (once[which] != 0) times[which].push_back(1e9 * seconds / static_cast<double>(rotors));
    once[which] = seconds;
  };
  for (int round = 0; round < rounds; ++round) {
    std::size_t which = 0;
    (measure(which++, work), ...);
  }
  std::vector<double> medians;
  for (const std::vector<double>& own : times) medians.push_back(median(own));
  return medians;
}

Vector random_numbers(Index count, double width, const char* purpose) {
  RandomStream random(1, 0, purpose);
  return Vector::NullaryExpr(count, [&] { return width * random.normal(); });
}

void all_to_all_step(benchmark::State& state, InstructionSet instructions) {
  const Index n = state.range(0);
  if (instructions == InstructionSet::avx512 && best_instruction_set() != instructions) {
    state.SkipWithError("no AVX-512");
    return;
  }
  const RotorSystem system({.rotors = n, .dynamics = "microcanonical"}, RotorSystem::Method::fast, instructions);
  const auto leapfrog = stepper({.stepper = "geodesic_leapfrog", .step = 0.01});
  const Vector phases = random_numbers(n, 2, "phases");
  leapfrog->start(lagrangian_flow(system), 0, {phases, random_numbers(n, 1, "velocities")});
  Vector cosine(n), sine(n);
  for (auto _ : state) {
    const std::vector<double> ns = alternating(
        n, [&] { rotor_kernels(instructions).phasors(n, phases.data(), cosine.data(), sine.data()); },
        [&] { leapfrog->step(1e9); },
        [&] {
          for (Index i = 0; i < n; ++i) cosine[i] = std::cos(phases[i]), sine[i] = std::sin(phases[i]);
          benchmark::ClobberMemory();
        });
    state.counters["sincos_ns"] = ns[0];
    state.counters["step_ns"] = ns[1];
    state.counters["step_ratio"] = ns[1] / ns[0];
    state.counters["libm_ratio"] = ns[2] / ns[0];
  }
}
void avx2_step(benchmark::State& state) { all_to_all_step(state, InstructionSet::avx2); }
void avx512_step(benchmark::State& state) { all_to_all_step(state, InstructionSet::avx512); }
BENCHMARK(avx2_step)->Arg(1024)->Arg(4096)->Arg(65536)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(avx512_step)->Arg(1024)->Arg(4096)->Arg(65536)->Iterations(1)->Unit(benchmark::kMillisecond);

void fourier_force(benchmark::State& state, const std::string& boundary) {
  const Index n = state.range(0), transformed = boundary == "open" ? 2 * n : n;
  const RotorSystem system(
      {.rotors = n, .boundary = boundary, .kernel = "power", .alpha = 1.5, .dynamics = "microcanonical"});
  const Vector phases = random_numbers(n, 1, "phases");
  Vector force(n);
  FourierTransform transform(transformed);
  for (auto _ : state) {
    const std::vector<double> ns = alternating(
        n,
        [&] {
          transform.forward();
          transform.backward();
        },
        [&] { system.force(phases, force); });
    state.counters["fft_ns"] = ns[0];
    state.counters["force_ns"] = ns[1];
    state.counters["ratio"] = ns[1] / ns[0];
  }
}
BENCHMARK_CAPTURE(fourier_force, periodic, "periodic")->Arg(65536)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fourier_force, open, "open")->Arg(65536)->Iterations(1)->Unit(benchmark::kMillisecond);

void force(benchmark::State& state, const RotorSettings& settings) {
  const RotorSystem fast(settings), plain(settings, RotorSystem::Method::reference);
  const Vector phases = random_numbers(settings.rotors, 1, "phases");
  Vector out(settings.rotors);
  for (auto _ : state) {
    state.counters["force_ns"] = alternating(settings.rotors, [&] { fast.force(phases, out); })[0];
    const double start = thread_seconds();
    plain.force(phases, out);
    state.counters["reference_ratio"] =
        1e9 * (thread_seconds() - start) / static_cast<double>(settings.rotors) / state.counters["force_ns"];
  }
}
BENCHMARK_CAPTURE(force, nearest, RotorSettings{.rotors = 4096, .kernel = "nearest", .dynamics = "microcanonical"})
    ->Iterations(1);
BENCHMARK_CAPTURE(force, square,
                  RotorSettings{.rotors = 4096, .lattice = "square", .kernel = "nearest", .dynamics = "microcanonical"})
    ->Iterations(1);
BENCHMARK_CAPTURE(force, softmax, RotorSettings{.rotors = 4096, .kernel = "softmax", .dynamics = "microcanonical"})
    ->Iterations(1);
BENCHMARK_CAPTURE(force, softmax_of_all_pairs,
                  RotorSettings{.rotors = 1024, .kernel = "softmax", .scores = "power", .dynamics = "microcanonical"})
    ->Iterations(1);

}  // namespace
