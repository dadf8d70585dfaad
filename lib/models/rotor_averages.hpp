// Averages over the samples of a rotor field, with errors that know their autocorrelation.
#pragma once

#include <softmech/ensemble/member.hpp>

#include <span>

namespace softmech {

/// What is measured of one state, per rotor.
struct RotorSample {
  double magnetization = 0;  ///< |M|
  double energy = 0;
  double helicity_modulus = 0;  ///< its mean over states is Υ; NaN for not defined
};

/// Records the means of |M|, M², M⁴, e, e² and Υ, the specific heat C = N (⟨e²⟩ - ⟨e⟩²)/T² and the susceptibility
/// χ = N (⟨M²⟩ - ⟨|M|⟩²)/T, both per rotor, each with its standard error (_error): the jackknife over blocks long
/// against autocorrelation_time, the longer of the integrated times of M² and e, in samples. At least 4 samples.
void record_averages(std::span<const RotorSample> samples, double rotors, double temperature, Member& member);

}  // namespace softmech
