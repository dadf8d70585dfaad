// The motion of rotors: which stepper, what is recorded, and how it is taken up again.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/mechanics/settings.hpp>
#include <softmech/models/mode_record.hpp>
#include <softmech/models/rotor_settings.hpp>
#include <softmech/models/rotor_start.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace softmech {

/// The keys output.*.
struct RotorOutputSettings {
  bool correlations = false;
  std::optional<double> average_from;
  std::int64_t average_samples = 1000;
  ModeSettings modes;

  bool operator==(const RotorOutputSettings&) const = default;
  void declare(Keys& keys);
  /// The depths that averages are taken over: evenly from average_from, or a quarter of the run, to its end.
  std::vector<double> average_depths(double end) const;
};

/// All that a motion of rotors is told.
struct RotorMotionSettings {
  RotorStartSettings start;
  SolverSettings solver{.stepper = "auto", .step = 0.05};
  TimeGrid time{.end = 1000};
  RotorOutputSettings output;

  bool operator==(const RotorMotionSettings&) const = default;
  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other or the rotors; for rotors in equilibrium by
  /// clusters, which do not move, if any of these keys but output.correlations is set.
  void check(const RotorSettings& rotors) const;
  /// What a user should know: the stepper that "auto" takes; snapshots that are too far apart.
  std::string note(const RotorSettings& rotors) const;
};

/// Follows the rotors from their start to the end and records, of this member,
/// - over time: order |M|, potential, kinetic and total energy per rotor;
/// - averages over the samples, as record_averages does;
/// - what is asked for in output.*: correlations, and phases θ - Ωx in k-space beside linear theory.
void follow_rotors(const RotorSettings& rotors, const RotorMotionSettings& settings, Member& member);

}  // namespace softmech
