#include <softmech/mechanics/oscillation.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

Vector oscillation_frequencies(const MatrixView& displacements, double spacing) {
  const Eigen::Index samples = displacements.cols();
  if (samples < 3 || !(spacing > 0)) {
    throw std::invalid_argument(fmt::format("{} samples at spacing {}: must be at least 3 and > 0", samples, spacing));
  }
  const auto middle = displacements.middleCols(1, samples - 2);
  const auto bend = 2 * middle - displacements.leftCols(samples - 2) - displacements.rightCols(samples - 2);
  const Vector sine_squared =
      0.25 * middle.cwiseProduct(bend).rowwise().sum().array() / middle.rowwise().squaredNorm().array();
  if (!(sine_squared.array() > 0 && sine_squared.array() < 1).all()) {
    throw std::invalid_argument(
        "displacements: every row must oscillate, slower than half the sampling rate; sample finer");
  }
  return 2 / spacing * sine_squared.array().sqrt().asin();
}

}  // namespace softmech
