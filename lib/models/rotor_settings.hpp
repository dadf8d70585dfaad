// The keys of a rotor field and of its sampling in equilibrium.
#pragma once

#include <softmech/models/rotor_coupling.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>

namespace softmech {

struct RotorSettings {
  std::int64_t rotors = 256;
  std::string lattice = "chain";
  std::string kernel = "all";
  double alpha = 2;
  double range = 1;
  double temperature = 0.5;
  std::string dynamics = "cluster";

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;
  RotorLattice sites() const;
  RotorCoupling coupling() const;
};

/// How a field is sampled: sampling.*, in sweeps, which reflect about N rotors each.
struct RotorSamplingSettings {
  std::int64_t thermalize = 200;
  std::int64_t sweeps = 2000;
  bool series = false;

  void declare(Keys& keys);
};

}  // namespace softmech
