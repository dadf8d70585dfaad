// The steppers: one small interface, chosen by name.
#pragma once

#include <softmech/mechanics/flow.hpp>
#include <softmech/mechanics/state.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// How a flow is integrated.
struct SolverSettings {
  /// "dopri5", "fehlberg78", "symplectic_rkn", "geodesic_leapfrog" or "euler".
  std::string stepper = "dopri5";
  /// Error control of dopri5 and fehlberg78: a step's error estimate stays below
  /// abs_tol + rel_tol (|y_i| + step |dy_i/dt|) for every component of the state.
  double rel_tol = 1e-9;
  double abs_tol = 1e-12;
  /// Fixed-step steppers: the largest step; every interval between asked depths is divided into the smallest number of
  /// equal steps that are no longer. Error-controlled steppers: the first step that is tried.
  double step = 0.01;
  /// Error-controlled steppers: the largest step.
  double max_step = std::numeric_limits<double>::infinity();
};

/// The names that `SolverSettings::stepper` may have.
std::span<const std::string_view> stepper_names();

/// Carries a state along a flow, one step at a time.
class Stepper {
 public:
  virtual ~Stepper() = default;

  /// Takes the state at depth t; `Simulation` calls it once, before anything else.
  /// @throws std::invalid_argument if the stepper cannot follow this flow (a symplectic one with friction, …).
  virtual void start(const Flow& flow, double t, const State& state) = 0;
  /// One step towards the target, which lies ahead. Steppers with dense output may pass it, the others land on it
  /// exactly.
  virtual void step(double target) = 0;
  /// The depth that the steps have reached.
  virtual double time() const = 0;
  /// The size of the last step (of the first one, before it is taken).
  virtual double step_size() const = 0;
  /// The state at depth t, on the manifold: time() itself or, with dense output, any depth within the last step.
  virtual void state_at(double t, State& state) = 0;

  /// All that the next steps depend on. A stepper restored from it goes on with the same bits.
  virtual std::vector<double> save() const = 0;
  /// Goes on from what `save` returned; call it after `start` with a state of the same dimension.
  /// @throws std::invalid_argument if the numbers belong to another stepper or dimension.
  virtual void restore(std::span<const double> saved) = 0;
};

/// The stepper that the settings name.
/// @throws std::invalid_argument for an unknown name or a setting out of range.
std::unique_ptr<Stepper> stepper(const SolverSettings& settings);

/// Explicit Runge–Kutta 5(4) of Dormand and Prince with error control and dense output of order 4.
std::unique_ptr<Stepper> dopri5(const SolverSettings& settings);
/// Explicit Runge–Kutta 7(8) of Fehlberg with error control; lands on asked depths by shortening a step.
std::unique_ptr<Stepper> fehlberg78(const SolverSettings& settings);
/// McLachlan's SB3A: symplectic Runge–Kutta–Nyström of order 4, five forces per step. Needs friction 0.
std::unique_ptr<Stepper> symplectic_rkn(const SolverSettings& settings);
/// Kick, exact geodesic, kick: symplectic, reversible, order 2, one force per step. Friction is damped exactly.
std::unique_ptr<Stepper> geodesic_leapfrog(const SolverSettings& settings);
/// Explicit Euler, order 1: for comparison.
std::unique_ptr<Stepper> euler(const SolverSettings& settings);

}  // namespace softmech
