// Local maxima of a sampled curve.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace softmech {

struct Peak {
  std::size_t index = 0;
  double height = 0;
  double prominence = 0;
};

/// The local maxima with at least this prominence, from left to right, as scipy.signal.find_peaks finds them: samples
/// above both neighbors (the middle one, rounded down, of equal samples), never the first or the last. The prominence
/// is the height above the higher of two minima: those between the peak and the next higher sample, or the end, on
/// either side. Throws std::invalid_argument for NaN, which compares with nothing: leave such samples out.
std::vector<Peak> find_peaks(std::span<const double> curve, double least_prominence = 0);

/// The standard deviation of independent noise on a smooth curve: 1.4826 median|y_{i−1} − 2y_i + y_{i+1}|/√6. Second
/// differences take out the curve, the median takes out jumps. 0 for fewer than 3 samples.
double noise_of(std::span<const double> curve);

/// The median of the samples in a window around each one; near the ends it shrinks to stay symmetric. An odd window >=
/// 1 takes out excursions shorter than half of it and keeps edges. Throws std::invalid_argument for other windows.
std::vector<double> running_median(std::span<const double> curve, std::size_t window);

}  // namespace softmech
