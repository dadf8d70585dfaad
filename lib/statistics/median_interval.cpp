#include <softmech/statistics/median_interval.hpp>

#include <boost/math/distributions/binomial.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace softmech {

MedianInterval median_interval(std::span<const double> sample, double confidence) {
  if (!(confidence > 0 && confidence < 1))
    throw std::invalid_argument(fmt::format("confidence = {}: must be > 0 and < 1; try 0.95", confidence));
  if (std::any_of(sample.begin(), sample.end(), [](double value) { return std::isnan(value); }))
    throw std::invalid_argument("median: a value is NaN; leave it out");
  const std::size_t n = sample.size();
  if (n < 2) return {};
  std::vector<double> sorted(sample.begin(), sample.end());
  std::sort(sorted.begin(), sorted.end());
  const boost::math::binomial heads(static_cast<double>(n), 0.5);
  // P(B < k) = P(B <= k − 1), where k counts from 1.
  const auto coverage = [&](std::size_t k) { return 1 - 2 * boost::math::cdf(heads, static_cast<double>(k - 1)); };
  std::size_t k = 1;
  while (2 * (k + 1) <= n && coverage(k + 1) >= confidence) ++k;
  return {{sorted[k - 1], sorted[n - k]}, coverage(k)};
}

}  // namespace softmech
