// Observables of ensembles of attention rows (softmech-thermo): values of any variable, and how they grow with a size.
#pragma once

#include <softmech/judgement/observables.hpp>

namespace softmech::rows_of_attention {

/// The largest mean of the variable over all points.
Measurement largest(std::span<const StudyData> studies, const std::string& variable);
/// max over points of |X − 1|.
Measurement largest_deviation_from_one(std::span<const StudyData> studies, const std::string& variable);
/// min over points of |X − 1| (for controls).
Measurement least_deviation_from_one(std::span<const StudyData> studies, const std::string& variable);
/// a in X ~ d^a, d the head dimension: straight line in ln d.
Measurement power_of_head_dim(std::span<const StudyData> studies, const std::string& variable);
/// a in X ~ (ln V)^a for context V → ∞: ln X = c + a ln ln V + b/ln V; of several studies the one farthest from 0.
Measurement power_of_log_keys(std::span<const StudyData> studies, const std::string& variable);
/// (max − min)/|mean| over studies of X at the largest context that all have: 0 for a constant of nature.
Measurement spread_over_studies(std::span<const StudyData> studies, const std::string& variable);
/// max over points of |−U/d − I_{d/2}(d/T)/I_{d/2−1}(d/T)|, the polarization of keys uniform on a sphere of radius √d
/// in the field of a query of that length.
Measurement dipole_error(std::span<const StudyData> studies, const std::string&);

}  // namespace softmech::rows_of_attention
