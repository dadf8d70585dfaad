// An interval of the median that asks nothing of the distribution.
#pragma once

#include <softmech/statistics/interval.hpp>

#include <limits>
#include <span>

namespace softmech {

struct MedianInterval {
  Interval interval{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
  double coverage = 0;  ///< the chance that the interval holds the median of a continuous distribution
};

/// [x_(k), x_(n+1−k)] of the ordered values, with the largest k whose coverage 1 − 2 P(B(n, ½) < k) is at least the
/// confidence (David & Nagaraja, Order Statistics, 2003, section 7.1); exact for independent values of any continuous
/// distribution, and at least that if values are equal. Where no k is enough, at 95 % for fewer than 6 values, it is
/// their range, with a coverage of 1 − 2^(1−n): 0.5, 0.75, 0.875, 0.9375 for 2 to 5. NaN with coverage 0 for fewer than
/// 2 values. Throws std::invalid_argument unless 0 < confidence < 1 and all values are numbers.
MedianInterval median_interval(std::span<const double> sample, double confidence = 0.95);

}  // namespace softmech
