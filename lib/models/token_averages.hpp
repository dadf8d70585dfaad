// Averages over the depth of a stationary run, with errors that know its autocorrelation.
#pragma once

#include <softmech/ensemble/member.hpp>

#include <span>
#include <vector>

namespace softmech {

/// One sample of a stationary run.
struct TokenSample {
  double order = 0;                ///< R
  double potential = 0;            ///< V
  double kinetic_temperature = 0;  ///< m Σ|v|²/(n(d − 1)); 0 without inertia
};

/// The samples of a stationary run.
class TokenAverages {
 public:
  void add(const TokenSample& sample) { samples_.push_back(sample); }

  std::span<const TokenSample> samples() const { return samples_; }
  /// As numbers, for a checkpoint.
  std::vector<double> save() const;
  void restore(std::span<const double> saved);

 private:
  std::vector<TokenSample> samples_;
};

/// Records the means of R, R², R⁴, V and V² over the series of all replicas as order_parameter_mean, order_parameter2,
/// order_parameter4, energy_mean, energy2, R and its powers also under the rotors' names magnetization, magnetization2,
/// magnetization4, and kinetic_temperature, each with its standard error (_error): from the scatter of the replicas or,
/// of a single one, from the means of 16 blocks (right where a block is long against the autocorrelation). NaN ("not
/// defined") for fewer than 16 samples of a single one.
void record_averages(std::span<const TokenAverages> replicas, Member& member);

}  // namespace softmech
