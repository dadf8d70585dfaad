#include <softmech/learning/onset_study.hpp>

#include <softmech/learning/predictors.hpp>
#include <softmech/statistics/moments.hpp>
#include <softmech/statistics/proportion.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

namespace softmech {

namespace {

constexpr const char* canonical_heat = "specific_heat";  // what gaps predict, and the scale-matched control stands for

std::vector<double> collect(std::span<const RunEvents> runs, const auto& number) {
  std::vector<double> values;
  for (const RunEvents& run : runs) values.push_back(number(run));
  return values;
}

std::vector<double> finite(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return values;
}

Leads leads_of(std::span<const RunEvents> runs, const auto& event, double confidence) {
  const std::vector<double> events = collect(runs, event);
  const std::vector<double> modulus = collect(runs, [](const RunEvents& run) { return run.modulus; });
  Leads leads;
  for (std::size_t d = 0; d < leads.size(); ++d) {
    const auto onsets = collect(runs, [d](const RunEvents& run) { return run.onset.step[d]; });
    leads[d] = summarize_leads(events, onsets, modulus, confidence);
  }
  return leads;
}

HeightSummary summarize_heights(std::span<const RunEvents> runs, double confidence) {
  const auto heights = finite(collect(runs, [](const RunEvents& run) { return run.peaks.chosen.value; }));
  HeightSummary summary;
  summary.runs = std::ssize(runs), summary.with_peak = std::ssize(heights);
  summary.peak_share = wilson_interval(summary.with_peak, summary.runs, confidence);
  summary.median = median(heights);
  summary.interval = median_interval(heights, confidence);
  return summary;
}

RunGroup group_of(std::string name, std::span<const RunEvents> runs, double confidence) {
  RunGroup group;
  group.name = std::move(name);
  group.modulus = runs.empty() ? 0 : runs.front().modulus;
  group.train_fraction = median(finite(collect(runs, [](const RunEvents& run) { return run.train_fraction; })));
  group.height = summarize_heights(runs, confidence);
  group.leads = leads_of(
      runs, [](const RunEvents& run) { return run.peaks.chosen.step; }, confidence);
  for (std::size_t i = 0; i < predictors().size(); ++i)
    group.predictors.push_back(leads_of(
        runs, [i](const RunEvents& run) { return run.predictor_steps[i]; }, confidence));
  return group;
}

std::map<double, std::vector<RunEvents>> by_modulus(std::span<const RunEvents> runs) {
  std::map<double, std::vector<RunEvents>> groups;
  for (const RunEvents& run : runs) groups[run.modulus].push_back(run);
  return groups;
}

HeightGrowth height_growth(std::span<const RunEvents> runs, const PowerSettings& power) {
  HeightGrowth growth;
  std::vector<std::int64_t> counts;
  double squares = 0;
  std::int64_t freedom = 0;
  for (const auto& [modulus, group] : by_modulus(runs)) {
    Moments heights;
    for (const RunEvents& run : group) {
      if (std::isfinite(run.peaks.chosen.value)) heights.add(run.peaks.chosen.value);
    }
    if (heights.count() == 0 || modulus <= 0) continue;
    growth.modulus.push_back(modulus);
    growth.mean.push_back(heights.mean());
    counts.push_back(heights.count());
    if (heights.count() > 1) squares += heights.variance() * static_cast<double>(heights.count() - 1);
    freedom += heights.count() - 1;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double rounding = 8 * std::numeric_limits<double>::epsilon() * std::abs(growth.mean[i]);
    const double error = std::sqrt(squares / static_cast<double>(freedom) / static_cast<double>(counts[i]));
    growth.error.push_back(freedom > 0 ? std::max(error, rounding) : Trace::unknown);
  }
  growth.power.assign(all_curves.size(), Trace::unknown);
  if (counts.size() < 4 || freedom == 0) return growth;

  const auto as_vector = [](const std::vector<double>& values) {
    return Vector(Eigen::Map<const Vector>(values.data(), std::ssize(values)));
  };
  const Vector x = as_vector(growth.modulus), y = as_vector(growth.mean), errors = as_vector(growth.error);
  growth.comparison = compare_curves(all_curves, x, y, errors);
  for (std::size_t i = 0; i < all_curves.size(); ++i)
    growth.power[i] = power_of_comparison(growth.comparison->fits[i], all_curves, x, errors, power);
  return growth;
}

/// What differs between runs of one modulus, beside train fraction and seed.
std::vector<std::string> pooled_coordinates(std::span<const Trace> traces) {
  const auto coordinates = [](const Trace& trace) {
    auto all = trace.coordinates;
    all["learning_rate"] = fmt::format("{}", trace.learning_rate);
    all["weight_decay"] = fmt::format("{}", trace.weight_decay);
    all["operator"] = trace.attention_operator;
    return all;
  };
  std::map<std::string, std::map<std::string, std::string>> first;  // the coordinates of a modulus' first run
  std::set<std::string> pooled;
  for (const Trace& trace : traces) {
    const auto own = coordinates(trace);
    const auto [found, is_new] = first.emplace(fmt::format("{}", trace.modulus), own);
    std::vector<std::pair<std::string, std::string>> different;
    std::ranges::set_symmetric_difference(own, found->second, std::back_inserter(different));
    for (const auto& [name, value] : different) pooled.insert(name);
  }
  return {pooled.begin(), pooled.end()};
}

/// The same runs, with the scale-matched control in place of the specific heat.
std::vector<Trace> scale_matched(std::span<const Trace> traces) {
  std::vector<Trace> matched(traces.begin(), traces.end());
  for (Trace& trace : matched) trace.curves.at(canonical_heat) = trace.curves.at("specific_heat_scale_matched");
  return matched;
}

bool have_scale_matched(std::span<const Trace> traces, const PeakSettings& peak) {
  return peak.curve == canonical_heat &&
         std::all_of(traces.begin(), traces.end(), [](const Trace& t) { return t.has("specific_heat_scale_matched"); });
}

}  // namespace

std::vector<RunEvents> events_of(std::span<const Trace> traces, const OnsetSettings& onset, const PeakSettings& peak) {
  std::vector<RunEvents> runs;
  for (const Trace& trace : traces) {
    RunEvents events;
    events.run = trace.run, events.samples = static_cast<std::int64_t>(trace.samples());
    if (std::isfinite(trace.modulus)) events.modulus = trace.modulus;
    events.train_fraction = trace.train_fraction, events.seed = trace.seed, events.answer_keys = trace.answer_keys;
    if (!trace.step.empty()) events.last_step = trace.step.back();
    events.onset = find_onset(trace, onset);
    events.peaks = find_curve_peaks(trace, peak.curve, peak, onset.memorization);
    if (peak.curve == canonical_heat)
      events.predicted_height = predicted_specific_heat(trace, events.peaks.chosen.step);
    for (const Predictor& predictor : predictors())
      events.predictor_steps.push_back(predictor.step(trace, peak, onset.memorization));
    runs.push_back(std::move(events));
  }
  return runs;
}

LeadSummary summarize_leads(std::span<const double> event, std::span<const double> onset,
                            std::span<const double> modulus, double confidence) {
  LeadSummary summary;
  summary.runs = std::ssize(event);
  std::vector<double> events, onsets, moduli, leads, ratios;
  for (std::size_t i = 0; i < event.size(); ++i) {
    const bool happened = std::isfinite(event[i]), generalized = std::isfinite(onset[i]);
    summary.with_event += happened ? 1 : 0;
    summary.with_onset += generalized ? 1 : 0;
    if (!happened || !generalized) continue;
    summary.leading += event[i] < onset[i] ? 1 : 0;
    events.push_back(event[i]), onsets.push_back(onset[i]), moduli.push_back(modulus[i]);
    leads.push_back(onset[i] - event[i]);
    if (event[i] > 0) ratios.push_back(onset[i] / event[i]);
  }
  summary.leading_share = wilson_interval(summary.leading, summary.with_onset, confidence);
  summary.median_event = median(finite({event.begin(), event.end()}));
  summary.median_onset = median(finite({onset.begin(), onset.end()}));
  summary.median_lead = median(leads);
  summary.lead_interval = median_interval(leads, confidence);
  summary.median_ratio = median(ratios);
  summary.pooled = spearman(events, onsets);
  summary.within = spearman_within(events, onsets, moduli);
  return summary;
}

OnsetStudy study_onsets(std::span<const Trace> traces, std::span<const Control> controls,
                        const OnsetStudySettings& settings) {
  if (traces.empty()) throw std::invalid_argument("no runs to study: the data are empty");
  const double confidence = settings.confidence;
  OnsetStudy study;
  for (const Trace& trace : traces) study.stop_after_onset = std::fmin(study.stop_after_onset, trace.stop_after_onset);
  study.runs = events_of(traces, settings.onset, settings.peak);
  study.pooled = pooled_coordinates(traces);
  study.all = group_of("all", study.runs, confidence);
  for (const auto& [modulus, runs] : by_modulus(study.runs)) study.moduli.push_back(group_of("", runs, confidence));

  study.controls.push_back(group_of(std::string(data_control), study.runs, confidence));
  if (have_scale_matched(traces, settings.peak)) {
    const auto matched = scale_matched(traces);
    study.controls.push_back(
        group_of(std::string(scale_matched_control), events_of(matched, settings.onset, settings.peak), confidence));
  }
  for (const Control& control : controls) {
    study.controls.push_back(
        group_of(control.name, events_of(control.traces, settings.onset, settings.peak), confidence));
  }

  study.predicted_height =
      median(finite(collect(study.runs, [](const RunEvents& run) { return run.predicted_height; })));
  const auto excess = finite(
      collect(study.runs, [](const RunEvents& run) { return run.peaks.chosen.value / run.predicted_height - 1; }));
  study.excess = median(excess);
  study.excess_runs = std::ssize(excess);
  study.excess_interval = median_interval(excess, confidence);
  study.growth = height_growth(study.runs, settings.power);
  return study;
}

}  // namespace softmech
