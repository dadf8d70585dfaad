// Kick, geodesic, kick. Each part is the exact flow of one term of the Hamiltonian, so the map is symplectic on the
// manifold; it is the Euler–Lagrange map of the discrete action of action.hpp. Friction: the
// exact solution v e^{−Γt/M} of its own flow, half before and half after (Strang splitting).
#include <softmech/mechanics/fixed_step.hpp>

#include <cmath>

namespace softmech {

void geodesic_leapfrog_step(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  Vector &x = state.position, &v = state.velocity;
  const double kick = 0.5 * h / flow.mass;
  const double damping = std::exp(-kick * flow.friction);
  const bool is_damped = flow.friction > 0;
  const auto damp = [&] {
    if (flow.accounts_heat) state.heat += 0.5 * flow.mass * v.squaredNorm() * (1 - damping * damping);
    v *= damping;
  };

  if (!buffers.force_is_current) flow.force(x, buffers.force);
  if (is_damped) damp();
  flow.kicked_geodesic(x, v, buffers.force, buffers.owed_kick, kick, h);
  flow.force(x, buffers.force);
  buffers.force_is_current = true;
  buffers.owed_kick = is_damped ? 0 : kick;
  if (!is_damped) return;
  v += kick * buffers.force;
  damp();
}

std::unique_ptr<Stepper> geodesic_leapfrog(const SolverSettings& settings) {
  return fixed_step("geodesic_leapfrog", settings, geodesic_leapfrog_step);
}

}  // namespace softmech
