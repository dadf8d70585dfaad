#include <softmech/learning/spectra.hpp>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace softmech {

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
  const Covariance centered = representations.rowwise() - representations.colwise().mean();
  Covariance covariance = Covariance::Zero(centered.cols(), centered.cols());
  covariance.template selfadjointView<Eigen::Lower>().rankUpdate(centered.transpose(),
                                                                 1 / static_cast<Scalar>(centered.rows()));
  const Vector eigenvalues = Eigen::SelfAdjointEigenSolver<Covariance>(covariance, Eigen::EigenvaluesOnly)
                                 .eigenvalues()
                                 .template cast<double>()
                                 .cwiseMax(0);
  const Eigen::Index in_head = std::min(head, eigenvalues.size());
  const double large = eigenvalues.tail(in_head).sum(), small = eigenvalues.head(eigenvalues.size() - in_head).sum();
  return std::log((large + epsilon) / (small + epsilon));
}

template double head_tail_contrast(const Representations<float>&);
template double head_tail_contrast(const Representations<double>&);

}  // namespace softmech
