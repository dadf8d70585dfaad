// Averages over the samples of a rotor field, with errors that know their autocorrelation.
#pragma once

#include <softmech/ensemble/member.hpp>

#include <limits>
#include <span>
#include <string>
#include <vector>

namespace softmech {

/// What is measured of one state, per rotor.
struct RotorSample {
  double magnetization = 0;  ///< |M|
  double energy = 0;         ///< of the phases, above the ground state
  // Of the helicity modulus Υ = ⟨stretch⟩ - ⟨current²⟩/T; NaN for not defined.
  double stretch = 0;
  double current2 = 0;
  double vortices = std::numeric_limits<double>::quiet_NaN();  ///< NaN but on a square lattice
  double kinetic = std::numeric_limits<double>::quiet_NaN();   ///< kinetic energy; NaN without velocities
  // Of the configurational temperature ⟨|∇V|²⟩/⟨∇²V⟩ (Rugh, PRL 78 (1997) 772), per rotor; NaN where nothing moves.
  double force2 = std::numeric_limits<double>::quiet_NaN();
  double laplacian = std::numeric_limits<double>::quiet_NaN();
};

/// The numbers of samples for a checkpoint, and back: from the front of the numbers, leaving the rest.
void save(std::span<const RotorSample> samples, std::vector<double>& numbers);
std::vector<RotorSample> restore_rotor_samples(std::span<const double>& numbers);

/// How the samples were taken.
struct RotorEnsemble {
  double rotors = 1;
  /// T; NaN where the total energy is given instead and T is what the velocities say.
  double temperature = 1;
  double degrees = 1;  ///< of freedom of the velocities, per rotor: 1 - 1/N where their sum is fixed
  double spacing = 1;  ///< of samples
  std::string unit;    ///< of the spacing: "sweeps", "depth"
};

/// Records the means of |M|, M², M⁴, e, e², kinetic and configurational temperature and vortices, Υ, the specific heat
/// of the phases and the susceptibility χ = N (⟨M²⟩ - ⟨|M|⟩²)/T, per rotor, each with its standard error (_error): the
/// jackknife over blocks long against autocorrelation_time, the longer of the integrated times of M² and e. At least 4
/// samples.
///
/// The specific heat is C = N (⟨e²⟩ - ⟨e⟩²)/T² at given temperature. At given energy it follows from the fluctuations
/// of the kinetic energy k, N (⟨k²⟩ - ⟨k⟩²)/⟨k⟩² = (2/f) (1 - f/(2C + f)) with f degrees of freedom of the velocities
/// per rotor (Lebowitz, Percus & Verlet, Phys. Rev. 153 (1967) 250; f/2 of the whole heat capacity is the velocities').
void record_averages(std::span<const RotorSample> samples, const RotorEnsemble& ensemble, Member& member);

}  // namespace softmech
