// Sums over all pairs of tokens, the cost of a token field's right-hand side, on one core unless said otherwise.
//   bench-tokens --benchmark_filter=^peak     fused multiply-adds and exponentials alone: GFLOP/s and ns per value
//   bench-tokens --benchmark_filter=^attend   against plain Eigen (n × n matrix, Array::exp) in alternating rounds
//   bench-tokens --benchmark_filter=^circle   d = 2 by Fourier series against plain Eigen
//   bench-tokens --benchmark_filter=^replicas a replica in every lane against one system at a time
//   bench-tokens --benchmark_filter=^threads  one system on two threads against one
// "ratio" is the median of the rounds; "roofline" the share of (4n²d flop)/(FMA peak) + n² (time of an exponential),
// for symmetric sums (3n²d flop)/(FMA peak) + ½n² (time of an exponential), with both peaks measured between the
// rounds.
#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <softmech/attention/circle_sums.hpp>
#include <softmech/attention/exponential.hpp>
#include <softmech/attention/pair_kernels.hpp>
#include <softmech/attention/pair_sums.hpp>
#include <softmech/attention/replica_sums.hpp>
#include <softmech/ensemble/random.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace softmech;
using namespace bench;
using Eigen::Index;

namespace {

using Precision = PairSettings::Precision;

const char* name_of(InstructionSet instructions) { return instructions == InstructionSet::avx2 ? "avx2" : "avx512"; }

/// Seconds that a call takes, from enough calls to fill a few milliseconds.
template <class Run>
double seconds_of(Run run, double (*clock)() = thread_seconds) {
  double start = clock();
  run();
  const double once = clock() - start;
  const int calls = std::clamp(static_cast<int>(5e-3 / once), 1, 100'000);
  start = clock();
  for (int call = 0; call < calls; ++call) run();
  return (clock() - start) / calls;
}

// ---- Peaks ----

/// Chains of multiply-adds, enough of them to fill the pipelines.
template <class Lanes>
[[gnu::always_inline]] inline double multiply_add(Index rounds) {
  Lanes chain[12];
#pragma GCC unroll 12
  for (int i = 0; i < 12; ++i) chain[i] = Lanes{} + 0.1 * i;
  for (Index round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i) {
      chain[i] = chain[i] * 0.999 + 0.001;
      asm("" : "+v"(chain[i]));
    }
  }
  Lanes sum{};
#pragma GCC unroll 12
  for (int i = 0; i < 12; ++i) sum += chain[i];
  return sum[0];
}
[[gnu::noinline]] double multiply_add_avx2(Index rounds) { return multiply_add<FourLanes>(rounds); }
[[gnu::noinline, gnu::target("arch=x86-64-v4,prefer-vector-width=512")]]  //
double
multiply_add_avx512(Index rounds) {
  return multiply_add<EightLanes>(rounds);
}

/// Floating point operations in a second.
double multiply_add_peak(InstructionSet instructions) {
  constexpr Index rounds = 20'000;
  const bool wide = instructions == InstructionSet::avx512;
  const double seconds =
      seconds_of([&] { benchmark::DoNotOptimize((wide ? multiply_add_avx512 : multiply_add_avx2)(rounds)); });
  return static_cast<double>(rounds) * 12 * (wide ? 8 : 4) * 2 / seconds;
}

/// Seconds for an exponential of numbers in the first-level cache.
double exponential_peak(InstructionSet instructions) {
  const auto& kernels = pair_kernels<double>(instructions);
  Eigen::ArrayXd y = Eigen::ArrayXd::LinSpaced(1024, -100, -1);
  // The exponential of what is left of the last time is as good a number.
  const double seconds = seconds_of([&] { kernels.exponentials(y.size(), y.data()); });
  benchmark::DoNotOptimize(y.sum());
  return seconds / static_cast<double>(y.size());
}

void peak(benchmark::State& state, InstructionSet instructions) {
  for (auto _ : state) {
    state.counters["GFLOP/s"] = 1e-9 * multiply_add_peak(instructions);
    state.counters["ns_per_exp"] = 1e9 * exponential_peak(instructions);
  }
}

// ---- Right-hand sides against plain Eigen ----

RowMatrix unit_columns(Index dim, Index tokens) {
  RandomStream random(1, 0, "bench");
  RowMatrix x(dim, tokens);
  random.fill_normal({x.data(), static_cast<std::size_t>(x.size())});
  return x.colwise().normalized();
}

/// What one would write with Eigen for unit vectors: all weights e^{β(⟨x_i, x_j⟩ − 1)} in a matrix. (For general
/// queries and keys one would also take off the largest score of each row, which costs Eigen as much again.)
void plain_eigen(const Matrix& x, double beta, Matrix& weights, Vector& sum, Matrix& mean) {
  weights.noalias() = x.transpose() * x;
  weights = (beta * (weights.array() - 1)).exp();
  sum = weights.colwise().sum();
  mean.noalias() = x * weights;
  mean.array().rowwise() /= sum.transpose().array();
}

struct Rounds {
  std::vector<double> ours, eigen, ratio, roofline;
  void report(benchmark::State& state) const {
    state.counters["ms"] = 1e3 * median(ours);
    state.counters["eigen_ms"] = 1e3 * median(eigen);
    state.counters["ratio"] = median(ratio);
    state.counters["min"] = *std::min_element(ratio.begin(), ratio.end());
    state.counters["max"] = *std::max_element(ratio.begin(), ratio.end());
    if (!roofline.empty()) state.counters["roofline"] = median(roofline);
  }
};

constexpr int rounds = 9;

/// Takes turns with plain Eigen.
template <class Run, class Floor>
void against_eigen(benchmark::State& state, const RowMatrix& tokens, double beta, Run run, Floor floor) {
  const Matrix x = tokens;
  Matrix weights, mean;
  Vector sum;
  run();
  plain_eigen(x, beta, weights, sum, mean);
  Rounds r;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      r.ours.push_back(seconds_of(run));
      r.eigen.push_back(seconds_of([&] { plain_eigen(x, beta, weights, sum, mean); }));
      r.ratio.push_back(r.eigen.back() / r.ours.back());
      if (const double least = floor(); least > 0) r.roofline.push_back(least / r.ours.back());
    }
  }
  r.report(state);
}

