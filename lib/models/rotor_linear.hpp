// What linear theory says of a rotor system, beside its measured modes.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/models/rotor_system.hpp>

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace softmech {

/// Small motion about the state at rest.
struct RotorLinearTheory {
  /// ω² of the waves n = 0, 1, …: in a periodic chain k = 2πn/N, in an open one the n-th mode from below, whose nodes
  /// are those of cos(πn(j + ½)/N). Empty where it is not known.
  Vector squared_frequency;
  /// The frequency of the fastest mode, or of overdamped motion its rate mω²/Γ; NaN: not known.
  double largest_frequency = std::numeric_limits<double>::quiet_NaN();
  std::optional<Eigen::Index> zero_modes;
  Eigen::Index broken_generators = 0;  ///< dim G/H
  std::string stability;               ///< "stable", or which modes are not and what that means
  double mass = 1;
  double friction = 0;
  bool second_order = true;

  /// Records zero_modes, zero_modes_expected and stability.
  void record(Member& member) const;
  /// Records frequency_linear and damping_linear of the waves with these n, in the definitions of mode_data.hpp.
  void record_band(const std::vector<Eigen::Index>& numbers, Member& member) const;
};

/// The band of a periodic chain without field or without twist, of any length; else the spectrum at a minimum near the
/// helix, for N ≤ 2048.
RotorLinearTheory rotor_linear_theory(const RotorSystem& system);

}  // namespace softmech
