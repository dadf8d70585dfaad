// Langevin motion with inertia on a manifold (Leimkuhler & Matthews, Appl. Math. Res. Express 2013, 34): kick B, half a
// geodesic A, friction and noise O, A, B, each the exact flow of its part. Averages over positions have errors O(h²)
// that are smaller than those of any other order of the parts.
#include <softmech/mechanics/fixed_step.hpp>

#include <cmath>

namespace softmech {

namespace {

// The Ornstein–Uhlenbeck process of the tangent velocity, exactly: v → c v + √((1 − c²) T/M) ξ, c = e^{−Γh/M}.
void friction_and_noise(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  Vector& v = state.velocity;
  const double before = v.squaredNorm();
  const double exponent = flow.friction * h / flow.mass;
  v *= std::exp(-exponent);
  if (flow.temperature > 0) {
    flow.noise(buffers.draws++, buffers.normals);
    flow.tangent(state.position, buffers.normals);
    v += std::sqrt(-std::expm1(-2 * exponent) * flow.temperature / flow.mass) * buffers.normals;
  }
  if (flow.accounts_heat) state.heat += 0.5 * flow.mass * (before - v.squaredNorm());
}

}  // namespace

void baoab_step(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  Vector &x = state.position, &v = state.velocity;
  const double kick = 0.5 * h / flow.mass;

  if (!buffers.force_is_current) flow.force(x, buffers.force);
  flow.kicked_geodesic(x, v, buffers.force, buffers.owed_kick, kick, 0.5 * h);
  friction_and_noise(flow, state, h, buffers);
  flow.geodesic(x, v, 0.5 * h);
  flow.force(x, buffers.force);
  buffers.force_is_current = true;
  buffers.owed_kick = kick;
}

std::unique_ptr<Stepper> baoab(const SolverSettings& settings) { return fixed_step("baoab", settings, baoab_step); }

}  // namespace softmech
