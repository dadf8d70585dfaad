// Observables of tokens moving on the sphere (softmech-tokens): exact laws, and how far attention is from a potential.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::token_fields {

/// max over members and depths of |mean_cosine − ρ(t)|, with ρ from the first sample on by
///   ρ̇ = 2K e^{βρ}(1 − ρ)((n − 1)ρ + 1)/Z,  Z = e^β + (n − 1)e^{βρ} ("sa") or n ("usa")
/// (Geshkovski et al., arXiv:2312.10794, section 6), integrated here in extended precision.
Measurement equiangular_error(std::span<const StudyData> studies, const std::string&);
/// The rate of ln(1 − mean cosine) between 1e-3 and 1e-9, over 2K ("sa") or 2K e^β ("usa"); of all members the one
/// farthest from 1.
Measurement final_rate(std::span<const StudyData> studies, const std::string&);
/// Mean over members of X, averaged over the samples with 1 − mean cosine ≥ 0.1.
Measurement mean_before_collapse(std::span<const StudyData> studies, const std::string& variable);
/// max over members and depths of |H(t) − H(0)|/E_k, with H = total_energy + heat and E_k the member's largest kinetic
/// energy (the zero of the potential is arbitrary).
Measurement energy_balance_error(std::span<const StudyData> studies, const std::string&);
/// Slope of (H(t) − H(0))/E_k against depth, mean over members.
Measurement energy_drift(std::span<const StudyData> studies, const std::string&);
/// max over members and depths of |X|.
Measurement largest_over_depth(std::span<const StudyData> studies, const std::string& variable);
/// min over members of the largest |X| (for controls).
Measurement least_of_largest(std::span<const StudyData> studies, const std::string& variable);

}  // namespace softmech::token_fields
