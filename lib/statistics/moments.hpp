// Mean, variance and standard error of numbers that come one at a time, or in parts that are joined.
#pragma once

#include <cstdint>

namespace softmech {

/// Running moments of a sample (Welford 1962; joined by Chan, Golub & LeVeque 1979), with compensated sums: the mean of
/// 10^9 numbers is exact to round-off, also where it is large against the spread. Values must be finite; a NaN stays.
class Moments {
 public:
  void add(double value);
  /// Takes in another part of the same sample; the parts may be of any size, also empty.
  void merge(const Moments& other);

  std::int64_t count() const { return count_; }
  /// x̄ = Σ x / N; NaN for an empty sample.
  double mean() const;
  /// Σ (x − x̄)² / (N − 1), unbiased; NaN for fewer than two values.
  double variance() const;
  double standard_deviation() const;
  /// √(variance / N): the standard error of the mean of independent values.
  double standard_error() const;

 private:
  /// A sum with its rounding errors carried along (Neumaier 1974).
  struct Sum {
    double value = 0.0, rest = 0.0;
    void add(double term);
    double total() const { return value + rest; }
  };

  std::int64_t count_ = 0;
  Sum mean_;
  Sum squares_;  // Σ (x − x̄)²
};

}  // namespace softmech
