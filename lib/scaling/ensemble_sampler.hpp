// Draws from a density known up to a factor, in a few dimensions, whatever their scales and correlations.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <functional>

namespace softmech {

struct SamplerSettings {
  std::int64_t walkers = 0;             ///< 0: 4 per dimension, at least 16; even
  double effective_samples = 2000;      ///< draw until every parameter has as many
  std::int64_t largest_steps = 200000;  ///< per walker
  std::uint64_t seed = 1;
};

struct Draws {
  RowMatrix draws;                   ///< draws × dimensions, after the approach to equilibrium
  Vector autocorrelation_time;       ///< integrated, in steps of all walkers, per dimension
  double effective_sample_size = 0;  ///< of the slowest dimension
  double acceptance = 0;
  bool converged = false;  ///< the wanted sample size was reached and the chain is ≥ 50 autocorrelation times long
};

/// The affine-invariant ensemble of Goodman & Weare (Comm. App. Math. Comp. Sci. 5 (2010) 65): stretch moves, half of
/// the walkers against the other half. `density(walker)` makes one log-density per thread. Same bits for any number of
/// threads.
Draws sample_ensemble(const std::function<std::function<double(VectorView)>()>& density, const RowMatrix& start,
                      const SamplerSettings& settings = {});

}  // namespace softmech
