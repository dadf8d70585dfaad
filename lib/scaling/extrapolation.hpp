// Where a number that still drifts with size is going.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// The limit v of values v + A L^{−e} for L → ∞.
struct Extrapolation {
  double value, error;              ///< v
  double exponent, exponent_error;  ///< e
  double chi_squared;               ///< of the best fit
  bool drift_known = false;         ///< false for one value, which stands for itself
};

/// Median and half the central 68 % of Akaike's average of no drift, A = 0, and a drift marginal over A and over e,
/// flat in ln e from ¼ to 4: the error holds what is not known about the drift. `covariance` is that of the values, so
/// that pairs may share a size. Throws std::invalid_argument for no values, sizes that do not fit, or a covariance that
/// is not positive definite.
Extrapolation extrapolate(VectorView size, VectorView values, MatrixView covariance);

}  // namespace softmech
