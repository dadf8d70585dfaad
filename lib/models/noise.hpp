// Noise for the flow of a model, from a random stream.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <span>

namespace softmech {

/// Flow::noise from a stream at its beginning. The normal numbers of each draw begin at a block of their own; a block
/// holds two.
inline auto noise_source(RandomStream stream) {
  return [stream](std::uint64_t draw, Eigen::Ref<Vector> normals) mutable {
    const auto size = static_cast<std::size_t>(normals.size());
    stream.seek(draw * ((size + 1) / 2));
    stream.fill_normal(std::span(normals.data(), size));
  };
}

}  // namespace softmech
