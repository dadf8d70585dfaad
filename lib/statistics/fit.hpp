// Weighted least squares: the answer of every fit, and the fit of models that are linear in their coefficients.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// A fit y ≈ f(c) to values with known errors σ; linear: f = X c.
struct LeastSquaresFit {
  Vector coefficients;  ///< c
  Matrix covariance;    ///< (XᵀWX)⁻¹, X = ∂f/∂c, W = diag(1/σ²): of the errors given, not of the residuals
  double chi_squared = 0.0;  ///< Σ ((y − f)/σ)²
  Eigen::Index freedom = 0;  ///< values minus coefficients

  /// The standard error of a coefficient from the given errors.
  double error(Eigen::Index coefficient) const;
  /// The same times Birge's ratio √(χ²/freedom) where that exceeds 1: errors are not believed below the scatter.
  double scaled_error(Eigen::Index coefficient) const;
  /// Standard error of a function of the coefficients with this gradient, scaled as above: √(gᵀ cov g).
  double scaled_error(VectorView gradient) const;
  /// P(χ² at least this large | the model is right); 1 for no degrees of freedom.
  double probability() const;
};
using LinearFit = LeastSquaresFit;

/// Throws std::invalid_argument unless every error is > 0 and finite.
void require_errors(VectorView errors);

/// Minimizes Σ ((y − Xc)/σ)². `design` is X (values × coefficients), `errors` σ > 0. Throws std::invalid_argument for
/// sizes that do not fit, fewer values than coefficients, errors that are not positive, or columns that are not
/// independent.
LinearFit fit_linear(MatrixView design, VectorView values, VectorView errors);

/// The straight line y = c₀ + c₁ x.
LinearFit fit_line(VectorView x, VectorView values, VectorView errors);

}  // namespace softmech
