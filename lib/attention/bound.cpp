#include "softmech/attention/bound.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

// With x = ln g + 2y: C = x²/(4 cosh² y), stationary where h(y) = x - 2 coth y = 0. h rises and is concave, so Newton's
// method climbs to the root from any y below it, such as the root of ln g + 2y = 2/y < 2 coth y.
SpecificHeatBound specific_heat_bound(double keys) {
  if (keys == 1) return {};
  if (!(std::isfinite(keys) && keys >= 2)) {
    throw std::invalid_argument(fmt::format("keys = {}: must be 1 or >= 2, and finite", keys));
  }
  const double log_degeneracy = std::log(keys - 1);
  double y = 4 / (log_degeneracy + std::sqrt(log_degeneracy * log_degeneracy + 16));
  for (int iteration = 0; iteration < 50; ++iteration) {
    const double step = -(log_degeneracy + 2 * y - 2 / std::tanh(y)) / (2 + 2 / std::pow(std::sinh(y), 2));
    y += step;
    if (std::abs(step) < 1e-15) break;
  }
  const double gap = log_degeneracy + 2 * y;
  return {std::pow(gap / (2 * std::cosh(y)), 2), gap};
}

}  // namespace softmech
