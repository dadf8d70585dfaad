// A point of phase space.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// Position on a manifold and tangent velocity, both in the coordinates of the embedding space.
struct State {
  Vector position;
  Vector velocity;
};

}  // namespace softmech
