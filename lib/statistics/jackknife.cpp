#include <softmech/statistics/jackknife.hpp>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

Estimate jackknife(RowMatrixView samples, const std::function<double(const Vector& means)>& f) {
  const Eigen::Index count = samples.rows();
  if (count == 0) throw std::invalid_argument("jackknife of 0 samples: must have at least 1");
  const auto n = static_cast<double>(count);
  const Vector mean = samples.colwise().mean();
  Estimate estimate{f(mean), std::numeric_limits<double>::quiet_NaN()};
  if (count < 2) return estimate;

  Vector without(count);
  for (Eigen::Index i = 0; i < count; ++i) without[i] = f((n * mean - samples.row(i).transpose()) / (n - 1));
  estimate.error = std::sqrt((n - 1) / n * (without.array() - without.mean()).square().sum());
  return estimate;
}

}  // namespace softmech
