#include <softmech/statistics/bootstrap.hpp>

#include <softmech/ensemble/random.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

void require_usable(const BootstrapSettings& settings) {
  if (settings.resamples < 1)
    throw std::invalid_argument(fmt::format("resamples = {}: must be >= 1; try 2000", settings.resamples));
  if (!(settings.confidence > 0 && settings.confidence < 1))
    throw std::invalid_argument(fmt::format("confidence = {}: must be > 0 and < 1; try 0.95", settings.confidence));
  if (settings.block < 1)
    throw std::invalid_argument(fmt::format("block = {}: must be >= 1; 1 for independent members", settings.block));
}

/// Calls draw(i) for every member of one resample: blocks from random places, around the end to the start.
template <class Draw>
void for_each_drawn(std::int64_t members, std::int64_t block, RandomStream& random, const Draw& draw) {
  for (std::int64_t drawn = 0; drawn < members;) {
    auto member = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(members)));
    const std::int64_t end = drawn + std::min(block, members - drawn);
    for (; drawn < end; ++drawn) {
      draw(member);
      if (++member == members) member = 0;
    }
  }
}

Interval percentile_interval(std::span<const double> values, double confidence) {
  const double tail = 0.5 * (1 - confidence);
  return {quantile(values, tail), quantile(values, 1 - tail)};
}

}  // namespace

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
  require_usable(settings);
  if (sample.size() < 2) return {unknown, unknown};
  RandomStream random(settings.seed, 0, "bootstrap");
  std::vector<double> drawn, values(static_cast<std::size_t>(settings.resamples));
  drawn.reserve(sample.size());
  for (double& value : values) {
    drawn.clear();
    for_each_drawn(std::ssize(sample), settings.block, random,
                   [&](std::int64_t i) { drawn.push_back(sample[static_cast<std::size_t>(i)]); });
    value = statistic(drawn);
  }
  return percentile_interval(values, settings.confidence);
}

Vector resample_multiplicities(Eigen::Index members, std::uint32_t resample, std::uint64_t seed, std::int64_t block) {
  RandomStream random(seed, resample, "bootstrap of members");
  Vector times = Vector::Zero(members);
  for_each_drawn(members, block, random, [&](std::int64_t i) { times[i] += 1; });
  return times;
}

RowMatrix bootstrap_means(RowMatrixView samples, const BootstrapSettings& settings) {
  require_usable(settings);
  const Eigen::Index members = samples.rows();
  if (members < 1) throw std::invalid_argument("bootstrap of 0 members: must have at least 1");
  // A chunk is one matrix product; its size follows from the number of members alone, so that its bits do.
  const Eigen::Index chunk = std::clamp<Eigen::Index>((1 << 20) / members, 1, 64);
  const Eigen::Index chunks = (settings.resamples + chunk - 1) / chunk;
  RowMatrix means(settings.resamples, samples.cols());
  tbb::parallel_for(Eigen::Index{0}, chunks, [&](Eigen::Index c) {
    const Eigen::Index first = c * chunk, rows = std::min(chunk, settings.resamples - first);
    RowMatrix times(rows, members);
    for (Eigen::Index r = 0; r < rows; ++r)
      times.row(r) =
          resample_multiplicities(members, static_cast<std::uint32_t>(first + r), settings.seed, settings.block);
    means.middleRows(first, rows).noalias() = times * samples / static_cast<double>(members);
  });
  return means;
}

BootstrapEstimates bootstrap_estimates(RowMatrixView samples, const std::function<Vector(const Vector& means)>& f,
                                       const BootstrapSettings& settings) {
  const RowMatrix means = bootstrap_means(samples, settings);
  BootstrapEstimates estimates{
      .values = f(samples.colwise().mean()), .resampled = {}, .covariance = {}, .intervals = {}};
  RowMatrix& resampled = estimates.resampled;
  resampled.resize(settings.resamples, estimates.values.size());
  tbb::parallel_for(Eigen::Index{0}, means.rows(), [&](Eigen::Index r) { resampled.row(r) = f(means.row(r)); });
  const RowMatrix centered = resampled.rowwise() - resampled.colwise().mean();
  estimates.covariance =
      centered.transpose() * centered / static_cast<double>(std::max<Eigen::Index>(1, means.rows() - 1));
  const Matrix by_number = resampled;
  for (const auto& column : by_number.colwise())
    estimates.intervals.push_back(
        percentile_interval({column.data(), static_cast<std::size_t>(column.size())}, settings.confidence));
  return estimates;
}

}  // namespace softmech
