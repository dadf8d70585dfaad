// Does the peak come first? Events of many runs, their leads, and everything that could explain them away.
#pragma once

#include <softmech/learning/heat_peak.hpp>
#include <softmech/learning/onset.hpp>
#include <softmech/statistics/bootstrap.hpp>
#include <softmech/statistics/interval.hpp>
#include <softmech/statistics/median_interval.hpp>
#include <softmech/statistics/model_comparison.hpp>
#include <softmech/statistics/rank_correlation.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// What happened when in one run.
struct RunEvents {
  std::int64_t run = 0, samples = 0;
  double modulus = 0;  ///< 0 if the data do not say
  double train_fraction = Trace::unknown, seed = Trace::unknown, answer_keys = Trace::unknown;
  double last_step = Trace::unknown;
  Onset onset;
  CurvePeaks peaks;
  double predicted_height = Trace::unknown;  ///< predicted_specific_heat() at the peak; for peak.curve = specific_heat
  std::vector<double> predictor_steps;       ///< one per predictors()

  double lead(std::size_t definition) const { return onset.step[definition] - peaks.chosen.step; }
};

std::vector<RunEvents> events_of(std::span<const Trace> traces, const OnsetSettings& onset, const PeakSettings& peak);

/// How events stand to onsets over runs. An event leads if its step is less than the onset's; runs without an onset
/// count neither way, runs with an onset and without an event do not lead.
struct LeadSummary {
  std::int64_t runs = 0, with_event = 0, with_onset = 0, leading = 0;
  Interval leading_share{0, 1};  ///< Wilson, of leading/with_onset
  double median_event = Trace::unknown, median_onset = Trace::unknown;
  double median_lead = Trace::unknown;   ///< onset − event in steps, where both are
  MedianInterval lead_interval;          ///< of median_lead
  double median_ratio = Trace::unknown;  ///< onset/event
  RankCorrelation pooled, within;  ///< of event and onset: over all runs, and inside moduli (train fractions may differ
                                   ///< between moduli, which correlates everything)
};

LeadSummary summarize_leads(std::span<const double> event, std::span<const double> onset,
                            std::span<const double> modulus, double confidence = 0.95);

/// A LeadSummary for each of the onset_definitions.
using Leads = std::array<LeadSummary, 2>;

/// How high the peaks of some runs are.
struct HeightSummary {
  std::int64_t runs = 0, with_peak = 0;
  Interval peak_share{0, 1};  ///< Wilson, of with_peak/runs
  double median = Trace::unknown;
  MedianInterval interval;  ///< of the median
};

/// The runs of one modulus, or of one control.
struct RunGroup {
  std::string name;
  double modulus = 0, train_fraction = Trace::unknown;
  HeightSummary height;
  Leads leads;
  std::vector<Leads> predictors;  ///< one per predictors()
};

/// Peak height against modulus: means with the standard deviation pooled over moduli, and the laws compared.
struct HeightGrowth {
  std::vector<double> modulus, mean, error;
  std::optional<CurveComparison> comparison;  ///< none for fewer than 4 moduli, or no modulus with two peaks
  std::vector<double> power;                  ///< of the comparison under each law as fitted
};

struct OnsetStudy {
  std::vector<RunEvents> runs;
  RunGroup all;
  std::vector<RunGroup> moduli;              ///< rising
  std::vector<RunGroup> controls;            ///< the data themselves first, as data_control
  std::vector<std::string> pooled;           ///< in what else than train fraction and seed runs of one modulus differ
  double stop_after_onset = Trace::unknown;  ///< least of the runs; what would peak later was not recorded
  double predicted_height = Trace::unknown;  ///< median over runs with a peak
  double excess = Trace::unknown;            ///< median of C/predicted − 1 at the peak
  std::int64_t excess_runs = 0;              ///< in how many both are known
  MedianInterval excess_interval;
  HeightGrowth growth;
};

struct OnsetStudySettings {
  OnsetSettings onset;
  PeakSettings peak;
  double confidence = 0.95;  ///< of all intervals
  PowerSettings power;
};

/// The runs themselves, under the same analysis as the controls.
inline constexpr std::string_view data_control = "data";

/// The control that softmech-grok records in the same runs: C of the untrained network's scores at the present scale.
inline constexpr std::string_view scale_matched_control = "scale_matched";

/// A control: other runs under the same analysis.
struct Control {
  std::string name;
  std::vector<Trace> traces;
};

/// Throws std::invalid_argument for no runs.
OnsetStudy study_onsets(std::span<const Trace> traces, std::span<const Control> controls,
                        const OnsetStudySettings& settings);

}  // namespace softmech
