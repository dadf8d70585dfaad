#include <softmech/learning/spectra.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace softmech {

namespace {

/// Σ of the `count` largest eigenvalues of a symmetric tridiagonal matrix, none of which is negative, to `precision` of
/// the largest: by bisection, all at once. The number of eigenvalues above x is that of positive pivots of the matrix
/// minus x (Sturm).
template <int count>
double sum_of_largest(const Vector& diagonal, const Vector& beside, double precision) {
  constexpr int lanes = (count + 3) / 4 * 4;
  const Vector squares = beside.cwiseAbs2();
  const double top = (diagonal + diagonal.cwiseAbs()).maxCoeff() / 2 + 2 * beside.cwiseAbs().maxCoeff();
  const double smallest_pivot = std::numeric_limits<double>::min() + 1e-30 * top;
  double low[lanes] = {}, high[lanes], middle[lanes], pivot[lanes], above[lanes];
  std::fill_n(high, lanes, top);
  for (double width = 1; width > precision; width /= 2) {
    for (int k = 0; k < lanes; ++k) {
      middle[k] = (low[k] + high[k]) / 2;
      pivot[k] = diagonal[0] - middle[k];
      above[k] = pivot[k] > 0 ? 1 : 0;
    }
    for (Eigen::Index i = 1; i < diagonal.size(); ++i) {
      for (int k = 0; k < lanes; ++k) {
        const double divisor = std::abs(pivot[k]) < smallest_pivot ? -smallest_pivot : pivot[k];
        pivot[k] = diagonal[i] - middle[k] - squares[i - 1] / divisor;
        above[k] += pivot[k] > 0 ? 1 : 0;
      }
    }
    for (int k = 0; k < lanes; ++k) (above[k] > k ? low[k] : high[k]) = middle[k];
  }
  double sum = 0;
  for (int k = 0; k < count; ++k) sum += (low[k] + high[k]) / 2;
  return sum;
}

}  // namespace

FourierParticipation::FourierParticipation(Eigen::Index modulus)
    : cosine_(modulus / 2, modulus), sine_(modulus / 2, modulus) {
  for (Eigen::Index a = 0; a < modulus; ++a) {
    for (Eigen::Index k = 1; k <= modulus / 2; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k * a % modulus) / static_cast<double>(modulus);
      cosine_(k - 1, a) = std::cos(angle);
      sine_(k - 1, a) = std::sin(angle);
    }
  }
}

double FourierParticipation::operator()(const RowMatrixView& embeddings) const {
  const Vector power = (cosine_ * embeddings).rowwise().squaredNorm() + (sine_ * embeddings).rowwise().squaredNorm();
  const double sum = power.sum(), squares = power.squaredNorm();
  const double round_off = 1e-24 * static_cast<double>(embeddings.rows()) * embeddings.squaredNorm();
  return sum > round_off ? sum * sum / squares : 0;
}

template <class Scalar>
double head_tail_contrast(const Representations<Scalar>& representations) {
  using Covariance = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
  constexpr double epsilon = 1e-10;
  constexpr Eigen::Index head = 5;
  const Representations<Scalar> centered = representations.rowwise() - representations.colwise().mean();
  // The products of rows with rows and of columns with columns have the same eigenvalues but for zeros.
  const bool by_rows = centered.rows() < centered.cols();
  const Eigen::Index size = std::min(centered.rows(), centered.cols());
  const Scalar weight = 1 / static_cast<Scalar>(centered.rows());
  Covariance covariance = Covariance::Zero(size, size);
  if (by_rows) {
    covariance.template selfadjointView<Eigen::Lower>().rankUpdate(centered, weight);
  } else {
    covariance.template selfadjointView<Eigen::Lower>().rankUpdate(centered.transpose(), weight);
  }
  const double all = covariance.diagonal().template cast<double>().sum();
  if (size <= head) return std::log((all + epsilon) / epsilon);
  const Eigen::Tridiagonalization<Covariance> tridiagonal(covariance);
  const double large =
      sum_of_largest<head>(tridiagonal.diagonal().template cast<double>(),
                           tridiagonal.subDiagonal().template cast<double>(), Eigen::NumTraits<Scalar>::epsilon());
  return std::log((large + epsilon) / (std::max(0.0, all - large) + epsilon));
}

template double head_tail_contrast(const Representations<float>&);
template double head_tail_contrast(const Representations<double>&);

}  // namespace softmech
