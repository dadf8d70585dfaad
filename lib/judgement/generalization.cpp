#include <softmech/judgement/generalization.hpp>

#include <softmech/judgement/study_data.hpp>
#include <softmech/learning/onset_study.hpp>
#include <softmech/statistics/bootstrap.hpp>
#include <softmech/statistics/fit.hpp>
#include <softmech/statistics/median_interval.hpp>
#include <softmech/statistics/proportion.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace softmech::generalization {

namespace {

constexpr std::size_t absolute = 1;  // the onset: test accuracy 0.95
static_assert(onset_definitions[absolute] == "absolute");

std::vector<Trace> all_traces(std::span<const StudyData> studies, const std::string& curve) {
  std::vector<Trace> runs;
  for (const StudyData& study : studies) {
    std::ranges::move(traces_of(study.data, study.name, {}, curve), std::back_inserter(runs));
  }
  return runs;
}

OnsetStudy analyzed(std::span<const StudyData> studies, const OnsetStudySettings& settings = {}) {
  return study_onsets(all_traces(studies, settings.peak.curve), {}, settings);
}

std::int64_t count_of(std::span<const RunEvents> runs, const std::function<bool(const RunEvents&)>& property) {
  return std::ranges::count_if(runs, property);
}

bool memorizes(const RunEvents& run) { return std::isfinite(run.onset.memorization); }
bool generalizes(const RunEvents& run) { return std::isfinite(run.onset.step[absolute]); }
bool peaks(const RunEvents& run) { return std::isfinite(run.peaks.chosen.step); }

/// The center of an interval of confidence, and half its width in standard deviations.
Measurement from_interval(const Interval& interval, std::int64_t sample, std::string remark) {
  return {(interval.low + interval.high) / 2, (interval.high - interval.low) / 2 / confidence_width, sample,
          std::move(remark)};
}

/// A median over runs with its interval; one standard deviation is the interval's half width over 1.96.
Measurement median_of(const std::vector<double>& values, std::string remark) {
  if (values.size() < 2) return {.sample_size = static_cast<std::int64_t>(values.size())};
  const Interval interval = median_interval(values).interval;
  return {median(values), (interval.high - interval.low) / 2 / confidence_width,
          static_cast<std::int64_t>(values.size()), std::move(remark)};
}

/// Laws that stay below a bound for good.
bool is_bounded(Curve curve) { return curve == Curve::constant || curve == Curve::saturation; }

/// What a competition of laws says about their kinds.
struct KindsOfGrowth {
  std::size_t best = 0;  // of all laws
  double lead = 0;       // of the best law over the best of the other kind, in AICc
};

KindsOfGrowth kinds_of_growth(const CurveComparison& comparison, std::size_t values) {
  double inflation = std::numeric_limits<double>::infinity();  // of squared errors, by the scatter about the best law
  for (const CurveFit& fit : comparison.fits) {
    const auto freedom = static_cast<double>(values) - coefficient_count(fit.curve);
    inflation = std::min(inflation, fit.chi_squared / freedom);
  }
  inflation = std::max(1.0, inflation);
  std::vector<double> score;
  for (std::size_t i = 0; i < comparison.fits.size(); ++i) {
    const double chi_squared = comparison.fits[i].chi_squared;
    score.push_back(comparison.aicc[i] - chi_squared + chi_squared / inflation);
  }
  KindsOfGrowth kinds;
  kinds.best = static_cast<std::size_t>(std::ranges::min_element(score) - score.begin());
  kinds.lead = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (is_bounded(comparison.fits[i].curve) == is_bounded(comparison.fits[kinds.best].curve)) continue;
    kinds.lead = std::min(kinds.lead, score[i] - score[kinds.best]);
  }
  return kinds;
}

}  // namespace

Measurement generalizing_share(std::span<const StudyData> studies, const std::string&) {
  const OnsetStudy study = analyzed(studies);
  const std::int64_t onsets = count_of(study.runs, generalizes), runs = study.all.height.runs;
  return from_interval(wilson_interval(onsets, runs), runs, fmt::format("{} of {} runs", onsets, runs));
}

Measurement leading_share(std::span<const StudyData> studies, const std::string&) {
  const OnsetStudy study = analyzed(studies);
  const auto share = [](const LeadSummary& x) { return x.leading_share.low + x.leading_share.high; };
  const auto& leads = *std::ranges::min_element(study.all.leads, {}, share);
  std::string remark = fmt::format("{} of {} runs have a peak", leads.with_event, leads.runs);
  for (std::size_t i = 0; i < onset_definitions.size(); ++i) {
    const LeadSummary& x = study.all.leads[i];
    remark += fmt::format("; {} onset: {} of {} lead, median {:g} updates", onset_definitions[i], x.leading,
                          x.with_onset, x.median_lead);
  }
  if (std::isfinite(study.stop_after_onset)) {
    remark += fmt::format("; runs end {:g} updates after test accuracy 0.95", study.stop_after_onset);
  }
  return from_interval(leads.leading_share, leads.with_onset, std::move(remark));
}

