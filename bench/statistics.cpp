// What honest errors cost: a bootstrap over members of a whole scaling study, and the analysis of long series.
#include <benchmark/benchmark.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/autocorrelation.hpp>
#include <softmech/statistics/binning.hpp>
#include <softmech/statistics/bootstrap.hpp>
#include <softmech/statistics/derived.hpp>
#include <softmech/statistics/reweighting.hpp>

#include <cmath>
#include <vector>

namespace {

using namespace softmech;

std::vector<double> correlated(std::size_t count, std::uint32_t member) {
  RandomStream random(1, member, "bench");
  std::vector<double> series(count);
  double x = 0;
  for (double& value : series) value = x = 0.98 * x + 0.2 * random.normal();  // τ = 49.5
  return series;
}

/// 1000 resamples of 64 members: Binder cumulants of 8 sizes at 20 points, from |m|, m² and m⁴.
void bootstrap_of_members(benchmark::State& state) {
  static constexpr Eigen::Index cells = 8 * 20;
  RandomStream random(1, 0, "members");
  RowMatrix samples(64, 3 * cells);
  for (Eigen::Index member = 0; member < samples.rows(); ++member) {
    for (Eigen::Index cell = 0; cell < cells; ++cell) {
      const double m = 0.5 + 0.2 * random.normal();
      samples.row(member).segment(3 * cell, 3) << std::abs(m), m * m, m * m * m * m;
    }
  }
  const auto cumulants = [](const Vector& means) {
    Vector result(cells);
    for (Eigen::Index cell = 0; cell < cells; ++cell)
      result[cell] = binder_cumulant(means[3 * cell + 1], means[3 * cell + 2]);
    return result;
  };
  for (auto _ : state) benchmark::DoNotOptimize(bootstrap_estimates(samples, cumulants, {.resamples = 1000}));
}
BENCHMARK(bootstrap_of_members)->UseRealTime()->Unit(benchmark::kMillisecond);

void binning_of_a_series(benchmark::State& state) {
  const std::vector<double> series = correlated(1'000'000, 0);
  for (auto _ : state) benchmark::DoNotOptimize(binning(series).estimate());
  state.SetItemsProcessed(state.iterations() * std::ssize(series));
}
BENCHMARK(binning_of_a_series)->Unit(benchmark::kMillisecond);

void autocorrelation_of_a_series(benchmark::State& state) {
  const std::vector<double> series = correlated(200'000, 0);
  for (auto _ : state) benchmark::DoNotOptimize(autocorrelation(series));
  state.SetItemsProcessed(state.iterations() * std::ssize(series));
}
BENCHMARK(autocorrelation_of_a_series)->Unit(benchmark::kMillisecond);

/// Ten runs of 10⁴ samples, Gaussian energies of mean −500 β and variance 500.
std::vector<CanonicalRun> ten_runs() {
  std::vector<CanonicalRun> runs;
  for (std::uint32_t k = 0; k < 10; ++k) {
    const std::vector<double> series = correlated(10'000, k);
    const double beta = 1 + 0.05 * k;
    runs.push_back({beta, -500 * beta + std::sqrt(500.0) * Eigen::Map<const Vector>(series.data(), 10'000).array()});
  }
  return runs;
}

void reweighting_of_ten_runs(benchmark::State& state) {
  const std::vector<CanonicalRun> runs = ten_runs();
  for (auto _ : state) benchmark::DoNotOptimize(Reweighting(runs).free_energies());
}
BENCHMARK(reweighting_of_ten_runs)->Unit(benchmark::kMillisecond);

void means_at_one_temperature(benchmark::State& state) {
  const Reweighting reweighting(ten_runs());
  for (auto _ : state) benchmark::DoNotOptimize(reweighting.energies(1.22));
}
BENCHMARK(means_at_one_temperature)->Unit(benchmark::kMillisecond);

}  // namespace
