// Intervals of a statistic whose distribution nobody knows, by drawing the sample again from itself.
#pragma once

#include <softmech/statistics/interval.hpp>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace softmech {

/// The mean of a sample; NaN for none.
double mean(std::span<const double> sample);
/// The quantile at `probability` in [0, 1], linear between the ordered values (type 7 of Hyndman & Fan, Am. Stat. 50
/// (1996) 361); NaN for an empty sample, and for one that holds NaN.
double quantile(std::span<const double> sample, double probability);
/// The middle value, or the mean of the two middle values: quantile(sample, 0.5).
double median(std::span<const double> sample);

struct BootstrapSettings {
  std::int64_t resamples = 2000;
  double confidence = 0.95;
  std::uint64_t seed = 1;
};

/// The percentile interval of f(sample) for independent values (Efron & Tibshirani 1993, chapter 13): the quantiles of
/// f over samples of the same size drawn with replacement. Equal arguments give equal bits. From few values it is
/// too narrow: at 95 % it covers a mean of 20 in 93 %, a median of 2, 4, 8 in 51, 87, 91 %; for medians see
/// median_interval(). NaN for fewer than 2 values, which tell no scatter. Throws std::invalid_argument unless
/// resamples >= 1 and 0 < confidence < 1.
Interval bootstrap_interval(std::span<const double> sample,
                            const std::function<double(std::span<const double>)>& statistic,
                            const BootstrapSettings& settings = {});

}  // namespace softmech
