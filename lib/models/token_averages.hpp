// Averages over the depth of a stationary run, with errors that know its autocorrelation.
#pragma once

#include <softmech/ensemble/member.hpp>

#include <span>
#include <vector>

namespace softmech {

/// A stationary series of order parameter R and potential energy V.
class TokenAverages {
 public:
  void add(double order, double potential);

  std::span<const double> samples() const { return samples_; }
  void restore(std::span<const double> samples) { samples_.assign(samples.begin(), samples.end()); }

 private:
  std::vector<double> samples_;  // R, V, R, V, …
};

/// Records the means of R, R², R⁴, V and V² over the series of all replicas as order_parameter_mean, order_parameter2,
/// order_parameter4, energy_mean, energy2, each with its standard error (_error): from the scatter of the replicas or,
/// of a single one, from the means of 16 blocks (right where a block is long against the autocorrelation). NaN ("not
/// defined") for fewer than 16 samples of a single one.
void record_averages(std::span<const TokenAverages> replicas, Member& member);

}  // namespace softmech
