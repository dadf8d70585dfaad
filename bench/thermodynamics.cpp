// Softmax thermodynamics of 4096 rows × 1024 keys, on one core: ours against a scalar loop and against Eigen arrays.
//   bench-thermodynamics                                  times of each, and the ratios of the alternating rounds
//   bench-thermodynamics --benchmark_filter=alternating   the ratios only
// "scalar" computes the same twelve quantities with std::exp; "scalar_short" and "eigen" only ln Z, U, S, C.
#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <vector>

#include "softmech/attention/boltzmann_sums.hpp"
#include "softmech/attention/thermodynamics.hpp"
#include "softmech/ensemble/random.hpp"

using namespace softmech;

namespace {

constexpr Eigen::Index rows = 4096, keys = 1024;
constexpr double temperature = 8;  // √64, energies of standard deviation 8

const RowMatrix& energies() {
  static const RowMatrix values = [] {
    RowMatrix batch(rows, keys);
    RandomStream random(1, 0, "bench");
    random.fill_normal({batch.data(), static_cast<std::size_t>(batch.size())});
    return RowMatrix(batch * temperature);
  }();
  return values;
}

using Result = std::array<double, 4>;  // ln Z, U, S, C

Result scalar_short_row(const double* row, double beta, std::vector<double>& weights) {
  double lowest = row[0];
  for (Eigen::Index i = 1; i < keys; ++i) lowest = std::min(lowest, row[i]);
  double partition = 0, first = 0;
  for (Eigen::Index i = 0; i < keys; ++i) {
    weights[i] = std::exp((lowest - row[i]) * beta);
    partition += weights[i];
    first += weights[i] * row[i];
  }
  const double mean = first / partition;
  double second = 0;
  for (Eigen::Index i = 0; i < keys; ++i) second += weights[i] * (row[i] - mean) * (row[i] - mean);
  const double log_partition = std::log(partition) - lowest * beta;
  return {log_partition, mean, log_partition + mean * beta, second / partition * beta * beta};
}

// All that boltzmann_sums offers; F, the normalized C and the like follow in constant time.
double scalar_row(const double* row, double beta, std::vector<double>& weights) {
  double lowest = row[0];
  for (Eigen::Index i = 1; i < keys; ++i) lowest = std::min(lowest, row[i]);
  double partition = 0, first = 0, squares = 0, total = 0;
  for (Eigen::Index i = 0; i < keys; ++i) {
    const double x = (row[i] - lowest) * beta;
    weights[i] = std::exp(-x);
    partition += weights[i];
    first += weights[i] * x;
    squares += weights[i] * weights[i];
    total += x;
  }
  const double mean = first / partition, logit_mean = total / keys;
  double second = 0, spread = 0;
  for (Eigen::Index i = 0; i < keys; ++i) {
    const double x = (row[i] - lowest) * beta;
    second += weights[i] * (x - mean) * (x - mean);
    spread += (x - logit_mean) * (x - logit_mean);
  }
  return std::log(partition) + mean + second / partition + partition * partition / squares + spread / keys;
}

Result eigen_row(const double* row, double beta, Eigen::ArrayXd& weights) {
  const Eigen::Map<const Eigen::ArrayXd> energy(row, keys);
  const double lowest = energy.minCoeff();
  weights = ((lowest - energy) * beta).exp();
  const double partition = weights.sum();
  const double mean = (weights * energy).sum() / partition;
  const double variance = (weights * (energy - mean).square()).sum() / partition;
  const double log_partition = std::log(partition) - lowest * beta;
  return {log_partition, mean, log_partition + mean * beta, variance * beta * beta};
}

double scalar_batch() {
  std::vector<double> weights(keys);
  double check = 0;
  for (Eigen::Index r = 0; r < rows; ++r) check += scalar_row(&energies()(r, 0), 1 / temperature, weights);
  return check;
}

double scalar_short_batch() {
  std::vector<double> weights(keys);
  double check = 0;
  for (Eigen::Index r = 0; r < rows; ++r) check += scalar_short_row(&energies()(r, 0), 1 / temperature, weights)[3];
  return check;
}

double eigen_batch() {
  Eigen::ArrayXd weights(keys);
  double check = 0;
  for (Eigen::Index r = 0; r < rows; ++r) check += eigen_row(&energies()(r, 0), 1 / temperature, weights)[3];
  return check;
}

double softmech_batch() { return thermodynamics_batch(energies(), temperature).specific_heat.sum(); }
template <InstructionSet instructions>
double sums_batch() {
  double check = 0;
  for (Eigen::Index r = 0; r < rows; ++r) {
    check += boltzmann_sums({&energies()(r, 0), keys}, energies().row(r).minCoeff(), temperature, instructions).weight;
  }
  return check;
}
double avx2_sums() { return sums_batch<InstructionSet::avx2>(); }
double reference_batch() {
  return thermodynamics_batch(energies(), temperature, Kernel::reference).specific_heat.sum();
}

template <double (*batch)()>
void per_key(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(batch());
  state.counters["s_per_key"] = benchmark::Counter(
      static_cast<double>(rows * keys), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(per_key<softmech_batch>)->Unit(benchmark::kMillisecond);
BENCHMARK(per_key<avx2_sums>)->Unit(benchmark::kMillisecond);
BENCHMARK(per_key<eigen_batch>)->Unit(benchmark::kMillisecond);
BENCHMARK(per_key<scalar_batch>)->Unit(benchmark::kMillisecond);
BENCHMARK(per_key<scalar_short_batch>)->Unit(benchmark::kMillisecond);
BENCHMARK(per_key<reference_batch>)->Unit(benchmark::kMillisecond);

double processor_time(double (*batch)()) {
  const std::clock_t start = std::clock();
  benchmark::DoNotOptimize(batch());
  return static_cast<double>(std::clock() - start);
}

// In processor time, which other programs on the machine disturb less. Each round runs all one after another; the
// counters are medians over rounds of the ratio within a round.
void alternating(benchmark::State& state) {
  std::vector<double> scalar, scalar_short, eigen, avx2;
  for (auto _ : state) {
    const double ours = processor_time(softmech_batch);
    eigen.push_back(processor_time(eigen_batch) / ours);
    scalar.push_back(processor_time(scalar_batch) / ours);
    avx2.push_back(processor_time(avx2_sums) / ours);
    scalar_short.push_back(processor_time(scalar_short_batch) / ours);
  }
  using bench::median;
  state.counters["scalar_over_softmech"] = median(scalar);
  state.counters["scalar_short_over_softmech"] = median(scalar_short);
  state.counters["eigen_over_softmech"] = median(eigen);
  state.counters["avx2_sums_over_softmech"] = median(avx2);
}
BENCHMARK(alternating)->Iterations(15)->Unit(benchmark::kMillisecond);

// A single row, from cache to memory.
void row_of_keys(benchmark::State& state) {
  RandomStream random(1, 0, "bench");
  Vector row(state.range(0));
  random.fill_normal({row.data(), static_cast<std::size_t>(row.size())});
  for (auto _ : state) benchmark::DoNotOptimize(thermodynamics(row, 1));
  state.counters["s_per_key"] = benchmark::Counter(
      static_cast<double>(row.size()), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(row_of_keys)->Arg(8)->Arg(32)->Arg(128)->Arg(1000)->Arg(10'000)->Arg(1'000'000)->Arg(10'000'000);

}  // namespace
