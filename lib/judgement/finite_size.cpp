#include <softmech/judgement/finite_size.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/judgement/study_data.hpp>
#include <softmech/models/token_theory.hpp>
#include <softmech/scaling/scaling_study.hpp>
#include <softmech/statistics/moments.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech::finite_size {

namespace {

ScalingInput input_of(const StudyData& study, const ScalingColumns& columns) {
  return scaling_data_of(study.data, "study " + study.name, columns);
}

ScalingColumns columns_of(std::string size, std::string x, std::string y) {
  ScalingColumns columns;
  columns.size = std::move(size), columns.x = std::move(x), columns.y = std::move(y);
  return columns;
}

std::int64_t members(const StudyData& study, const std::string& size) { return per_member(study, size).size(); }

Measurement from_collapse(const StudyData& study, const ScalingColumns& columns, ScalingStudySettings settings,
                          std::string_view parameter) {
  settings.quality = false;
  settings.sampler.effective_samples = 500;
  const ScalingStudy scaling = study_scaling(input_of(study, columns), settings);
  const ScalingEstimate estimate = *scaling.estimate(parameter);
  return {estimate.value, estimate.error, members(study, columns.size),
          fmt::format("{} points at {} sizes, quality {:.2f}", scaling.data.points(), scaling.data.sizes().size(),
                      scaling.posterior_quality->value)};
}

/// For a dimensionless ratio of an all-to-all system.
ScalingStudySettings mean_field_ratio() {
  ScalingStudySettings settings;
  settings.ansatz.exponents = {0.0};
  settings.ansatz.corrections = true;
  settings.ansatz.omega = 0.5;  // N^{−1/2}: the next term of the free energy, N M⁶
  return settings;
}

/// Farther from T_c the correction is no factor.
Measurement from_rotors(const StudyData& study, std::string_view parameter) {
  ScalingColumns columns = columns_of("rotors", "temperature", "moment_ratio(magnetization2, magnetization4)");
  columns.lowest_x = 0.486, columns.highest_x = 0.513;
  return from_collapse(study, columns, mean_field_ratio(), parameter);
}

std::string pairs_text(const CrossingStudy& crossings) {
  std::string text;
  for (const Crossing& pair : crossings.pairs)
    text += fmt::format("{}{:g} and {:g} at {:.4g}", text.empty() ? "sizes " : ", ", pair.small, pair.large, pair.x);
  return text;
}

CrossingStudy crossings_of(const StudyData& study, const ScalingColumns& columns, double exponent) {
  return study_crossings(input_of(study, columns).data, 0, exponent);
}

}  // namespace

Measurement rotor_temperature(std::span<const StudyData> studies, const std::string&) {
  return from_rotors(studies.front(), "x_c");
}

Measurement rotor_size_exponent(std::span<const StudyData> studies, const std::string&) {
  return from_rotors(studies.front(), "nu");
}

Measurement rotor_moment_ratio(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  ScalingColumns columns = columns_of("rotors", "temperature", "moment_ratio(magnetization2, magnetization4)");
  columns.lowest_x = columns.highest_x = 0.5;
  const ScalingData data = input_of(study, columns).data;
  const Vector variance = data.series[0].error.array().square();
  const Extrapolation limit = extrapolate(data.size, data.series[0].y, variance.asDiagonal().toDenseMatrix());
  return {limit.value, limit.error, members(study, "rotors"),
          fmt::format("from {:.3f} at N = {:g} to {:.3f} at {:g}", data.series[0].y[0], data.size[0],
                      data.series[0].y[data.points() - 1], data.size[data.points() - 1])};
}

Measurement token_coupling(std::span<const StudyData> studies, const std::string&) {
  return from_collapse(studies.front(),
                       columns_of("tokens", "coupling_ratio", "moment_ratio(order_parameter2, order_parameter4)"),
                       mean_field_ratio(), "x_c");
}

Measurement tricritical_beta(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  ScalingStudySettings settings;
  settings.ansatz.exponents = {-1.0 / 3};
  settings.ansatz.inverse_nu = 1.0 / 3;
  settings.ansatz.corrections = true;
  settings.ansatz.omega = 1.0 / 3;  // n^{−1/3}: the next term of the free energy, n R⁸
  Measurement measurement = from_collapse(study, columns_of("tokens", "beta", "order_parameter2"), settings, "x_c");
  const double expected = softmech::tricritical_beta(std::lround(per_member(study, "dimension")[0]));
  measurement.remark += fmt::format("; beta* = {:.3f}, theory {:.3f}", measurement.value, expected);
  measurement.value /= expected, measurement.uncertainty /= expected;
  return measurement;
}

Measurement boundary_spread(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const CrossingStudy crossings = crossings_of(
      study, columns_of("modulus", "train_fraction", "binder(head_tail_contrast_test^2, head_tail_contrast_test^4)"),
      0);
  Moments places, variances;
  for (const Crossing& pair : crossings.pairs) {
    if (!std::isfinite(pair.x) || pair.found < 0.9) continue;
    places.add(pair.x), variances.add(pair.x_error * pair.x_error);
  }
  const std::string remark = fmt::format("{}; {} of {} pairs cross in nine of ten resamples", pairs_text(crossings),
                                         places.count(), crossings.pairs.size());
  if (places.count() < 2) return {.sample_size = members(study, "modulus"), .remark = remark};
  const double spread = std::sqrt(std::max(0.0, places.variance() - variances.mean()));
  const auto freedom = static_cast<double>(places.count() - 1);
  return {spread, std::sqrt((places.variance() + variances.mean()) / (2 * freedom)), members(study, "modulus"), remark};
}

Measurement boundary_growth_lead(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const ScalingInput input = input_of(
      study, columns_of("modulus", "train_fraction", "variance(head_tail_contrast_test, head_tail_contrast_test^2)"));
  std::vector<Maximum> maxima = find_maxima(input.data, 0);
  const auto count = static_cast<Eigen::Index>(maxima.size());
  if (count < 4) throw std::runtime_error(fmt::format("study {}: needs four moduli", study.name));
  Vector size(count), height(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Maximum& maximum = maxima[static_cast<std::size_t>(i)];
    size[i] = maximum.size, height[i] = maximum.height, error[i] = maximum.height_error;
  }
  constexpr std::array laws{Curve::power, Curve::saturation};
  const auto lead = [&](const Vector& heights) {
    const CurveComparison comparison = compare_curves(laws, size, heights, error);
    return comparison.aicc[1] - comparison.aicc[0];
  };
  const CurveComparison comparison = compare_curves(laws, size, height, error);
  const double power = power_of_comparison(comparison.fits[comparison.best], laws, size, error);
  RandomStream random(1, 0, "boundary growth");
  Moments scatter;
  for (int simulation = 0; simulation < 500; ++simulation) {
    Vector noise(count);
    random.fill_normal({noise.data(), static_cast<std::size_t>(count)});
    scatter.add(lead(comparison.fits[comparison.best].at(size) + error.cwiseProduct(noise)));
  }
  return {lead(height), scatter.standard_deviation(), members(study, "modulus"),
          fmt::format("largest variance at {:g} moduli; power of telling the better law, {}: {:.2f}",
                      static_cast<double>(count), name(comparison.fits[comparison.best].curve), power)};
}

}  // namespace softmech::finite_size
