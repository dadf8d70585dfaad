// Checks that every manifold makes before its own.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace softmech {

/// Nothing if `vector` has `size` finite entries, else what is wrong with it; `name` is what the message calls it.
std::optional<std::string> why_not_vector(std::string_view name, const VectorView& vector, Eigen::Index size);

}  // namespace softmech
