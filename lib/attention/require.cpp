#include "softmech/attention/require.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

void require_temperature(double temperature) {
  if (!(std::isfinite(temperature) && temperature > 0)) {
    throw std::invalid_argument(fmt::format("temperature = {}: must be finite and > 0; try 1", temperature));
  }
}

void require_energies(VectorView energies) {
  if (energies.size() == 0)
    throw std::invalid_argument("energies is empty: must hold one energy per key, at least one");
  if (energies.allFinite()) return;
  for (Eigen::Index key = 0; key < energies.size(); ++key) {
    if (std::isfinite(energies[key])) continue;
    throw std::invalid_argument(
        fmt::format("energies[{}] = {}: must be finite; leave masked keys out of the row", key, energies[key]));
  }
}

void require_size(std::string_view name, Eigen::Index size, std::string_view reference, Eigen::Index expected) {
  if (size == expected) return;
  throw std::invalid_argument(
      fmt::format("{} has {} entries: must have {}, one per entry of {}", name, size, expected, reference));
}

}  // namespace softmech
