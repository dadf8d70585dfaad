#include <softmech/models/mean_field_run.hpp>

#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/mean_field.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace softmech {

namespace {

constexpr Eigen::Index angles = 512;    // of the recorded density
constexpr Eigen::Index most_modes = 9;  // that are recorded, from 0 on

Axis angle_axis() {
  std::vector<double> values(static_cast<std::size_t>(angles));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(angles);
  return {"angle", std::move(values), "angle on the circle", "radian"};
}

/// "uniform" means all but uniform: every mode grows from a perturbation, and the first is the one that orders.
Vector start_density(const MeanField& field, const TokenStartSettings& start) {
  if (start.kind == "cap") {
    return field.state_of([&](double angle) {  // smoothed to what the modes resolve
      const double from_edge = start.angle - std::abs(std::remainder(angle, 2 * std::numbers::pi));
      return 0.5 * std::erfc(-from_edge * static_cast<double>(field.modes()) / 8);
    });
  }
  Vector state = field.uniform();
  state[0] = start.amplitude;
  return state;
}

void record(const MeanField& field, const Vector& state, const Axis& angle, const Axis& mode, Series& series) {
  Vector amplitudes(static_cast<Eigen::Index>(mode.size()));
  for (Eigen::Index m = 0; m < amplitudes.size(); ++m) amplitudes[m] = MeanField::order(state, m);
  series.record("energy", field.interaction_energy(state), "interaction energy per token");
  series.record("density_entropy", field.entropy(state), "entropy -int rho ln rho of the density");
  series.record("mean_field_free_energy", field.free_energy(state), "K energy - T density_entropy");
  series.record("order_parameter", amplitudes[1], "order parameter R = |a_1|");
  series.record("nematic_order", amplitudes[2], "|a_2|");
  series.record("mode_amplitude", amplitudes, mode, "|a_m| = |<e^{-im angle}>|");
  series.record("density", field.density(state, angles), angle, "density rho");
}

MeanField mean_field(const TokenSettings& tokens) {
  return MeanField({.law = tokens.dynamics == "sa" ? TokenLaw::sa : TokenLaw::usa,
                    .beta = tokens.beta,
                    .coupling = tokens.coupling_strength(),
                    .temperature = tokens.temperature,
                    .modes = tokens.modes});
}

}  // namespace

void require_mean_field(const TokenSettings& tokens) { mean_field(tokens); }

std::string mean_field_stepper(const TokenSettings& tokens, const SolverSettings& solver, const TimeGrid& time) {
  if (solver.stepper != "auto") return solver.stepper;
  const MeanField field = mean_field(tokens);
  return std::string(automatic_stepper(field.flow(), field.fastest_rate() * time.end));
}

void follow_mean_field(const TokenSettings& tokens, const TokenStartSettings& start, SolverSettings solver,
                       const TimeGrid& time, Member& member) {
  solver.stepper = mean_field_stepper(tokens, solver, time);
  member.coordinate("stepper", solver.stepper, "integrator of the motion");
  // bdf takes what grows from below the tolerance for what decays; so that lies below the perturbation.
  if (solver.stepper == "bdf" && start.kind == "uniform" && start.amplitude > 0)
    solver.abs_tol = std::min(solver.abs_tol, solver.rel_tol * start.amplitude);
  const MeanField field = mean_field(tokens);
  Series series = member.series({"time", time.depths(), "depth t"});
  const Axis angle = angle_axis();
  const auto modes = static_cast<std::size_t>(std::min(most_modes, field.modes() + 1));
  const Axis mode = index_axis("mode", modes, "Fourier mode");
  Vector rates(static_cast<Eigen::Index>(mode.size()));
  rates[0] = 0;  // the number of tokens is kept
  for (Eigen::Index m = 1; m < rates.size(); ++m) rates[m] = field.growth_rate(m);
  member.record("growth_rate", rates, mode, "rate at which the mode grows out of the uniform density");

  Simulation simulation(field.flow(), {start_density(field, start), {}}, stepper(solver));
  simulation.observe(time.depths(), [&](double t, const State& state) {
    field.require_resolved(state.position, t);
    record(field, state.position, angle, mode, series);
    member.progress(t / time.end);
  });
  simulation.stop_when([&] { return member.pause_due(); });
  if (const auto saved = member.resume()) simulation.restore(*saved);
  while (!simulation.run(time.end)) member.pause(simulation.save());
}

}  // namespace softmech
