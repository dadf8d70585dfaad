// Draws from a density known up to a factor, in a few dimensions, whatever their scales and correlations.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <functional>

namespace softmech {

struct SamplerSettings {
  std::int64_t walkers = 0;             ///< of sample_posterior(); 0: 4 per dimension, at least 16. Even
  double effective_samples = 2000;      ///< draw until every parameter has as many
  std::int64_t largest_steps = 200000;  ///< per walker
  std::uint64_t seed = 1;
};

struct Draws {
  RowMatrix draws;              ///< draws × dimensions, after the approach to equilibrium: all walkers, step by step
  std::int64_t walkers = 0;     ///< as many of the draws are of one step
  std::int64_t stride = 1;      ///< steps from one of the draws of a walker to its next: long chains are thinned
  std::int64_t discarded = 0;   ///< steps of the approach
  Vector autocorrelation_time;  ///< per dimension τ = ½ + Σ ρ(t), in steps of all walkers
  double effective_sample_size = 0;  ///< of the slowest dimension, walkers · steps / 2τ
  double acceptance = 0;
  /// The wanted sample size was reached, and the chain after the approach is ≥ 100 τ long.
  bool converged = false;
};

/// The affine-invariant ensemble of Goodman & Weare (Comm. App. Math. Comp. Sci. 5 (2010) 65): stretch moves with a =
/// 2, half of the walkers against the other half. Starts are the rows of `start`, which must be even in number, more
/// than twice the dimensions, and have a finite log-density. `density()` makes a log-density for a thread. Same bits
/// for any number of threads.
///
/// What is discarded: 20 τ, and until the mean log-density is within a standard deviation of where it stays.
/// τ is that of the autocorrelations averaged over walkers, summed up to 10 τ (Sokal's window).
Draws sample_ensemble(const std::function<std::function<double(VectorView)>()>& density, const RowMatrix& start,
                      const SamplerSettings& settings = {});

}  // namespace softmech
