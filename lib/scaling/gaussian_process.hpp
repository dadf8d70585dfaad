// Collapse with the curve as a Gaussian process: the likelihood of the data whatever smooth curve they lie on.
#pragma once

#include <softmech/scaling/ansatz.hpp>
#include <softmech/scaling/covariance_factor.hpp>

#include <string>
#include <vector>

namespace softmech {

/// The marginal likelihood of scaled points (K. Harada, Phys. Rev. E 84 (2011) 056704): Y ~ N(μ, Σ) with
///   Σ_ij = A² exp(−(X_i − X_j)²/2ℓ²) + δ_ij (E_i² + s²),
/// μ constant with a flat prior and integrated out, A, ℓ, s the hyperparameters.
struct GaussianProcess {
  double log_amplitude = 0, log_length = 0, log_noise = 0;
};

/// ln p(y | θ, hyperparameters) summed over observables; −∞ outside the prior, and where Σ is singular in double
/// precision. Of one observable with n points
///   ln p = −½(YᵀΣ⁻¹Y − (1ᵀΣ⁻¹Y)²/1ᵀΣ⁻¹1 + ln det Σ + ln 1ᵀΣ⁻¹1 + (n − 1) ln 2π) + Σ_i ln |dY_i/dy_i|:
/// the Jacobian, without which exponents that shrink Y would be rewarded.
///
/// Parameters: those of the ansatz, then ("log_amplitude", "log_length", "log_noise") of each observable, with its name
/// in parentheses if there are several. Flat priors: A within 1e-3 … 1e3 standard deviations of y, ℓ within 1e-2 … 1e2
/// of x, s from 1e-3 of the median error to the standard deviation of y.
///
/// One object per thread; the arguments outlive it.
class CollapseLikelihood {
 public:
  CollapseLikelihood(const Ansatz& ansatz, const ScalingData& data);

  /// Of the ansatz and the Gaussian processes together.
  const std::vector<ScalingParameter>& parameters() const { return parameters_; }
  double operator()(VectorView parameters);

 private:
  double log_density(const GaussianProcess& process);

  const Ansatz* ansatz_;
  const ScalingData* data_;
  std::vector<ScalingParameter> parameters_;
  Collapsed collapsed_;
  Vector variance_;
  CovarianceFactor factor_;
};

/// The hyperparameters of an observable among all parameters.
GaussianProcess gaussian_process(const Ansatz& ansatz, std::size_t series, VectorView parameters);

/// The scaling function of one observable with its standard deviation at places X, for the given parameters.
struct ScalingFunction {
  Vector x, y, error;
};
ScalingFunction scaling_function(const Ansatz& ansatz, const ScalingData& data, std::size_t series,
                                 VectorView parameters, VectorView x);

}  // namespace softmech
