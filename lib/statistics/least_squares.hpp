// Nonlinear least squares: models of a few coefficients, fitted to values with known errors.
#pragma once

#include <softmech/statistics/fit.hpp>

#include <functional>

namespace softmech {

/// f(x_i; c) for all places x_i at once.
using FitModel = std::function<Vector(const Vector& coefficients)>;
/// ∂f(x_i; c)/∂c_j, places × coefficients.
using FitJacobian = std::function<Matrix(const Vector& coefficients)>;

struct LeastSquaresSettings {
  FitJacobian jacobian;    ///< none: central differences with steps of 6e-6 of each coefficient
  int evaluations = 2000;  ///< of the model, at most (without those for differences)
};

/// Minimizes χ² = Σ ((y − f(c))/σ)² from `start` by Levenberg–Marquardt. The covariance is (JᵀJ)⁻¹ at the minimum.
///
/// The damping follows the gain of each step (Nielsen 1999, in Madsen, Nielsen & Tingleff, Methods for Non-Linear Least
/// Squares Problems, 2004), the scales are Moré's (1978). It is written out here because these are dense problems of a
/// few coefficients: Ceres (sparse ones, automatic derivatives) and GSL (under the GPL) would add a dependency and
/// nothing else, and Eigen's port of MINPACK fails an assertion of Eigen 3.4 under the alignment that this library asks
/// for. A minimum is a local one: try several starts where χ² is rugged.
///
/// Throws std::invalid_argument for sizes that do not fit, fewer values than coefficients, errors that are not
/// positive, or a model that is not finite at the start; std::runtime_error if it does not converge, or if coefficients
/// (named by their index) are not determined by the values.
LeastSquaresFit fit_least_squares(const FitModel& model, VectorView values, VectorView errors, VectorView start,
                                  const LeastSquaresSettings& settings = {});

/// The same for values whose errors are correlated: χ² = (y − f)ᵀ C⁻¹ (y − f) with their covariance C. Throws
/// std::invalid_argument also if C is not positive definite.
LeastSquaresFit fit_least_squares_correlated(const FitModel& model, VectorView values, MatrixView covariance,
                                             VectorView start, const LeastSquaresSettings& settings = {});

}  // namespace softmech
