#include <softmech/statistics/peaks.hpp>

#include <softmech/statistics/bootstrap.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

/// The lowest of the samples from `from` on, in steps of `direction`, up to the first that is higher than `height`.
double base(std::span<const double> curve, std::size_t from, std::ptrdiff_t direction, double height) {
  double lowest = height;
  for (auto i = static_cast<std::ptrdiff_t>(from); i >= 0 && i < std::ssize(curve); i += direction) {
    const double value = curve[static_cast<std::size_t>(i)];
    if (value > height) break;
    lowest = std::min(lowest, value);
  }
  return lowest;
}

}  // namespace

std::vector<Peak> find_peaks(std::span<const double> curve, double least_prominence) {
  if (std::any_of(curve.begin(), curve.end(), [](double value) { return std::isnan(value); }))
    throw std::invalid_argument("peaks: the curve has a sample that is NaN; leave it out");
  std::vector<Peak> peaks;
  for (std::size_t first = 1; first + 1 < curve.size(); ++first) {
    if (!(curve[first - 1] < curve[first])) continue;
    std::size_t last = first;
    while (last + 1 < curve.size() && curve[last + 1] == curve[first]) ++last;
    if (last + 1 < curve.size() && curve[last + 1] < curve[first]) {
      const std::size_t index = (first + last) / 2;
      const double height = curve[index];
      const double prominence = height - std::max(base(curve, index, -1, height), base(curve, index, +1, height));
      if (prominence >= least_prominence) peaks.push_back({index, height, prominence});
    }
    first = last;
  }
  return peaks;
}

double noise_of(std::span<const double> curve) {
  std::vector<double> bends;
  for (std::size_t i = 1; i + 1 < curve.size(); ++i)
    bends.push_back(std::abs(curve[i - 1] - 2 * curve[i] + curve[i + 1]));
  return bends.empty() ? 0 : 1.4826 * median(bends) / std::sqrt(6.0);  // 1.4826: of a normal distribution
}

std::vector<double> running_median(std::span<const double> curve, std::size_t window) {
  if (window % 2 == 0) throw std::invalid_argument(fmt::format("window = {}: must be odd; try {}", window, window + 1));
  const std::size_t half = window / 2;
  std::vector<double> smooth(curve.size());
  for (std::size_t i = 0; i < curve.size(); ++i) {
    const std::size_t reach = std::min({half, i, curve.size() - 1 - i});
    smooth[i] = median(curve.subspan(i - reach, 2 * reach + 1));
  }
  return smooth;
}

}  // namespace softmech
