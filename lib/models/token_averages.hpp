// Averages over the depth of a stationary run, with errors that know its autocorrelation.
#pragma once

#include <softmech/ensemble/member.hpp>

#include <span>
#include <vector>

namespace softmech {

/// Means over a stationary series of order parameter R and potential energy V: R, R², R⁴, V and V², each with the
/// standard error of the means of 16 blocks (right where a block is long against the autocorrelation).
class TokenAverages {
 public:
  void add(double order, double potential);
  /// Records order_parameter_mean, order_parameter2, order_parameter4, energy_mean, energy2 and their _error. NaN
  /// ("not defined") before 16 samples.
  void record(Member& member) const;

  std::span<const double> samples() const { return samples_; }
  void restore(std::span<const double> samples) { samples_.assign(samples.begin(), samples.end()); }

 private:
  std::vector<double> samples_;  // R, V, R, V, …
};

}  // namespace softmech
