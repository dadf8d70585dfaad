#include <softmech/models/curl.hpp>

#include <limits>

namespace softmech {

void require_curl_arguments(Eigen::Index dimension, Eigen::Index directions, double step) {
  if (dimension < 2) {
    throw std::invalid_argument(
        fmt::format("dimension = {}: in fewer than 2 dimensions every force has a potential", dimension));
  }
  if (directions < 2) {
    throw std::invalid_argument(fmt::format("directions = {}: must be at least 2; try 32", directions));
  }
  if (!(step > 0 && std::isfinite(step))) {
    throw std::invalid_argument(fmt::format("step = {}: must be > 0; try 1e-5", step));
  }
}

void orthonormalize(Matrix& columns) {
  for (Eigen::Index k = 0; k < columns.cols(); ++k) {
    for (int pass = 0; pass < 2; ++pass) {
      const Vector overlaps = columns.leftCols(k).transpose() * columns.col(k);
      columns.col(k) -= columns.leftCols(k) * overlaps;
      columns.col(k).normalize();
    }
  }
}

CurlShare curl_share_of(const Matrix& tangents, const Matrix& derivatives, Eigen::Index dimension) {
  const auto n = static_cast<double>(tangents.cols());
  const auto d = static_cast<double>(dimension);
  const Matrix jacobian = tangents.transpose() * derivatives;
  // Entry k: what direction k takes part in. Every pair is counted at both of its ends.
  const Vector antisymmetric = (jacobian - jacobian.transpose()).colwise().squaredNorm();
  const Vector squares = derivatives.colwise().squaredNorm();
  const double all_pairs = antisymmetric.sum() / 2, all_squares = squares.sum();
  if (!std::isfinite(all_squares)) throw std::runtime_error("the force whose curl is asked for is not finite");
  if (all_squares == 0) return {};

  const auto share = [d](double pair_mean, double square_mean) {
    return std::sqrt((d - 1) * pair_mean / (4 * square_mean));
  };
  CurlShare result;
  result.value = share(all_pairs / (n * (n - 1) / 2), all_squares / n);
  if (tangents.cols() == dimension) return result;
  if (tangents.cols() == 2) return {result.value, std::numeric_limits<double>::infinity()};
  Vector without(tangents.cols());
  for (Eigen::Index k = 0; k < without.size(); ++k) {
    without[k] = share((all_pairs - antisymmetric[k]) / ((n - 1) * (n - 2) / 2), (all_squares - squares[k]) / (n - 1));
  }
  const double variance = (n - 1) / n * (without.array() - without.mean()).square().sum();
  result.error = std::sqrt(variance * (1 - n / d));
  return result;
}

double residual_share(const VectorView& force, const VectorView& reference) {
  if (force.size() != reference.size()) {
    throw std::invalid_argument(
        fmt::format("forces of {} and {} numbers: must be of one size", force.size(), reference.size()));
  }
  const double norm = force.norm();
  if (norm == 0) return 0;
  const double square = reference.squaredNorm();
  if (square == 0) return 1;
  return (force - force.dot(reference) / square * reference).norm() / norm;
}

}  // namespace softmech
