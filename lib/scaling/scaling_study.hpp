// A whole finite-size scaling analysis: crossings, collapse by two methods, maxima and how they grow.
#pragma once

#include <softmech/scaling/crossings.hpp>
#include <softmech/scaling/growth.hpp>
#include <softmech/scaling/maxima.hpp>
#include <softmech/scaling/posterior.hpp>
#include <softmech/scaling/quality.hpp>
#include <softmech/scaling/scaling_source.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

struct ScalingStudySettings {
  AnsatzSettings ansatz;
  bool collapse = true, gaussian_process = true, quality = true;
  SamplerSettings sampler;
  QualityFitSettings quality_fit;
  CrossingSettings crossings;
  GrowthSettings growth;
};

/// A parameter of the ansatz as one method finds it; error 0 if it was given.
struct ScalingEstimate {
  double value, error;
};

/// What the analysis says of one observable beside the collapse.
struct SeriesStudy {
  std::string name;
  std::optional<double> crossing_exponent;  ///< a of y L^{−a}, if it is known: crossings need it
  std::optional<CrossingStudy> crossings;
  std::vector<Maximum> maxima;         ///< none for data without x
  std::optional<GrowthStudy> growth;   ///< of the maxima inside the points, if 4 sizes show one
  std::optional<Extrapolation> peaks;  ///< of their places
};

struct ScalingStudy {
  ScalingData data;
  std::vector<std::string> notes;
  std::optional<Ansatz> ansatz;
  std::optional<ScalingPosterior> posterior;
  std::optional<QualityFit> quality;
  std::optional<CollapseQuality> posterior_quality;  ///< S with curves at the most probable parameters
  std::vector<SeriesStudy> series;

  /// The parameter ("x_c", "nu", "inverse_nu", "exponent(binder)", …) by the Gaussian process if it was used, else by
  /// the quality; nothing if the ansatz has it not.
  std::optional<ScalingEstimate> estimate(std::string_view parameter) const;
  /// The same by one method.
  std::optional<ScalingEstimate> estimate_by_posterior(std::string_view parameter) const;
  std::optional<ScalingEstimate> estimate_by_quality(std::string_view parameter) const;
};

/// `has_x` false: one number per size, whose growth alone is studied.
ScalingStudy study_scaling(const ScalingInput& input, const ScalingStudySettings& settings, bool has_x = true);

}  // namespace softmech
