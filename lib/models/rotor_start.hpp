// Where the rotors of a motion begin: the keys start.*.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/mechanics/state.hpp>
#include <softmech/models/rotor_settings.hpp>
#include <softmech/models/rotor_system.hpp>
#include <softmech/program/keys.hpp>

#include <optional>
#include <string>

namespace softmech {

struct RotorStartSettings {
  std::string kind = "helix";
  std::optional<double> energy;
  double thermalize = 0;
  double friction = 0.1;

  bool operator==(const RotorStartSettings&) const = default;
  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other or the rotors.
  void check(const RotorSettings& rotors) const;

  /// Phases of this kind, velocities of the temperature T: independent and normal with variance T/m.
  State of(const RotorSystem& system, RandomStream random) const;
  /// A state for motion that conserves energy: without total momentum where that is conserved (no field), and, if
  /// start.energy is set, with velocities scaled to this energy per rotor. Throws std::invalid_argument if the phases
  /// alone have more.
  void settle(const RotorSystem& system, State& state) const;
};

}  // namespace softmech
