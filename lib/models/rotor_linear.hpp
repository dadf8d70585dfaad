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
  /// ω² of the waves n = 0, 1, …: in a periodic chain of k = 2πn/N, in an open one of cos(πn(j + ½)/N), as the
  /// Hessian's mean over that wave, NaN where it is no mode, nearly (spread above a tenth). Empty where it is not
  /// known.
  Vector squared_frequency;
  /// The largest |ω|, or of overdamped motion the largest rate m|ω²|/Γ; NaN: not known.
  double largest_frequency = std::numeric_limits<double>::quiet_NaN();
  std::optional<Eigen::Index> zero_modes;
  Eigen::Index broken_generators = 0;  ///< dim G/H
  std::string stability = "stable";    ///< or which modes are not and what that means
  double mass = 1;
  double friction = 0;
  bool second_order = true;

  bool is_stable() const { return stability == "stable"; }
  /// Records zero_modes, zero_modes_expected and stability.
  void record(Member& member) const;
  /// Records frequency_linear and damping_linear of the waves with these n, in the definitions of mode_data.hpp.
  void record_band(const std::vector<Eigen::Index>& numbers, Member& member) const;
};

/// The band of a periodic chain without field or without twist, of any length; else the spectrum at a minimum near the
/// helix, for N ≤ most_dense.
RotorLinearTheory rotor_linear_theory(const RotorSystem& system, Eigen::Index most_dense = 2048);

}  // namespace softmech
