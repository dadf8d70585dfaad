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
  /// One of stepper_names().
  std::string stepper = "dopri5";
  /// Error control of dopri5 and fehlberg78: a step's error estimate stays below
  /// abs_tol + rel_tol (|y_i| + step |dy_i/dt|) for every component of the state; of bdf, below
  /// abs_tol + rel_tol max_i |y_i|.
  double rel_tol = 1e-9;
  double abs_tol = 1e-12;
  /// Fixed-step steppers: the largest step; every interval between asked depths is divided into the smallest number of
  /// equal steps that are no longer. Error-controlled steppers: the first step that is tried.
  double step = 0.01;
  /// Error-controlled steppers: the largest step.
  double max_step = std::numeric_limits<double>::infinity();
  /// bdf: the largest order, 1 to 5.
  int max_order = 5;

  bool operator==(const SolverSettings&) const = default;
};

/// The names that `SolverSettings::stepper` may have.
std::span<const std::string_view> stepper_names();

/// Carries a state along a flow, one step at a time.
class Stepper {
 public:
  virtual ~Stepper() = default;

  /// Takes the state at depth t; `Simulation` calls it once, before anything else.
  /// @throws std::invalid_argument if the stepper cannot follow this flow, see require_stepper_fits.
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

/// Throws std::invalid_argument if the stepper of this name cannot follow the motion: noise (temperature > 0) needs
/// langevin or baoab; langevin and bdf are for first-order motion, baoab and the symplectic ones for second-order
/// motion, and symplectic_rkn has no friction. "auto" always fits.
void require_stepper_fits(std::string_view stepper, bool second_order, double friction, double temperature = 0);

/// What "auto" stands for:
///   noise            langevin (first order), baoab (second order): the only ones that know it
///   undamped motion  symplectic_rkn: its energy error does not grow
///   damped motion    dopri5: energy decays, so nothing symplectic is left to keep, and error control needs no step
///   size first order      dopri5; bdf if the run is long against the fastest motion, `fast_depths` > 1000
/// @param fast_depths the depth of the run times the fastest rate of relaxation (2 for SA tokens, 2e^β for USA); 0 if
///   not known.
std::string_view automatic_stepper(const Flow& flow, double fast_depths = 0);

/// The stepper that the settings name.
/// @throws std::invalid_argument for an unknown name or a setting out of range.
std::unique_ptr<Stepper> stepper(const SolverSettings& settings);

/// The stepper that automatic_stepper names for the flow, chosen at `start`.
std::unique_ptr<Stepper> automatic(const SolverSettings& settings);
/// Explicit Runge–Kutta 5(4) of Dormand and Prince with error control and dense output of order 4.
std::unique_ptr<Stepper> dopri5(const SolverSettings& settings);
/// Explicit Runge–Kutta 7(8) of Fehlberg with error control; lands on asked depths by shortening a step.
std::unique_ptr<Stepper> fehlberg78(const SolverSettings& settings);
/// McLachlan's SB3A: symplectic Runge–Kutta–Nyström of order 4, five forces per step. Needs friction 0.
std::unique_ptr<Stepper> symplectic_rkn(const SolverSettings& settings);
/// Kick, exact geodesic, kick: symplectic, reversible, order 2, one force per step. Friction is damped exactly.
std::unique_ptr<Stepper> geodesic_leapfrog(const SolverSettings& settings);
/// Implicit: backward differentiation formulas of order 1 to 5 with error control and dense output, for first-order
/// flows whose explicit steps would be bound by stability, not by accuracy. Up to 400 coordinates LU, beyond them
/// GMRES.
///
/// Which tolerance: the error of a position grows by about rel_tol per step, however long, so a drift of 1e-12 per unit
/// of depth over 1e5 needs rel_tol well below 1e-7. Metastable tokens (n = 32, d = 2, β = 9, to t = 1e5, 12 starts):
/// the interaction energy is right to 6e-5 at rel_tol = 1e-6, to 6e-8 at 1e-9. Rounding errors of the force end the
/// growth of the steps at about rel_tol·1e14. Modes that grow: implicit formulas damp what is fast, growing or not, if
/// its amplitude lies below the tolerance. With LU no step is longer than 1/λ of the first growing mode would allow, so
/// that the motion leaves a saddle, at a depth that is right to the logarithm of the amplitude; with GMRES nothing
/// watches, give a rel_tol below the amplitude.
std::unique_ptr<Stepper> bdf(const SolverSettings& settings);
/// Overdamped Langevin motion dx = f dt/Γ + √(2T/Γ) ∘dW on the manifold, fixed step: half a step of Brownian motion, a
/// step of the force (geodesic midpoint), half a step of Brownian motion. Weak order 2.
std::unique_ptr<Stepper> langevin(const SolverSettings& settings);
/// Langevin motion M ∇_v v = f − Γv + √(2ΓT) ξ, fixed step: kick, half a geodesic, the exact Ornstein–Uhlenbeck process
/// of the velocity, half a geodesic, kick (Leimkuhler & Matthews, Appl. Math. Res. Express 2013, 34). Order 2.
std::unique_ptr<Stepper> baoab(const SolverSettings& settings);
/// Explicit Euler, order 1: for comparison.
std::unique_ptr<Stepper> euler(const SolverSettings& settings);

}  // namespace softmech
