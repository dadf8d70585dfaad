// Observables of long contexts as a random energy model: condensation and the specific-heat peak against context
// length.
#pragma once

#include <softmech/judgement/observables.hpp>
#include <softmech/judgement/study_data.hpp>

namespace softmech::condensation {

/// T_c/(σ/√(2 ln n)) for n → ∞: the inverse slope of 1 − E Σp² = T/T_c, see condensed_curve.
Measurement condensation_temperature(std::span<const StudyData> studies, const std::string&);
/// max over T/T_c ≤ 0.65 of |E Σp² − (1 − T/T_c)| for n → ∞.
Measurement condensed_participation_error(std::span<const StudyData> studies, const std::string&);
/// E Σp² at the largest context and the temperature nearest to T_c/2, as it is, without extrapolation.
Measurement participation_at_half(std::span<const StudyData> studies, const std::string&);
/// a in C_max ~ n^a (ln n)^b: a power law of the context length that would be left after any power of its logarithm.
Measurement peak_power_of_keys(std::span<const StudyData> studies, const std::string&);
/// x in C_max/ln n ~ (ln n)^x for n → ∞, from two laws: a power (x free) and a bounded one (x = 0).
Measurement peak_growth_per_size(std::span<const StudyData> studies, const std::string&);

/// A measured number at one context length.
struct AtContext {
  double keys, value, error;
};

/// E Σp² for n → ∞ at each T/T_c ≤ 0.65. Straight line in u(n) = (ln ln n + ln 4π)/(4 ln n): the lowest of n normal
/// energies is at −σ√(2 ln n)(1 − u) to leading order (Hall, J. Appl. Prob. 16 (1979) 433), and it sets the local
/// T_c(n) = T_c/(1 − u). The error has the change on leaving out the smallest context added in quadrature. Needs 3
/// contexts.
std::vector<SweepPoint> condensed_curve(const StudyData& study);

/// Maximum over temperature of the specific heat at each context: a parabola in ln T through the points above 90 % of
/// the largest. Throws std::runtime_error if the peak is not inside the sweep.
std::vector<AtContext> specific_heat_peaks(const StudyData& study);

}  // namespace softmech::condensation
