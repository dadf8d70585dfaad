#include <softmech/statistics/binning.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

constexpr std::int64_t fewest_bins = 16;

double square(double x) { return x * x; }

/// Whether a coarser level says more than this one by three standard deviations.
bool still_rises(const std::vector<BinningLevel>& levels, std::size_t taken) {
  const BinningLevel& here = levels[taken];
  return std::any_of(levels.begin() + static_cast<std::ptrdiff_t>(taken) + 1, levels.end(), [&](const auto& coarser) {
    if (coarser.bins < fewest_bins) return false;
    const double spread = 2 * (1.0 / static_cast<double>(coarser.bins) - 1.0 / static_cast<double>(here.bins));
    return square(coarser.error) - square(here.error) > 3 * square(here.error) * std::sqrt(spread);
  });
}

}  // namespace

void Binning::add(double value) {
  for (std::size_t k = 0;; ++k) {
    if (k == levels_.size()) levels_.emplace_back();
    Level& level = levels_[k];
    level.bins.add(value);
    level.half = !level.half;
    if (level.half) {
      level.waiting = value;
      return;
    }
    value = 0.5 * (level.waiting + value);
  }
}

std::int64_t Binning::count() const { return levels_.empty() ? 0 : levels_.front().bins.count(); }

double Binning::mean() const { return levels_.empty() ? Moments{}.mean() : levels_.front().bins.mean(); }

std::vector<BinningLevel> Binning::levels() const {
  std::vector<BinningLevel> levels;
  for (const Level& level : levels_) {
    const std::int64_t bins = level.bins.count();
    if (bins < 2) break;
    const double error = level.bins.standard_error();
    levels.push_back(
        {std::int64_t{1} << levels.size(), bins, error, error / std::sqrt(2.0 * static_cast<double>(bins - 1))});
  }
  return levels;
}

BinnedMean Binning::estimate() const {
  const std::vector<BinningLevel> all = levels();
  if (all.empty()) return {.mean = mean(), .error = std::numeric_limits<double>::quiet_NaN()};
  const double uncorrelated = square(all.front().error);
  std::size_t taken = 0;
  bool found = false;
  for (std::size_t k = 0; k < all.size() && !found && all[k].bins >= fewest_bins; ++k) {
    const double size = static_cast<double>(all[k].bin_size), inflation = square(all[k].error) / uncorrelated;
    found = size * size * size > 2 * static_cast<double>(count()) * square(inflation);
    if (found || all[k].error > all[taken].error) taken = k;
  }
  return {.mean = mean(),
          .error = all[taken].error,
          .autocorrelation_time = uncorrelated > 0 ? 0.5 * square(all[taken].error) / uncorrelated : 0.5,
          .level = static_cast<int>(taken),
          .converged = found && !still_rises(all, taken)};
}

Binning binning(std::span<const double> series) {
  Binning result;
  for (const double value : series) result.add(value);
  return result;
}

}  // namespace softmech
