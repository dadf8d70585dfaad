#include <softmech/statistics/bootstrap.hpp>

#include <softmech/ensemble/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace softmech {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
}

double mean(std::span<const double> sample) {
  if (sample.empty()) return unknown;
  return std::accumulate(sample.begin(), sample.end(), 0.0) / static_cast<double>(sample.size());
}

double quantile(std::span<const double> sample, double probability) {
  if (!(probability >= 0 && probability <= 1))
    throw std::invalid_argument(fmt::format("probability = {}: must be from 0 to 1", probability));
  const auto is_nan = [](double value) { return std::isnan(value); };  // has no place in an order
  if (sample.empty() || std::any_of(sample.begin(), sample.end(), is_nan)) return unknown;
  std::vector<double> sorted(sample.begin(), sample.end());
  const double place = probability * static_cast<double>(sorted.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), sorted.size() - 1);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(sorted.begin(), at, sorted.end());
  if (below + 1 == sorted.size()) return *at;
  const double next = *std::min_element(at + 1, sorted.end());
  return *at + (place - static_cast<double>(below)) * (next - *at);
}

double median(std::span<const double> sample) { return quantile(sample, 0.5); }

Interval bootstrap_interval(std::span<const double> sample,
                            const std::function<double(std::span<const double>)>& statistic,
                            const BootstrapSettings& settings) {
  if (settings.resamples < 1)
    throw std::invalid_argument(fmt::format("resamples = {}: must be >= 1; try 2000", settings.resamples));
  if (!(settings.confidence > 0 && settings.confidence < 1))
    throw std::invalid_argument(fmt::format("confidence = {}: must be > 0 and < 1; try 0.95", settings.confidence));
  if (sample.size() < 2) return {unknown, unknown};
  RandomStream random(settings.seed, 0, "bootstrap");
  std::vector<double> drawn(sample.size()), values(static_cast<std::size_t>(settings.resamples));
  for (double& value : values) {
    for (double& x : drawn) x = sample[random.below(sample.size())];
    value = statistic(drawn);
  }
  const double tail = 0.5 * (1 - settings.confidence);
  return {quantile(values, tail), quantile(values, 1 - tail)};
}

}  // namespace softmech
