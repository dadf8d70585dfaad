// Observables of training runs: the peak of the specific heat against generalization.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::generalization {

/// Share of runs that generalize (test accuracy 0.95). Wilson's interval, as for all shares here.
Measurement generalizing_share(std::span<const StudyData> studies, const std::string&);
/// Share of the runs that generalize in which the peak of C comes first, for the definition of the onset, relative or
/// absolute, that gives the smaller one.
Measurement leading_share(std::span<const StudyData> studies, const std::string&);
/// Share of runs with a peak of C after memorization, among those that memorize and do not generalize.
Measurement peak_share(std::span<const StudyData> studies, const std::string&);
/// Median largest C of the first study over that of the second, runs that do not generalize against runs that do.
Measurement height_over_generalizing(std::span<const StudyData> studies, const std::string&);
/// Median over runs of the peak's height over that which the recorded gaps give, minus 1.
Measurement height_over_gaps(std::span<const StudyData> studies, const std::string&);
/// Median over runs of the peak's height over that of the initial scores scaled to the same spread, minus 1.
Measurement height_over_scaled(std::span<const StudyData> studies, const std::string&);
/// a in X_max ~ p^a for p → ∞, X a curve. Four laws of the peak's height compete by AICc, with errors raised to the
/// scatter about the best: bounded ones (constant, saturation), where a = 0, and growing ones (logarithm, power), where
/// a is the fitted power. A kind that is 2 better counts alone, if its law would have been told with power 0.9 or more;
/// otherwise the interval spans from 0 to the power.
Measurement height_growth(std::span<const StudyData> studies, const std::string& curve);

}  // namespace softmech::generalization
