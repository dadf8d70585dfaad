// The checks that every function of attention/ makes on its arguments.
#pragma once

#include <string_view>

#include "softmech/geometry/vector.hpp"

namespace softmech {

/// Throws std::invalid_argument unless T is finite and > 0.
void require_temperature(double temperature);
/// Throws std::invalid_argument unless there is at least one energy and all are finite; names the first bad key.
void require_energies(VectorView energies);
/// Throws std::invalid_argument unless `size`, the length of `name`, is `expected`, the length of `reference`.
void require_size(std::string_view name, Eigen::Index size, std::string_view reference, Eigen::Index expected);

}  // namespace softmech
