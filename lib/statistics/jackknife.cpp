#include <softmech/statistics/jackknife.hpp>

#include <fmt/format.h>

#include <limits>
#include <stdexcept>

namespace softmech {

JackknifeEstimates jackknife_estimates(RowMatrixView samples, const std::function<Vector(const Vector& means)>& f) {
  const Eigen::Index count = samples.rows();
  if (count == 0) throw std::invalid_argument("jackknife of 0 samples: must have at least 1");
  const auto n = static_cast<double>(count);
  const Vector mean = samples.colwise().mean();
  JackknifeEstimates estimates{.values = f(mean), .corrected = {}, .covariance = {}};
  const Eigen::Index quantities = estimates.values.size();
  if (count < 2) {
    constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
    estimates.corrected = Vector::Constant(quantities, unknown);
    estimates.covariance = Matrix::Constant(quantities, quantities, unknown);
    return estimates;
  }
  Matrix without(quantities, count);
  for (Eigen::Index i = 0; i < count; ++i) without.col(i) = f((n * mean - samples.row(i).transpose()) / (n - 1));
  const Vector average = without.rowwise().mean();
  estimates.corrected = n * estimates.values - (n - 1) * average;
  without.colwise() -= average;
  estimates.covariance = (n - 1) / n * (without * without.transpose());
  return estimates;
}

Estimate jackknife(RowMatrixView samples, const std::function<double(const Vector& means)>& f) {
  const JackknifeEstimates estimates =
      jackknife_estimates(samples, [&](const Vector& means) { return Vector::Constant(1, f(means)).eval(); });
  return {estimates.values[0], estimates.error(0)};
}

RowMatrix block_means(RowMatrixView samples, Eigen::Index blocks) {
  if (blocks < 1 || blocks > samples.rows())
    throw std::invalid_argument(
        fmt::format("blocks = {} of {} samples: must be >= 1 and at most their number", blocks, samples.rows()));
  const Eigen::Index length = samples.rows() / blocks, first = samples.rows() - length * blocks;
  RowMatrix means(blocks, samples.cols());
  for (Eigen::Index b = 0; b < blocks; ++b)
    means.row(b) = samples.middleRows(first + b * length, length).colwise().mean();
  return means;
}

}  // namespace softmech
