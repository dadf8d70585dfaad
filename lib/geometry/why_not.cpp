#include <softmech/geometry/why_not.hpp>

#include <fmt/format.h>

#include <cmath>

namespace softmech {

std::optional<std::string> why_not_vector(std::string_view name, const VectorView& vector, Eigen::Index size) {
  if (vector.size() != size) return fmt::format("{} has {} entries: must have {}", name, vector.size(), size);
  for (Eigen::Index i = 0; i < size; ++i) {
    if (!std::isfinite(vector[i])) return fmt::format("{}[{}] = {}: must be finite", name, i, vector[i]);
  }
  return std::nullopt;
}

}  // namespace softmech
