// Collapse of 86 points of six sizes, on one core.
//   bench-scaling --benchmark_filter=likelihood   a Gaussian-process likelihood in Cholesky factorizations of its size
//   bench-scaling --benchmark_filter=quality      S with lines and with curves
//   bench-scaling --benchmark_filter=^whole       a posterior of effective sample size 2000; a fit with 200 resamples
#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/posterior.hpp>
#include <softmech/scaling/quality.hpp>

#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <vector>

using namespace softmech;
using namespace bench;

namespace {

/// y = L^{−0.3}(1.5 + tanh((x − ½)L)), errors of 1 % of the amplitude.
ScalingData data_of(const std::vector<int>& points_of_sizes) {
  constexpr double sizes[] = {8, 12, 16, 24, 32, 64};
  RandomStream random(1, 0, "data");
  std::vector<double> size, x, y, error;
  for (std::size_t s = 0; s < points_of_sizes.size(); ++s) {
    for (int i = 0; i < points_of_sizes[s]; ++i) {
      const double amplitude = std::pow(sizes[s], -0.3);
      size.push_back(sizes[s]);
      x.push_back(0.4 + 0.2 * i / (points_of_sizes[s] - 1));
      error.push_back(0.01 * amplitude);
      y.push_back(amplitude * (1.5 + std::tanh((x.back() - 0.5) * sizes[s])) + error.back() * random.normal());
    }
  }
  const auto vector = [](const std::vector<double>& values) -> Vector {
    return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
  };
  return {vector(size), vector(x), {{"y", vector(y), vector(error), {}}}, {}};
}

ScalingData data_of_86() { return data_of({15, 15, 14, 14, 14, 14}); }

/// Seconds per call, over `calls`.
template <class Call>
double seconds(int calls, Call call) {
  const double start = thread_seconds();
  for (int i = 0; i < calls; ++i) call();
  return (thread_seconds() - start) / calls;
}

/// Likelihoods, Eigen's LLT and our factorization of the same covariance in turns; medians.
void likelihood(benchmark::State& state) {
  const auto each = static_cast<int>(state.range(0));
  const ScalingData data = each == 0 ? data_of_86() : data_of(std::vector<int>(6, each));
  const Ansatz ansatz({}, data);
  CollapseLikelihood likelihood(ansatz, data);
  const Vector parameters{{0.5, 1, -0.3, -0.7, -3, -7}};
  const Eigen::Index points = data.points();
  const Vector variance = Vector::Constant(points, 1e-4);
  Collapsed collapsed;
  ansatz.collapse(parameters.head(3), data, 0, collapsed);
  const Matrix covariance = Matrix::NullaryExpr(points, points, [&](Eigen::Index i, Eigen::Index j) {
    return std::exp(-200 * std::pow(collapsed.x[i] - collapsed.x[j], 2)) + (i == j ? 1e-4 : 0);
  });
  Eigen::LLT<Matrix> eigen(points);
  CovarianceFactor factor;

  std::vector<double> whole, llt, filling, ours;
  for (auto _ : state) {
    const int calls = 200;
    whole.push_back(seconds(calls, [&] { benchmark::DoNotOptimize(likelihood(parameters)); }));
    llt.push_back(seconds(calls, [&] { benchmark::DoNotOptimize(eigen.compute(covariance).matrixLLT().data()); }));
    const auto fill = [&] {
      factor.resize(points, 2);
      factor.fill_squared_exponential(collapsed.x, 1, 0.05, variance);
    };
    filling.push_back(seconds(calls, fill));
    ours.push_back(seconds(calls, [&] {
      fill();
      benchmark::DoNotOptimize(factor.factorize());
    }));
  }
  state.counters["points"] = static_cast<double>(points);
  state.counters["us"] = 1e6 * median(whole);
  state.counters["eigen_llt_us"] = 1e6 * median(llt);
  state.counters["our_cholesky_us"] = 1e6 * (median(ours) - median(filling));
  state.counters["over_eigen_llt"] = median(whole) / median(llt);
  state.counters["over_our_cholesky"] = median(whole) / (median(ours) - median(filling));
}
BENCHMARK(likelihood)->Arg(0)->Arg(6)->Arg(27)->Arg(54)->Iterations(40)->Unit(benchmark::kMillisecond);

void quality(benchmark::State& state) {
  const ScalingData data = data_of_86();
  const Ansatz ansatz({}, data);
  const bool curves = state.range(0) == 1;
  QualityMeter meter(ansatz, data, curves ? QualityMeter::Between::curves : QualityMeter::Between::lines);
  const Vector theta{{0.5, 1, -0.3}};
  for (auto _ : state) benchmark::DoNotOptimize(meter(theta));
  state.SetLabel(curves ? "curves" : "lines");
}
BENCHMARK(quality)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

AnsatzSettings settings_of(std::int64_t corrections) {
  AnsatzSettings settings;
  settings.corrections = corrections == 1;
  settings.omega = 1;
  return settings;
}

void whole_posterior(benchmark::State& state) {
  const tbb::global_control one_core(tbb::global_control::max_allowed_parallelism, 1);
  const ScalingData data = data_of_86();
  const Ansatz ansatz(settings_of(state.range(0)), data);
  for (auto _ : state) {
    const ScalingPosterior posterior = sample_posterior(ansatz, data);
    state.counters["parameters"] = static_cast<double>(posterior.parameters.size());
    state.counters["effective_samples"] = posterior.draws.effective_sample_size;
    state.counters["slowest_time"] = posterior.draws.autocorrelation_time.maxCoeff();
    state.counters["converged"] = posterior.draws.converged;
  }
}
BENCHMARK(whole_posterior)->Arg(0)->Arg(1)->Unit(benchmark::kSecond);

void whole_quality_fit(benchmark::State& state) {
  const tbb::global_control one_core(tbb::global_control::max_allowed_parallelism, 1);
  const ScalingData data = data_of_86();
  const Ansatz ansatz(settings_of(state.range(0)), data);
  for (auto _ : state) benchmark::DoNotOptimize(fit_quality(ansatz, data).error.data());
}
BENCHMARK(whole_quality_fit)->Arg(0)->Arg(1)->Unit(benchmark::kSecond);

}  // namespace
