// Linear theory of rotors: spin waves, zero modes, and what the unstable ones mean.
#pragma once

#include <softmech/mechanics/mode_spectrum.hpp>
#include <softmech/models/rotor_system.hpp>

namespace softmech {

/// Spin waves on the helix of a periodic system, m ω²(k) = J̃(0) − J̃(k) + h (docs/theory.md, section 9); k counts in the
/// frame of the twist, along the row of a square. For "softmax" J_ij is (p_ij + p_ji) J_ij with the weights p of the
/// aligned state.
struct RotorBand {
  Vector wavenumber;         ///< 2πn/L, n = 0 … L/2, per site
  Vector squared_frequency;  ///< ω²; negative where the helix is unstable
};

/// @throws std::invalid_argument unless the system is translation-invariant: a periodic boundary, no table of all
///   pairs, and no field together with a twist.
RotorBand rotor_band(const RotorSystem& system);

/// Small oscillations about a state at rest, of any system of N ≤ 2048 rotors.
struct RotorModes {
  Vector phases;             ///< where V is stationary
  double energy = 0;         ///< V/N there
  double residual = 0;       ///< largest |∂V/∂θ_i| left there
  Vector squared_frequency;  ///< ω², ascending: eigenvalues of the Hessian over m
  Matrix vectors;            ///< orthonormal, one column per mode
  /// Counts of zero and unstable modes, with messages; its broken generators are dim G/H: 1 without a field, where V
  /// has the symmetry of global turns that every state breaks, else 0.
  ModeSpectrum spectrum;
};

/// Goes from `start` (along Newton steps that never raise V) to a minimum and takes the spectrum there. A start that is
/// a saddle is kept, and its unstable modes are counted, the worst one named.
/// @throws std::invalid_argument for N > 2048 or a start of the wrong size; NumericalError if no minimum is found
///   or torques are not finite.
RotorModes rotor_modes(const RotorSystem& system, const Vector& start);
/// From the helix.
RotorModes rotor_modes(const RotorSystem& system);

}  // namespace softmech