Measurement peak_share(std::span<const StudyData> studies, const std::string&) {
  const OnsetStudy study = analyzed(studies);
  const auto counts = [](const RunEvents& run) { return memorizes(run) && !generalizes(run); };
  const std::int64_t runs = count_of(study.runs, counts);
  const std::int64_t peaking = count_of(study.runs, [&](const RunEvents& run) { return counts(run) && peaks(run); });
  return from_interval(wilson_interval(peaking, runs), runs,
                       fmt::format("{} of {} runs; left out: {} that generalize, {} that do not memorize", peaking,
                                   runs, count_of(study.runs, generalizes),
                                   count_of(study.runs, [](const RunEvents& run) { return !memorizes(run); })));
}

Measurement height_over_generalizing(std::span<const StudyData> studies, const std::string&) {
  if (studies.size() != 2) throw std::invalid_argument("this observable takes two studies");
  std::array<Measurement, 2> heights;
  for (std::size_t i = 0; i < 2; ++i) {
    std::vector<double> largest;
    for (const RunEvents& run : analyzed(studies.subspan(i, 1)).runs) {
      if (memorizes(run) && generalizes(run) == (i == 1)) largest.push_back(run.peaks.maximum.value);
    }
    heights[i] = median_of(largest, "");
  }
  const auto& [plain, generalizing] = heights;
  const double ratio = plain.value / generalizing.value;
  return {ratio, ratio * std::hypot(plain.uncertainty / plain.value, generalizing.uncertainty / generalizing.value),
          plain.sample_size + generalizing.sample_size,
          fmt::format("{:.3f} in {} runs that do not generalize, {:.3f} in {} that do", plain.value, plain.sample_size,
                      generalizing.value, generalizing.sample_size)};
}

Measurement height_over_gaps(std::span<const StudyData> studies, const std::string&) {
  std::vector<double> excess;
  const OnsetStudy study = analyzed(studies);
  for (const RunEvents& run : study.runs) {
    const double ratio = run.peaks.chosen.value / run.predicted_height;
    if (std::isfinite(ratio)) excess.push_back(ratio - 1);
  }
  return median_of(
      excess, fmt::format("median height {:.3f}, predicted {:.3f}", study.all.height.median, study.predicted_height));
}

Measurement height_over_scaled(std::span<const StudyData> studies, const std::string&) {
  std::vector<double> excess;
  for (const StudyData& study : studies) {
    const std::vector<Trace> runs = traces_of(study.data, study.name);
    PeakSettings control;
    control.curve = "specific_heat_scale_matched";
    const auto learned = events_of(runs, {}, {}), scaled = events_of(runs, {}, control);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const double ratio = learned[i].peaks.chosen.value / scaled[i].peaks.chosen.value;
      if (std::isfinite(ratio)) excess.push_back(ratio - 1);
    }
  }
  return median_of(excess, "runs in which both have a peak");
}

Measurement height_growth(std::span<const StudyData> studies, const std::string& curve) {
  OnsetStudySettings settings;
  settings.peak.curve = curve;
  const OnsetStudy study = analyzed(studies, settings);
  const HeightGrowth& growth = study.growth;
  if (!growth.comparison) throw std::runtime_error("the growth of a peak needs 4 moduli with peaks, one with two runs");
  const auto count = static_cast<Eigen::Index>(growth.modulus.size());
  const auto column = [&](const std::vector<double>& values) { return Eigen::Map<const Vector>(values.data(), count); };
  const Vector p = column(growth.modulus), mean = column(growth.mean), error = column(growth.error);
  const LinearFit line = fit_line(p.array().log(), mean.array().log(), error.array() / mean.array());
  const double a = line.coefficients[1], a_error = line.scaled_error(1);

  const auto [best, lead] = kinds_of_growth(*growth.comparison, growth.modulus.size());
  const Curve law = growth.comparison->fits[best].curve;
  const double power = growth.power[best];
  const std::string remark = fmt::format(
      "power law {:.3f} +- {:.3f}; best law {}, ahead of the other kind by {:.1f} in AICc with power {:.2f}", a,
      a_error, name(law), lead, power);
  const std::int64_t sample = study.all.height.with_peak;
  if (lead < 2 || power < 0.9) return {a / 2, std::hypot(a / 2 / confidence_width, a_error), sample, remark};
  // That a power does not fit bounded heights says nothing about how well 0 is known.
  if (is_bounded(law)) return {0, line.error(1), sample, remark};
  return {a, a_error, sample, remark};
}

}  // namespace softmech::generalization
