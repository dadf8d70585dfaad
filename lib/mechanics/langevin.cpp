// Overdamped Langevin motion on a manifold by Strang splitting of its generator (f/Γ)·∇ + (T/Γ)Δ: half a step of
// Brownian motion, a step along the force, half a step of Brownian motion. Every part is of second order in the weak
// sense.
#include <softmech/mechanics/fixed_step.hpp>

#include <cmath>

namespace softmech {

namespace {

// Along the geodesic of the displacement u, which is transported with x. The heat ∫ f·dx along it by Simpson's rule, to
// the fifth power of |u|: by the trapezoidal rule the noise would leave a drift of first order in the step.
void displace(const Flow& flow, State& state, Eigen::Ref<Vector> u, StepBuffers& buffers) {
  Vector& x = state.position;
  if (!flow.accounts_heat) return flow.geodesic(x, u, 1);
  Vector& f = buffers.force;
  if (!buffers.force_is_current) flow.force(x, f);
  state.heat += f.dot(u) / 6;
  flow.geodesic(x, u, 0.5);
  flow.force(x, f);
  state.heat += f.dot(u) * 2 / 3;
  flow.geodesic(x, u, 0.5);
  flow.force(x, f);
  state.heat += f.dot(u) / 6;
  buffers.force_is_current = true;
}

void brownian_motion(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  if (flow.temperature == 0) return;
  flow.noise(buffers.draws++, buffers.normals);
  flow.tangent(state.position, buffers.normals);
  buffers.normals *= std::sqrt(flow.brownian_variance(2 * flow.temperature * h / flow.friction));
  displace(flow, state, buffers.normals, buffers);
}

}  // namespace

void langevin_step(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  brownian_motion(flow, state, 0.5 * h, buffers);

  // The midpoint rule x → exp_x(h P_x f(m)/Γ), m = exp_x(h f(x)/2Γ).
  Vector &middle = buffers.acceleration, &u = buffers.normals;
  flow.force(state.position, u);
  u *= 0.5 * h / flow.friction;
  middle = state.position;
  flow.geodesic(middle, u, 1);
  flow.force(middle, u);
  flow.tangent(state.position, u);
  u *= h / flow.friction;
  displace(flow, state, u, buffers);

  brownian_motion(flow, state, 0.5 * h, buffers);
  buffers.velocity_is_current = false;
}

std::unique_ptr<Stepper> langevin(const SolverSettings& settings) {
  return fixed_step("langevin", settings, langevin_step);
}

}  // namespace softmech
