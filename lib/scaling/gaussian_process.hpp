// Collapse with the curve as a Gaussian process: the likelihood of the data whatever smooth curve they lie on.
#pragma once

#include <softmech/scaling/ansatz.hpp>

namespace softmech {

/// The marginal likelihood of scaled points (K. Harada, Phys. Rev. E 84 (2011) 056704): Y ~ N(μ, Σ) with
///   Σ_ij = A² exp(−(X_i − X_j)²/2ℓ²) + δ_ij (E_i² + s²),
/// μ constant and integrated out, A, ℓ, s the hyperparameters.
struct GaussianProcess {
  double log_amplitude = 0, log_length = 0, log_noise = 0;
};

/// ln p(y | θ, hyperparameters) summed over observables, Jacobian of the scaling included; −∞ outside the prior.
/// Parameters: those of the ansatz, then (ln A, ln ℓ, ln s) of each observable. One object per thread.
class CollapseLikelihood {
 public:
  CollapseLikelihood(const Ansatz& ansatz, const ScalingData& data);

  /// Of the ansatz and the Gaussian processes together.
  const std::vector<ScalingParameter>& parameters() const { return parameters_; }
  double operator()(VectorView parameters);

 private:
  const Ansatz* ansatz_;
  const ScalingData* data_;
  std::vector<ScalingParameter> parameters_;
  Collapsed collapsed_;
  Matrix covariance_;
  Vector residual_;
};

}  // namespace softmech
