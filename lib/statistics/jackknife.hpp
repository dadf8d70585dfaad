// Errors of quantities derived from means, by leaving one sample out at a time.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <functional>

namespace softmech {

/// A derived number and its uncertainty.
struct Estimate {
  double value = 0;
  double error = 0;  ///< one standard error; NaN for fewer than two samples
};

/// The jackknife estimate of f(⟨x⟩) and its error from independent samples x_i (rows; columns are the quantities that f
/// combines, so that their covariance is carried along): with f_i = f of the means without sample i,
///   value = f(⟨x⟩),  error² = (N−1)/N Σ (f_i − f̄)²   (Efron & Tibshirani 1993, chapter 11).
/// The value is the plain one; its bias is O(1/N) where f is curved.
Estimate jackknife(RowMatrixView samples, const std::function<double(const Vector& means)>& f);

}  // namespace softmech
