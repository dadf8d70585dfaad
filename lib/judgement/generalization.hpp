// Observables of training runs: the peak of the specific heat against generalization.
#pragma once

#include <softmech/judgement/observables.hpp>
#include <softmech/learning/trace.hpp>

#include <vector>

namespace softmech::generalization {

/// Share of the runs that generalize (test accuracy 0.95) in which the peak of C comes first. Wilson's interval.
Measurement leading_share(std::span<const StudyData> studies, const std::string&);
/// Share of all runs that have a peak of C after memorization. Wilson's interval.
Measurement peak_share(std::span<const StudyData> studies, const std::string&);
/// Median over runs of the peak's height over that which the recorded gaps give, minus 1. Bootstrap over runs.
Measurement height_over_gaps(std::span<const StudyData> studies, const std::string&);
/// Median over runs of the peak's height over that of the initial scores scaled to the same spread, minus 1.
Measurement height_over_scaled(std::span<const StudyData> studies, const std::string&);
/// a in C_max ~ p^a for p → ∞, from two laws: the power, and a bounded one (constant or saturation), where a = 0. A law
/// that is 2 better in AICc counts alone; otherwise the interval spans from 0 to the power.
Measurement height_growth(std::span<const StudyData> studies, const std::string&);

/// The runs of a study as softmech-onset sees them. Throws std::runtime_error if the study has no such curves.
std::vector<Trace> traces(const StudyData& study);

}  // namespace softmech::generalization
