// The keys of every program that integrates: which stepper, and which depths are sampled.
#pragma once

#include <softmech/mechanics/stepper.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// solver.stepper, solver.rel_tol, solver.abs_tol, solver.step.
void declare(Keys& keys, SolverSettings& solver);

/// The same for the stepper that the settings name.
inline void require_stepper_fits(const SolverSettings& solver, bool second_order, double friction,
                                 double temperature = 0) {
  require_stepper_fits(solver.stepper, second_order, friction, temperature);
}

/// Depths t at which a simulation is sampled: `samples` of them, evenly from 0 to `end`, or 0 and then evenly in ln t
/// from `first` to `end`.
struct TimeGrid {
  double end = 10;
  std::int64_t samples = 101;
  std::string spacing = "linear";
  double first = 0.01;

  bool operator==(const TimeGrid&) const = default;
  void declare(Keys& keys);
  std::vector<double> depths() const;
  /// Throws std::invalid_argument if there are fewer samples than `purpose` needs.
  void require_samples(std::int64_t least, std::string_view purpose) const;
  /// Throws std::invalid_argument for logarithmic depths that do not ascend.
  void check() const;
  /// Throws std::invalid_argument unless the depths are evenly spaced, which `purpose` needs.
  void require_even(std::string_view purpose) const;
  /// Throws std::invalid_argument unless fixed steps reach from 0 to `end` in 1 to 10^9 of them.
  void require_steps(double step) const;
};

}  // namespace softmech
