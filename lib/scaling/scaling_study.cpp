#include <softmech/scaling/scaling_study.hpp>

#include <softmech/statistics/moments.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

/// A parameter, or ν from 1/ν.
double parameter_value(const Ansatz& ansatz, std::string_view parameter, VectorView theta) {
  return parameter == "nu" ? 1 / ansatz.value("inverse_nu", theta) : ansatz.value(parameter, theta);
}

/// The scatter of a parameter over draws of θ, which may be followed by others.
Moments scatter_of(const Ansatz& ansatz, std::string_view parameter, const RowMatrix& draws) {
  Moments moments;
  for (Eigen::Index i = 0; i < draws.rows(); ++i) {
    const Vector theta = draws.row(i).head(ansatz.parameter_count());
    moments.add(parameter_value(ansatz, parameter, theta));
  }
  return moments;
}

SeriesStudy study_series(const ScalingData& data, std::size_t k, const ScalingStudySettings& settings) {
  SeriesStudy study;
  study.name = data.series[k].name;
  const auto& exponents = settings.ansatz.exponents;
  if (k < exponents.size()) study.crossing_exponent = exponents[k];
  if (study.crossing_exponent) study.crossings = study_crossings(data, k, *study.crossing_exponent, settings.crossings);
  study.maxima = find_maxima(data, k, settings.crossings.resamples, settings.crossings.seed);
  std::vector<Maximum> inside;
  std::ranges::copy_if(study.maxima, std::back_inserter(inside), &Maximum::inside);
  if (inside.size() < 4) return study;
  const auto column = [&inside](double Maximum::*member) {
    Vector values(static_cast<Eigen::Index>(inside.size()));
    std::ranges::transform(inside, values.begin(), [member](const Maximum& maximum) { return maximum.*member; });
    return values;
  };
  const Vector size = column(&Maximum::size);
  study.growth = study_growth(size, column(&Maximum::height), column(&Maximum::height_error), settings.growth);
  study.peaks = extrapolate(size, column(&Maximum::x),
                            column(&Maximum::x_error).array().square().matrix().asDiagonal().toDenseMatrix());
  return study;
}

/// What stands against believing the estimates.
std::vector<std::string> warnings_of(const ScalingStudy& study) {
  std::vector<std::string> warnings;
  const CollapseQuality quality = study.posterior_quality ? *study.posterior_quality : study.quality->quality;
  if (quality.overlap < 0.5 || quality.value > 5)
    warnings.push_back(
        fmt::format("no collapse: S = {:.1f} with {:.0f} % of the points; narrow the window (data.x_low, "
                    "data.x_high, data.size_low), or try another ansatz",
                    quality.value, 100 * quality.overlap));
  if (study.posterior && !study.posterior->draws.converged)
    warnings.emplace_back(
        "the sampler did not reach collapse.effective_samples: fix a parameter (scaling.nu, scaling.exponent, "
        "scaling.omega), or narrow the window");
  for (const ScalingParameter& parameter : study.ansatz->parameters()) {
    const auto by_posterior = study.estimate_by_posterior(parameter.name);
    const auto by_quality = study.estimate_by_quality(parameter.name);
    const double flat = (parameter.high - parameter.low) / std::sqrt(12.0);  // standard deviation of the prior
    if (by_posterior && by_posterior->error > 0.7 * flat)
      warnings.push_back(fmt::format("the data do not tell {}: it is as wide as its prior, {:.3g} to {:.3g}",
                                     parameter.name, parameter.low, parameter.high));
    if (by_posterior && by_quality &&
        std::abs(by_posterior->value - by_quality->value) > 3 * std::hypot(by_posterior->error, by_quality->error))
      warnings.push_back(
          fmt::format("the two methods disagree about {}: the ansatz or the window is not right", parameter.name));
  }
  return warnings;
}

}  // namespace

std::optional<ScalingEstimate> ScalingStudy::estimate_by_posterior(std::string_view parameter) const {
  if (!posterior || !ansatz->has(parameter == "nu" ? "inverse_nu" : parameter)) return std::nullopt;
  const Moments scatter = scatter_of(*ansatz, parameter, posterior->draws.draws);
  return ScalingEstimate{scatter.mean(), scatter.standard_deviation()};
}

std::optional<ScalingEstimate> ScalingStudy::estimate_by_quality(std::string_view parameter) const {
  if (!quality || !ansatz->has(parameter == "nu" ? "inverse_nu" : parameter)) return std::nullopt;
  const Moments scatter = scatter_of(*ansatz, parameter, quality->draws);
  return ScalingEstimate{parameter_value(*ansatz, parameter, quality->theta), scatter.standard_deviation()};
}

std::optional<ScalingEstimate> ScalingStudy::estimate(std::string_view parameter) const {
  return posterior ? estimate_by_posterior(parameter) : estimate_by_quality(parameter);
}

ScalingStudy study_scaling(const ScalingInput& input, const ScalingStudySettings& settings, bool has_x) {
  ScalingStudy study;
  study.data = input.data, study.notes = input.notes;
  const ScalingData& data = study.data;
  if (!has_x) {
    for (const ScalingSeries& series : data.series) {
      study.series.emplace_back().name = series.name;
      study.series.back().growth = study_growth(data.size, series.y, series.error, settings.growth);
    }
    return study;
  }
  for (std::size_t k = 0; k < data.series.size(); ++k) study.series.push_back(study_series(data, k, settings));
  if (!settings.collapse) return study;
  study.ansatz.emplace(settings.ansatz, data);
  if (settings.gaussian_process) {
    study.posterior = sample_posterior(*study.ansatz, data, settings.sampler);
    const Vector theta = study.posterior->most_probable.head(study.ansatz->parameter_count());
    study.posterior_quality = QualityMeter(*study.ansatz, data, QualityMeter::Between::curves)(theta);
  }
  if (settings.quality) study.quality = fit_quality(*study.ansatz, data, settings.quality_fit);
  std::ranges::move(warnings_of(study), std::back_inserter(study.notes));
  return study;
}

}  // namespace softmech
