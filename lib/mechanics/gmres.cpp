#include <softmech/mechanics/gmres.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {

Gmres::Gmres(Eigen::Index size, Eigen::Index most_products)
    : basis_(size, most_products + 1),
      triangular_(most_products, most_products),
      cosine_(most_products),
      sine_(most_products),
      residual_(most_products + 1),
      direction_(size),
      image_(size) {}

bool Gmres::solve(const Product& product, const Vector& right_side, double tolerance, Vector& x) {
  products_ = 0;
  residual_[0] = right_side.norm();
  x.setZero();
  if (residual_[0] <= tolerance) return true;
  basis_.col(0) = right_side / residual_[0];
  // NaN ends the loop.
  while (std::abs(residual_[products_]) > tolerance && products_ < triangular_.cols()) {
    eliminate(add_direction(product));
    ++products_;
  }
  if (!(std::abs(residual_[products_]) <= tolerance)) return false;
  const auto upper = triangular_.topLeftCorner(products_, products_).triangularView<Eigen::Upper>();
  x.noalias() = basis_.leftCols(products_) * upper.solve(residual_.head(products_)).eval();
  return true;
}

/// The next column of the Hessenberg matrix by modified Gram–Schmidt; returns its entry below the diagonal.
double Gmres::add_direction(const Product& product) {
  const Eigen::Index k = products_;
  direction_ = basis_.col(k);
  product(direction_, image_);
  for (Eigen::Index i = 0; i <= k; ++i) {
    triangular_(i, k) = basis_.col(i).dot(image_);
    image_ -= triangular_(i, k) * basis_.col(i);
  }
  const double below_diagonal = image_.norm();
  if (below_diagonal > 0) basis_.col(k + 1) = image_ / below_diagonal;
  return below_diagonal;
}

/// Givens rotations: those of the columns before, and the one that removes the entry below the diagonal.
void Gmres::eliminate(double below_diagonal) {
  const Eigen::Index k = products_;
  for (Eigen::Index i = 0; i < k; ++i) {
    const double above = triangular_(i, k), below = triangular_(i + 1, k);
    triangular_(i, k) = cosine_[i] * above + sine_[i] * below;
    triangular_(i + 1, k) = cosine_[i] * below - sine_[i] * above;
  }
  const double length = std::hypot(triangular_(k, k), below_diagonal);
  cosine_[k] = triangular_(k, k) / length;
  sine_[k] = below_diagonal / length;
  triangular_(k, k) = length;
  residual_[k + 1] = -sine_[k] * residual_[k];
  residual_[k] *= cosine_[k];
}

}  // namespace softmech
