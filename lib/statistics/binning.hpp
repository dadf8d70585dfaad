// The error of the mean of a correlated series, kept while the series grows.
#pragma once

#include <softmech/statistics/moments.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

/// What the means of 2^level successive values, taken as independent, say about the error of the whole mean.
struct BinningLevel {
  std::int64_t bin_size = 1;
  std::int64_t bins = 0;      ///< complete ones
  double error = 0;           ///< standard error of the mean; too small while the bins are still correlated
  double error_of_error = 0;  ///< error/√(2(bins − 1))
};

struct BinnedMean {
  double mean = 0;
  double error = 0;                   ///< a lower bound unless converged; NaN for fewer than 2 values
  double autocorrelation_time = 0.5;  ///< τ = ½ (error/error of level 0)²; ½ for independent values
  int level = 0;                      ///< the one whose error is taken
  bool converged = false;             ///< the plateau test is passed
};

/// Logarithmic binning (Flyvbjerg & Petersen, J. Chem. Phys. 91 (1989) 461) of a series that comes one value at a time:
/// O(1) per value, O(log N) memory, nothing to choose beforehand.
class Binning {
 public:
  void add(double value);

  std::int64_t count() const;
  /// NaN for an empty series.
  double mean() const;
  /// The levels with at least two complete bins, from single values upward.
  std::vector<BinningLevel> levels() const;
  /// The mean and its error, from the first level with bin_size³ > 2N (error/error of level 0)⁴ (Lee et al., Phys. Rev.
  /// E 83 (2011) 066706): the remaining correlation and the noise of the error are then about equal. The plateau test:
  /// that level has at least 16 bins (its error is known within 18 %), and no coarser level with as many says more by
  /// three standard deviations, where ε_j² − ε_i² has the variance 2 ε⁴ (1/bins_j − 1/bins_i). It needs about 500 τ
  /// values. If no level passes, the error is the largest of those with at least 16 bins (or that of single values).
  BinnedMean estimate() const;

 private:
  struct Level {
    Moments bins;
    double waiting = 0;  // the first half of the next bin above
    bool half = false;
  };
  std::vector<Level> levels_;
};

/// The binning analysis of a whole series.
Binning binning(std::span<const double> series);

}  // namespace softmech
