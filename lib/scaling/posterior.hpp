// x_c and exponents with their uncertainty from the Gaussian-process likelihood.
#pragma once

#include <softmech/scaling/ensemble_sampler.hpp>
#include <softmech/scaling/gaussian_process.hpp>

namespace softmech {

/// The posterior under the flat priors of the parameters.
struct ScalingPosterior {
  std::vector<ScalingParameter> parameters;  ///< of the ansatz and the Gaussian processes
  Vector most_probable;                      ///< largest likelihood found
  double log_likelihood = 0;                 ///< there
  Vector mean, error;                        ///< of the draws
  Matrix covariance;
  Draws draws;
};

/// Walkers start around the largest likelihood found from many places. Throws std::invalid_argument if the likelihood
/// is 0 wherever it looked.
ScalingPosterior sample_posterior(const Ansatz& ansatz, const ScalingData& data, const SamplerSettings& settings = {});

}  // namespace softmech
