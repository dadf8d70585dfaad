// Steppers with a fixed step: a one-step map, repeated an integer number of times between asked depths.
#pragma once

#include <softmech/mechanics/flow.hpp>
#include <softmech/mechanics/state.hpp>
#include <softmech/mechanics/stepper.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace softmech {

/// Buffers of a one-step map, kept from step to step.
struct StepBuffers {
  Vector force;
  Vector acceleration;
  /// Whether `force` is the force at the present position.
  bool force_is_current = false;
  /// The velocity still lacks this times `force`: a last kick that may be given together with the next step's first.
  double owed_kick = 0;
  /// Whether the velocity that first-order motion has at the present position is up to date.
  bool velocity_is_current = true;
  /// Of the noise: its numbers, and how many times it was drawn since the start.
  Vector normals;
  std::uint64_t draws = 0;
};

/// Carries a state over one step of size h.
using StepMap = void (*)(const Flow& flow, State& state, double h, StepBuffers& buffers);

/// One step of McLachlan's SB3A with exact geodesics as drifts and tangent kicks (symplectic_rkn.cpp).
void symplectic_rkn_step(const Flow& flow, State& state, double h, StepBuffers& buffers);
/// Half a kick, an exact geodesic, half a kick; friction by exact damping around it (geodesic_leapfrog.cpp).
void geodesic_leapfrog_step(const Flow& flow, State& state, double h, StepBuffers& buffers);
/// Brownian motion, a geodesic midpoint step of the force, Brownian motion (langevin.cpp).
void langevin_step(const Flow& flow, State& state, double h, StepBuffers& buffers);
/// Kick, half a geodesic, friction and noise, half a geodesic, kick (baoab.cpp).
void baoab_step(const Flow& flow, State& state, double h, StepBuffers& buffers);
/// x + h v, v + h a, then projected (euler.cpp).
void euler_step(const Flow& flow, State& state, double h, StepBuffers& buffers);

/// A stepper that divides every interval between asked depths into the smallest number of equal steps that are not
/// longer than settings.step, so no step is shorter than its neighbors and every asked depth is hit exactly.
std::unique_ptr<Stepper> fixed_step(std::string_view name, const SolverSettings& settings, StepMap map);

}  // namespace softmech
