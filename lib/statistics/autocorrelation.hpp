// The integrated autocorrelation time of a stationary series, and the error of its mean.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <span>

namespace softmech {

/// Γ(t) = Σ (x_i − x̄)(x_{i+t} − x̄)/(N − t) for t = 0 … most_lag, by Fourier transform in O(N log N). Throws
/// std::invalid_argument unless 0 <= most_lag < N.
Vector autocovariance(std::span<const double> series, std::int64_t most_lag);

struct Autocorrelation {
  std::int64_t count = 0;
  double mean = 0;
  double error = 0;   ///< of the mean: √(2τ Γ(0)/N)
  double time = 0.5;  ///< τ = ½ + Σ_{t>0} Γ(t)/Γ(0), in steps of the series; ½ for independent values
  double time_error = 0;
  std::int64_t window = 0;   ///< the last lag of the sum
  bool long_enough = false;  ///< N >= 100 τ and the sum closed; otherwise τ and the error are likely too small

  /// N/2τ: as many independent values would give the same error.
  double effective_samples() const { return static_cast<double>(count) / (2 * time); }
  /// The block length of a block bootstrap or block jackknife with the least error, (3/2 τ² N)^{1/3} for an exponential
  /// decay (Politis & White, Econom. Rev. 23 (2004) 53, corrected 28 (2009) 372); 1 for independent values.
  std::int64_t block() const;
};

/// τ with the window of Wolff (Comput. Phys. Commun. 156 (2004) 143, hep-lat/0306017): the first W where
/// e^{−W/u} < u/√(WN), u = S/ln((2τ+1)/(2τ−1)) with S = `stretch`, so that the neglected tail and the noise are
/// balanced for a decay time of S τ. Γ is corrected for the bias of the mean by (1 + (2W+1)/N); time_error =
/// τ √(4(W + ½ − τ)/N) (his eq. 42). For alternating series (τ < ½) the sum ends at an even lag, which bounds τ and the
/// error from above. A constant series has error 0 and is never long enough. O(N log N). Throws std::invalid_argument
/// for fewer than 4 values, values that are not finite, and S <= 0.
Autocorrelation autocorrelation(std::span<const double> series, double stretch = 1.5);

}  // namespace softmech
