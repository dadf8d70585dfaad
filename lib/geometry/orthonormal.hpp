// Random orthonormal frames.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// Orthonormal columns that span those of a matrix, d × k with k ≤ d independent columns. Of independent normal entries
/// they are of Haar measure: signs are those that make R's diagonal positive (Mezzadri, Notices of the AMS 54, 592
/// (2007)).
inline Matrix orthonormal_columns(const Matrix& columns) {
  const Eigen::HouseholderQR<Matrix> qr(columns);
  const Matrix q = qr.householderQ() * Matrix::Identity(columns.rows(), columns.cols());
  const Vector signs = qr.matrixQR().diagonal().unaryExpr([](double r) { return r < 0 ? -1.0 : 1.0; });
  return q * signs.asDiagonal();
}

}  // namespace softmech