void attend(benchmark::State& state, PairSettings settings, bool symmetric, Index dim, Index tokens) {
  const RowMatrix x = unit_columns(dim, tokens), copy = x;
  PairSums sums(settings);
  PartitionSums rows;
  RowMatrix mean;
  const PairScores scores{1.0, {}, &x, symmetric ? &x : &copy};
  const double pairs = static_cast<double>(tokens) * static_cast<double>(tokens), d = static_cast<double>(dim);
  const auto floor = [&] {
    if (settings.precision == Precision::single_precision) return 0.0;
    const double flops = multiply_add_peak(settings.instructions),
                 exponential = exponential_peak(settings.instructions);
    return symmetric ? 3 * pairs * d / flops + 0.5 * pairs * exponential : 4 * pairs * d / flops + pairs * exponential;
  };
  against_eigen(
      state, x, 1.0, [&] { sums.attend(scores, x, rows, mean); }, floor);
}

void circle(benchmark::State& state, InstructionSet instructions, Index tokens, double beta) {
  const RowMatrix x = unit_columns(2, tokens);
  CircleSums sums(instructions);
  PartitionSums rows;
  Vector tangent;
  against_eigen(
      state, x, beta, [&] { sums.attend(x, beta, rows, tangent); }, [] { return 0.0; });
  state.counters["terms"] = static_cast<double>(sums.terms());
}

// ---- Replicas ----

