#include <softmech/judgement/generalization.hpp>

#include <softmech/judgement/study_data.hpp>
#include <softmech/learning/onset_study.hpp>
#include <softmech/statistics/fit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>

namespace softmech::generalization {

namespace {

constexpr std::size_t absolute = 1;  // the onset: test accuracy 0.95
static_assert(onset_definitions[absolute] == "absolute");

OnsetStudy analyzed(std::span<const StudyData> studies) {
  std::vector<Trace> runs;
  for (const StudyData& study : studies) std::ranges::move(traces(study), std::back_inserter(runs));
  return study_onsets(runs, {}, {});
}

/// The center of an interval of confidence, and half its width in standard deviations.
Measurement from_interval(const Interval& interval, std::int64_t sample, std::string remark) {
  return {(interval.low + interval.high) / 2, (interval.high - interval.low) / 2 / confidence_width, sample,
          std::move(remark)};
}

/// A median over runs with its bootstrap interval; one standard deviation is the interval's half width over 1.96.
Measurement median_of(const std::vector<double>& values, std::string remark) {
  if (values.size() < 2) return {.sample_size = static_cast<std::int64_t>(values.size())};
  const Interval interval = bootstrap_interval(values, median);
  return {median(values), (interval.high - interval.low) / 2 / confidence_width,
          static_cast<std::int64_t>(values.size()), std::move(remark)};
}

/// What does not exceed a bounded law for good.
bool is_bounded(Curve curve) { return curve == Curve::constant || curve == Curve::saturation; }

double best_aicc(const CurveComparison& comparison, bool bounded) {
  double best = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < comparison.fits.size(); ++i) {
    const Curve curve = comparison.fits[i].curve;
    if (bounded ? is_bounded(curve) : curve == Curve::power) best = std::min(best, comparison.aicc[i]);
  }
  return best;
}

}  // namespace

std::vector<Trace> traces(const StudyData& study) {
  const Variable& step = study.data.at("step");
  const auto& steps = step.as<std::int64_t>();
  const Vector modulus = per_member(study, "modulus"), keys = per_member(study, "answer_keys");
  std::vector<Trace> runs(static_cast<std::size_t>(modulus.size()));
  for (std::size_t run = 0; run < runs.size(); ++run) {
    Trace& trace = runs[run];
    trace.run = static_cast<std::int64_t>(run);
    trace.modulus = modulus[static_cast<Eigen::Index>(run)];
    trace.answer_keys = keys[static_cast<Eigen::Index>(run)];
    const auto row = [&](const char* name, std::size_t width) {
      const auto& values = study.data.at(name).as<double>();
      const auto begin = values.begin() + static_cast<std::ptrdiff_t>(run * steps.size() * width);
      return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(steps.size() * width));
    };
    const std::vector<double> accuracy = row("train_accuracy", 1);
    const auto length = static_cast<std::size_t>(
        std::find_if(accuracy.begin(), accuracy.end(), [](double x) { return std::isnan(x); }) - accuracy.begin());
    trace.step.assign(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(length));
    for (const char* name : {"train_loss", "train_accuracy", "test_accuracy", "specific_heat",
                             "specific_heat_scale_matched", "logit_rms", "weight_norm"}) {
      auto curve = row(name, 1);
      curve.resize(length);
      trace.curves[name] = std::move(curve);
    }
    const std::size_t heads = study.data.at("head").shape.front();
    const auto by_head = [&](const char* name) {
      const auto values = row(name, heads);
      std::vector<std::vector<double>> curves(heads, std::vector<double>(length));
      for (std::size_t i = 0; i < length * heads; ++i) curves[i % heads][i / heads] = values[i];
      return curves;
    };
    trace.gap_mean = by_head("gap_mean_by_head");
    trace.gap_variance = by_head("gap_variance_by_head");
  }
  return runs;
}

Measurement leading_share(std::span<const StudyData> studies, const std::string&) {
  const LeadSummary leads = analyzed(studies).all.leads[absolute];
  return from_interval(leads.leading_share, leads.with_onset,
                       fmt::format("{} of {} runs that generalize; {} of {} have a peak; median lead {:g} updates",
                                   leads.leading, leads.with_onset, leads.with_event, leads.runs, leads.median_lead));
}

Measurement peak_share(std::span<const StudyData> studies, const std::string&) {
  const HeightSummary height = analyzed(studies).all.height;
  return from_interval(
      height.peak_share, height.runs,
      fmt::format("{} of {} runs, median height {:.3f}", height.with_peak, height.runs, height.median));
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
    const std::vector<Trace> runs = traces(study);
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

Measurement height_growth(std::span<const StudyData> studies, const std::string&) {
  const OnsetStudy study = analyzed(studies);
  const HeightGrowth& growth = study.growth;
  if (!growth.comparison) throw std::runtime_error("the growth of a peak needs 4 moduli with peaks, one with two runs");
  const auto count = static_cast<Eigen::Index>(growth.modulus.size());
  const auto column = [&](const std::vector<double>& values) { return Eigen::Map<const Vector>(values.data(), count); };
  const Vector p = column(growth.modulus), mean = column(growth.mean), error = column(growth.error);
  const LinearFit power = fit_line(p.array().log(), mean.array().log(), error.array() / mean.array());
  const double a = power.coefficients[1], a_error = power.scaled_error(1);
  const double lead = best_aicc(*growth.comparison, false) - best_aicc(*growth.comparison, true);
  const std::string remark = fmt::format("power {:.3f} +- {:.3f}; best bounded law {} in AICc by {:.1f}", a, a_error,
                                         lead > 0 ? "better" : "worse", std::abs(lead));
  const std::int64_t sample = study.all.height.with_peak;
  if (lead <= -2) return {a, a_error, sample, remark};
  if (lead >= 2) return {0, a_error, sample, remark};
  return {a / 2, std::hypot(a / 2 / confidence_width, a_error), sample, remark};
}

}  // namespace softmech::generalization
