// Observables of tokens moving on the sphere (softmech-tokens): thresholds, and how long clusters live.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::token_transitions {

/// γ = β/ln n at which the mean self-weights at depth 0 of two neighboring context lengths cross, extrapolated linearly
/// in 1/n. Between neighboring γ the logits of the weights are interpolated: for tokens at a common inner product ρ,
/// ln(w/(1 − w)) = γ(1 − ρ) ln n − ln(n − 1), a straight line. The uncertainty joins that of the weights, over members,
/// with the size of the next order of the extrapolation. Needs three context lengths.
Measurement critical_gamma(std::span<const StudyData> studies, const std::string&);
/// AICc(L ~ β^a) − AICc(L ~ e^{aβ}) for the median L over members of the depth at which one cluster is left: positive
/// if lifetimes grow exponentially. The remark has a. Errors of ln L, from the interval of the median, are raised to
/// the scatter about the better law. Needs four β.
Measurement exponential_lead(std::span<const StudyData> studies, const std::string&);
/// K_c from 1/(n⟨R²⟩) = 1 − K/K_c, over the mean field's 2T(β/2)^{d/2}/[Γ(d/2) I_{d/2}(β)] of "usa": linear in 1/n from
/// the two largest n at every K, then a straight line through 1 at K = 0, where tokens are independent. Uses couplings
/// with n⟨R²⟩ < 5 only; the uncertainty holds the size of the next order in 1/n.
Measurement critical_coupling(std::span<const StudyData> studies, const std::string&);
/// The coupling at which the order parameter of the density of infinitely many tokens neither grows nor decays, in the
/// same unit: the rates of ln R for R between 1e-12 and 1e-3 as a straight line in K.
Measurement growth_threshold(std::span<const StudyData> studies, const std::string&);

}  // namespace softmech::token_transitions
