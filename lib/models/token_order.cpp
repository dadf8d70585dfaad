#include <softmech/models/token_order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

constexpr Eigen::Index block = 64;  // rows of the Gram matrix at a time

// The smaller one of x xᵀ and xᵀx: both have the spectrum of the Gram matrix.
Matrix smaller_gram(const RowMatrixView& x) {
  if (x.cols() <= x.rows()) return x.transpose() * x;
  return x * x.transpose();
}

}  // namespace

double order_parameter(const RowMatrixView& x) { return x.colwise().mean().norm(); }

double nematic_order(const RowMatrixView& x) {
  const double d = static_cast<double>(x.cols());
  if (x.cols() == 1) return 1;
  const Eigen::SelfAdjointEigenSolver<Matrix> spectrum(smaller_gram(x), Eigen::EigenvaluesOnly);
  const double largest = spectrum.eigenvalues().maxCoeff() / static_cast<double>(x.rows());
  return (d * largest - 1) / (d - 1);
}

double cosine_deficit(const RowMatrixView& x) {
  if (x.rows() == 1) return 0;
  return (x.rowwise() - x.colwise().mean()).squaredNorm() / static_cast<double>(x.rows() - 1);
}

double mean_cosine(const RowMatrixView& x) { return 1 - cosine_deficit(x); }

Vector cosine_density(const RowMatrixView& x, Eigen::Index bins) {
  if (bins < 1) throw std::invalid_argument(fmt::format("bins = {}: must be at least 1; try 64", bins));
  Vector density = Vector::Zero(bins);
  const Eigen::Index n = x.rows();
  if (n == 1) return density;
  const double half_bins = 0.5 * static_cast<double>(bins);
  RowMatrix cosines;
  for (Eigen::Index first = 0; first < n; first += block) {
    const Eigen::Index rows = std::min(block, n - first);
    cosines.noalias() = x.middleRows(first, rows) * x.bottomRows(n - first).transpose();
    for (Eigen::Index i = 0; i < rows; ++i) {
      for (Eigen::Index j = i + 1; j < n - first; ++j) {
        const auto bin = static_cast<Eigen::Index>((cosines(i, j) + 1) * half_bins);
        density[std::clamp<Eigen::Index>(bin, 0, bins - 1)] += 1;
      }
    }
  }
  return density * (half_bins / density.sum());
}

double gram_participation(const RowMatrixView& x) {
  const double trace = x.squaredNorm();
  return trace * trace / smaller_gram(x).squaredNorm();
}

Matrix angular_momentum(const RowMatrixView& x, const RowMatrixView& v, double mass) {
  const Matrix product = mass * (x.transpose() * v);
  return product - product.transpose();
}

double angular_momentum_norm(const MatrixView& tensor) { return tensor.norm() / std::sqrt(2.0); }

}  // namespace softmech
