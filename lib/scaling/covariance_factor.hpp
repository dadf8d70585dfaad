// Cholesky factors of the covariances of Gaussian processes, a hundred points in microseconds.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <vector>

namespace softmech {

/// Σ = L Lᵀ in place, together with L⁻¹v for some vectors v. Used in this order: resize(), fill, factorize(), read.
///
/// The lower triangle of Σ is stored by columns; below it, as more rows, the vectors v, whose rows the factorization
/// turns into L⁻¹v as it turns those of Σ into L.
class CovarianceFactor {
 public:
  /// For `points` × `points`, and `vectors` vectors. Keeps its memory when it was larger.
  void resize(Eigen::Index points, Eigen::Index vectors);

  /// Σ_ij = A² exp(−(X_i − X_j)²/2ℓ²) + δ_ij variance_i.
  void fill_squared_exponential(VectorView x, double amplitude, double length, VectorView variance);
  double& element(Eigen::Index i, Eigen::Index j) { return numbers_[static_cast<std::size_t>(j * stride_ + i)]; }
  /// Component `i` of a vector: v before, L⁻¹v after the factorization.
  double& component(Eigen::Index vector, Eigen::Index i) { return element(padded_ + vector, i); }

  /// False if Σ is not positive definite in double precision; then the numbers mean nothing.
  bool factorize();

  /// ln det Σ.
  double log_determinant() const;
  /// uᵀ Σ⁻¹ v of two of the vectors.
  double product(Eigen::Index u, Eigen::Index v) const;

 private:
  Eigen::Index points_ = 0, padded_ = 0;  ///< padded_: rounded up to 4, the new ones as of a unit matrix
  Eigen::Index rows_ = 0, stride_ = 0;
  Vector numbers_;
  Vector padded_x_;
};

}  // namespace softmech
