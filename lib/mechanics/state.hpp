// A point of phase space.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// Position on a manifold and tangent velocity, both in the coordinates of the embedding space.
struct State {
  Vector position;
  Vector velocity;
  /// The energy handed to the bath of friction and noise since the start, if Flow::accounts_heat: energy + heat stays
  /// constant. Second-order motion: ∫ Γ|v|² dt less the work of the noise. First-order motion: ∫ f∘dx, the Stratonovich
  /// integral of the force along the path (Sekimoto, Prog. Theor. Phys. Suppl. 130, 17 (1998)), which is ∫ |f|²/Γ dt
  /// without noise and the loss of V where there is a potential.
  double heat = 0;
};

}  // namespace softmech
