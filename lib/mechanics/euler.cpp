// Explicit Euler in the embedding space, projected back after each step.
#include <softmech/mechanics/fixed_step.hpp>

namespace softmech {

void euler_step(const Flow& flow, State& state, double h, StepBuffers& buffers) {
  Vector &x = state.position, &v = state.velocity;
  if (flow.accounts_heat) state.heat += h * dissipated_power(flow, x, v);
  if (flow.second_order) {
    flow.acceleration(x, v, buffers.acceleration);
    x += h * v;
    v += h * buffers.acceleration;
    flow.project(x, v);
    return;
  }
  x += h * v;
  flow.project(x, v);
  flow.force(x, v);
  v /= flow.friction;
}

std::unique_ptr<Stepper> euler(const SolverSettings& settings) { return fixed_step("euler", settings, euler_step); }

}  // namespace softmech
