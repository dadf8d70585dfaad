// Observables of rotors and Goldstone modes: dispersion, gap, zero modes, order at T > 0, RoPE.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::goldstone_modes {

/// z of ω ~ k^z by the best law with a free exponent. One point.
Measurement dispersion_exponent(std::span<const StudyData> studies, const std::string&);
/// gap² of the best law with a free gap over the square of the highest frequency: 0 for a massless branch. One point.
Measurement relative_gap(std::span<const StudyData> studies, const std::string&);
/// Largest |ω/ω_linear - 1| over all resolved k of all studies, with the error of that k.
Measurement dispersion_deviation(std::span<const StudyData> studies, const std::string&);
/// Lowest over highest ω of resolved k > 0: 1 where there is no branch that softens towards k = 0. One point.
Measurement branch_softness(std::span<const StudyData> studies, const std::string&);
/// m d(gap²)/dh, 1 where a field's mass is h/m; and gap² at h = 0 over the smallest field's h/m.
Measurement field_slope(std::span<const StudyData> studies, const std::string&);
Measurement field_intercept(std::span<const StudyData> studies, const std::string&);
/// Largest |zero modes - broken generators| over members of all studies; exact.
Measurement zero_mode_surplus(std::span<const StudyData> studies, const std::string&);
/// Largest |ω/ω' - 1| between equal k of the first study and the second, with its error.
Measurement frequency_shift(std::span<const StudyData> studies, const std::string&);
/// Exponent of ⟨M²⟩ ~ N^x at the lowest temperature of the study: -1 without order, 0 with.
Measurement order_exponent(std::span<const StudyData> studies, const std::string&);
/// Exponent of the largest of the d - 1 eigenvalues that are zero without RoPE, in the scale of its angles, from the
/// two smallest scales of the study: 2 where RoPE breaks the symmetry explicitly.
Measurement breaking_exponent(std::span<const StudyData> studies, const std::string&);
/// Mean of ⟨|M|⟩ over the members: in the frame of the twist, so that a helix has 1.
Measurement final_order(std::span<const StudyData> studies, const std::string&);
/// Largest |⟨|M|⟩ - I_1(M/T)/I_0(M/T)| over the members of all-to-all rotors with T < 1/2, with its error.
Measurement mean_field_order_deviation(std::span<const StudyData> studies, const std::string&);
/// Largest |T/T(U) - 1| over members of microcanonical all-to-all rotors, U = T/2 + (1 - M²)/2, with its error.
Measurement caloric_deviation(std::span<const StudyData> studies, const std::string&);
/// T at which Υ of the square lattice obeys πΥ/2T = 1 + 1/(2 ln L + c) with one c for all L (Weber & Minnhagen, Phys.
/// Rev. B 37 (1988) 5986): the least χ² over T. The uncertainty is where it has grown by 1.
Measurement unbinding_temperature(std::span<const StudyData> studies, const std::string&);

}  // namespace softmech::goldstone_modes
