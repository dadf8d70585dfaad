// Observables of phase transitions at finite size: crossings, collapse, and how maxima grow.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::finite_size {

/// T_c of rotors from the collapse of ⟨M⁴⟩/⟨M²⟩² over sizes and temperatures (power ansatz in the number of rotors,
/// Gaussian process) for T from 0.486 to 0.513.
Measurement rotor_temperature(std::span<const StudyData> studies, const std::string&);
/// ν̄ of the same collapse.
Measurement rotor_size_exponent(std::span<const StudyData> studies, const std::string&);
/// ⟨M⁴⟩/⟨M²⟩² at T = 1/2, for infinitely many rotors: its drift is extrapolated.
Measurement rotor_moment_ratio(std::span<const StudyData> studies, const std::string&);
/// K_c of noisy tokens over the mean field's, from the collapse of ⟨R⁴⟩/⟨R²⟩² against the coupling ratio.
Measurement token_coupling(std::span<const StudyData> studies, const std::string&);
/// β about which n^{1/3}⟨R²⟩ at the mean field's threshold collapses in (β − β*)n^{1/3}, over the theoretical β*(d).
Measurement tricritical_beta(std::span<const StudyData> studies, const std::string&);
/// The train fraction at which U₄ = 1 − ⟨m⁴⟩/(3⟨m²⟩²) of the held-out head–tail contrast m, over seeds, crosses between
/// neighboring moduli: standard deviation of these places over pairs, beyond their errors. Not a number without two
/// crossings.
Measurement boundary_spread(std::span<const StudyData> studies, const std::string&);
/// AICc of saturation minus that of a power law for the largest susceptibility of m over train fractions, against the
/// modulus. The uncertainty is its scatter under the better law as fitted.
Measurement boundary_growth_lead(std::span<const StudyData> studies, const std::string&);

}  // namespace softmech::finite_size
