// Errors of quantities derived from means, by leaving one sample out at a time.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cmath>
#include <functional>

namespace softmech {

/// A derived number and its uncertainty.
struct Estimate {
  double value = 0;
  double error = 0;  ///< one standard error; NaN for fewer than two samples
};

/// Several derived numbers with their common uncertainty.
struct JackknifeEstimates {
  Vector values;      ///< f(⟨x⟩)
  Vector corrected;   ///< N f(⟨x⟩) − (N−1) f̄: the bias of order 1/N is taken out
  Matrix covariance;  ///< (N−1)/N Σ (f_i − f̄)(f_i − f̄)ᵀ; NaN, as `corrected`, for fewer than two samples

  double error(Eigen::Index quantity) const { return std::sqrt(covariance(quantity, quantity)); }
};

/// The jackknife estimates of f(⟨x⟩) from independent samples x_i (rows; columns are the quantities that f combines, so
/// that their covariance is carried along), with f_i = f of the means without sample i (Efron & Tibshirani 1993,
/// chapters 10 and 11). Throws std::invalid_argument for no samples.
JackknifeEstimates jackknife_estimates(RowMatrixView samples, const std::function<Vector(const Vector& means)>& f);

/// One derived quantity: value = f(⟨x⟩), error² = (N−1)/N Σ (f_i − f̄)². The value is the plain one; its bias is O(1/N)
/// where f is curved.
Estimate jackknife(RowMatrixView samples, const std::function<double(const Vector& means)>& f);

/// Means over `blocks` successive blocks of equal length, as nearly independent samples of a correlated series (rows in
/// its order). The first rows mod blocks samples are left out. Throws std::invalid_argument unless 1 <= blocks <= rows.
RowMatrix block_means(RowMatrixView samples, Eigen::Index blocks);

}  // namespace softmech