/// Time of `count` systems at d = 2, one after the other by symmetric pair sums, over that of all in lanes.
void replicas(benchmark::State& state, InstructionSet instructions, Index tokens, Index count) {
  std::vector<RowMatrix> systems;
  RowMatrix x(tokens, count), y(tokens, count), sum, force;
  for (Index r = 0; r < count; ++r) {
    systems.push_back(unit_columns(2, tokens));
    x.col(r) = systems.back().row(0).transpose();
    y.col(r) = systems.back().row(1).transpose();
  }
  ReplicaSums together(instructions);
  PairSums one({.instructions = instructions});
  PartitionSums rows;
  RowMatrix mean;
  std::vector<double> ratios, times;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      times.push_back(seconds_of([&] { together.attend(x, y, 4.0, sum, force); }));
      const double alone = seconds_of([&] {
        for (const RowMatrix& system : systems) one.attend({4.0, {}, &system, &system}, system, rows, mean);
      });
      ratios.push_back(alone / times.back());
    }
  }
  state.counters["ratio"] = median(ratios);
  state.counters["ns_per_pair"] = 1e9 * median(times) / static_cast<double>(tokens * tokens * count);
}

// ---- Threads ----

/// Wall-clock time of one thread over that of two.
void threads(benchmark::State& state, bool symmetric, Index dim, Index tokens) {
  const RowMatrix x = unit_columns(dim, tokens), copy = x;
  PairSums one, two({.parallel = true});
  PartitionSums rows;
  RowMatrix mean;
  const PairScores scores{1.0, {}, &x, symmetric ? &x : &copy};
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, 2);
  two.attend(scores, x, rows, mean);
  std::vector<double> ratios;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      const double alone = seconds_of([&] { one.attend(scores, x, rows, mean); }, wall_seconds);
      ratios.push_back(alone / seconds_of([&] { two.attend(scores, x, rows, mean); }, wall_seconds));
    }
  }
  state.counters["speedup"] = median(ratios);
  state.counters["max"] = *std::max_element(ratios.begin(), ratios.end());
}

template <class Run>
void add(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond)->Iterations(1);
}

}  // namespace

int main(int argc, char** argv) {
  for (const InstructionSet instructions : instruction_sets()) {
    const char* set = name_of(instructions);
    add(fmt::format("peak/{}", set), [=](benchmark::State& state) { peak(state, instructions); });
    for (const Index tokens : {512, 2048}) {
      for (const Index dim : {2, 3, 8, 16, 64}) {
        for (const bool symmetric : {true, false}) {
          for (const Precision precision : {Precision::double_precision, Precision::single_precision}) {
            const PairSettings settings{.instructions = instructions, .precision = precision};
            add(fmt::format("attend/{}/{}/{}/d{}/n{}", set,
                            precision == Precision::double_precision ? "double" : "single",
                            symmetric ? "symmetric" : "general", dim, tokens),
                [=](benchmark::State& state) { attend(state, settings, symmetric, dim, tokens); });
          }
        }
      }
    }
    for (const Index tokens : {128, 512, 2048}) {
      for (const double beta : {1.0, 9.0, 100.0}) {
        add(fmt::format("circle/{}/n{}/beta{}", set, tokens, beta),
            [=](benchmark::State& state) { circle(state, instructions, tokens, beta); });
      }
    }
  }
  for (const InstructionSet instructions : instruction_sets()) {
    for (const Index tokens : {8, 16, 32, 64}) {
      add(fmt::format("replicas/{}/n{}/64", name_of(instructions), tokens),
          [=](benchmark::State& state) { replicas(state, instructions, tokens, 64); });
    }
  }
  for (const bool symmetric : {true, false}) {
    for (const Index dim : {2, 16, 64}) {
      add(fmt::format("threads/{}/d{}/n4096", symmetric ? "symmetric" : "general", dim),
          [=](benchmark::State& state) { threads(state, symmetric, dim, 4096); });
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
