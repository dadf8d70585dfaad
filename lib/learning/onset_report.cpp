#include <softmech/learning/onset_report.hpp>

#include <softmech/attention/bound.hpp>
#include <softmech/attention/schottky.hpp>
#include <softmech/learning/predictors.hpp>
#include <softmech/program/layout.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as they must be, the first aligned to the left, the others to the right.
std::string aligned(const Rows& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], columns(row[c]));
  }
  std::string text;
  for (const auto& row : rows) {
    text += padded(row.front(), widths.front());
    for (std::size_t c = 1; c < row.size(); ++c) text += "  " + std::string(widths[c] - columns(row[c]), ' ') + row[c];
    text += "\n";
  }
  return text;
}

std::string steps(double value) { return std::isfinite(value) ? fmt::format("{:.0f}", value) : "-"; }
std::string number(double value, int decimals = 3) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, decimals) : "-";
}
std::string steps(const Interval& x) { return fmt::format("[{}, {}]", steps(x.low), steps(x.high)); }
std::string number(const Interval& x, int decimals = 3) {
  return fmt::format("[{}, {}]", number(x.low, decimals), number(x.high, decimals));
}
std::string steps(const MedianInterval& x) { return steps(x.interval); }
std::string number(const MedianInterval& x) { return number(x.interval); }
std::string share(std::int64_t part, std::int64_t whole) { return fmt::format("{}/{}", part, whole); }
std::string rank(const RankCorrelation& x) {
  return std::isfinite(x.coefficient) ? fmt::format("{:+.2f} (p {:.1g})", x.coefficient, x.p_value) : "-";
}

std::vector<std::string> lead_cells(const LeadSummary& x) {
  return {share(x.leading, x.with_onset), number(x.leading_share, 2), steps(x.median_lead), steps(x.lead_interval)};
}

std::string moduli_table(const OnsetStudy& study, std::size_t d) {
  Rows rows{{"p", "f", "runs", "peak", "onset", "leads", "interval", "lead", "interval", "height", "interval"}};
  const auto add = [&](const std::string& label, const RunGroup& group) {
    const LeadSummary& x = group.leads[d];
    std::vector<std::string> row{label, number(group.train_fraction, 2), fmt::to_string(x.runs), steps(x.median_event),
                                 steps(x.median_onset)};
    for (auto& cell : lead_cells(x)) row.push_back(std::move(cell));
    row.push_back(number(group.height.median)), row.push_back(number(group.height.interval));
    rows.push_back(std::move(row));
  };
  for (const RunGroup& group : study.moduli) add(fmt::format("{:g}", group.modulus), group);
  add("all", study.all);
  return aligned(rows);
}

std::string predictor_table(const OnsetStudy& study, std::size_t d) {
  Rows rows{{"event", "runs", "leads", "interval", "lead", "interval", "rank corr.", "within p"}};
  for (std::size_t i = 0; i < study.all.predictors.size(); ++i) {
    const LeadSummary& x = study.all.predictors[i][d];
    std::vector<std::string> row{predictors()[i].name, share(x.with_event, x.runs)};
    for (auto& cell : lead_cells(x)) row.push_back(std::move(cell));
    row.push_back(rank(x.pooled)), row.push_back(rank(x.within));
    rows.push_back(std::move(row));
  }
  return aligned(rows);
}

std::string control_table(const OnsetStudy& study, std::size_t d) {
  Rows rows{{"control", "peaks", "interval", "height", "interval", "generalize", "leads"}};
  for (const RunGroup& x : study.controls) {
    rows.push_back({x.name, share(x.height.with_peak, x.height.runs), number(x.height.peak_share, 2),
                    number(x.height.median), number(x.height.interval), share(x.leads[d].with_onset, x.leads[d].runs),
                    share(x.leads[d].leading, x.leads[d].with_onset)});
  }
  return aligned(rows);
}

/// The same events in runs that are not the data's own: how many have them, and when.
std::string control_predictor_table(const OnsetStudy& study) {
  std::vector<const RunGroup*> groups;
  for (const RunGroup& control : study.controls) {
    if (control.name != scale_matched_control) groups.push_back(&control);
  }
  if (groups.size() < 2) return "";
  Rows rows{{"runs with event"}};
  for (const RunGroup* group : groups) rows.front().insert(rows.front().end(), {group->name, "step"});
  for (std::size_t i = 0; i < predictors().size(); ++i) {
    std::vector<std::string> row{predictors()[i].name};
    for (const RunGroup* group : groups) {
      const LeadSummary& x = group->predictors[i].front();
      row.push_back(share(x.with_event, x.runs)), row.push_back(steps(x.median_event));
    }
    rows.push_back(std::move(row));
  }
  return aligned(rows) + "\n";
}

std::string growth_table(const HeightGrowth& growth) {
  if (!growth.comparison) return "growth of the height with p: needs 4 moduli with peaks, one with two runs\n";
  Rows rows{{"height(p)", "a", "b", "chi2", "AICc", "weight", "power"}};
  for (std::size_t i = 0; i < growth.comparison->fits.size(); ++i) {
    const CurveFit& fit = growth.comparison->fits[i];
    rows.push_back({std::string(name(fit.curve)), fmt::format("{:.4g}", fit.a), fmt::format("{:.4g}", fit.b),
                    number(fit.chi_squared, 1), number(growth.comparison->aicc[i], 1),
                    number(growth.comparison->weights[i], 2), number(growth.power[i], 2)});
  }
  return aligned(rows);
}

std::string lead_sentence(const LeadSummary& x) {
  if (x.with_onset == 0) return "No run generalizes by this definition: nothing can come first.";
  const std::string verdict = x.with_onset < fewest_runs   ? "Too few runs to say whether the peak comes first"
                              : x.leading_share.low > 0.5  ? "The peak comes first"
                              : x.leading_share.high < 0.5 ? "The peak does not come first"
                                                           : "Whether the peak comes first is undecided";
  const std::string counts = fmt::format("it leads in {} of {} runs that generalize (95 % interval {:.2f} to {:.2f})",
                                         x.leading, x.with_onset, x.leading_share.low, x.leading_share.high);
  const std::string median = std::isfinite(x.median_lead) ? fmt::format(", by a median of {} steps {}",
                                                                        steps(x.median_lead), steps(x.lead_interval))
                                                          : "";
  return fmt::format("{}: {}{}.", verdict, counts, median);
}

/// The trivial events that lead in as many runs.
std::string predictor_sentence(const OnsetStudy& study, std::size_t d) {
  const LeadSummary& peak = study.all.leads[d];
  std::string names;
  for (std::size_t i = 1; i < study.all.predictors.size(); ++i) {
    if (study.all.predictors[i][d].leading >= peak.leading) names += (names.empty() ? "" : ", ") + predictors()[i].name;
  }
  if (names.empty() || peak.leading == 0) return "";
  return fmt::format(" Trivial events lead in as many runs or more: {}.", names);
}

std::string height_sentence(const OnsetStudy& study) {
  if (study.all.height.with_peak == 0) return "There is no peak in any run.";
  const std::string height =
      fmt::format("Its height is {} {}", number(study.all.height.median), number(study.all.height.interval));
  if (!std::isfinite(study.excess)) return height + ".";
  const bool few = study.excess_runs < fewest_runs;
  const auto [low, high] = study.excess_interval.interval;
  const std::string interval = few ? "" : fmt::format(" [{:+.1f}, {:+.1f}]", 100 * low, 100 * high);
  const std::string off = fmt::format("{:+.1f} %{}", 100 * study.excess, interval);
  if (!few && std::max(std::abs(low), std::abs(high)) <= 0.05)
    return fmt::format("{}, what two keys with the recorded gaps give ({}, off by {}): a Schottky anomaly.", height,
                       number(study.predicted_height), off);
  return fmt::format("{}; two keys with Gaussian gaps of the recorded mean and variance give {} (off by {}{}).", height,
                     number(study.predicted_height), off, few ? "; too few runs to say more" : "");
}

/// What the scale of the scores alone does, in the same runs: no statement about generalization.
std::string scale_sentence(const OnsetStudy& study) {
  for (const RunGroup& x : study.controls) {
    const bool peaks = x.height.runs >= fewest_runs && x.height.peak_share.low > 0.5;
    if (x.name != scale_matched_control || !peaks) continue;
    return fmt::format(
        " The untrained network's scores at the same scale peak too ({}, height {}): the peak follows the "
        "scale of the scores.",
        share(x.height.with_peak, x.height.runs), number(x.height.median));
  }
  return "";
}

/// Controls by whether most of their runs peak: the interval of the share lies above one half, below, or holds it.
std::string control_sentence(const OnsetStudy& study) {
  const bool data_peak = study.all.height.with_peak > 0;
  std::string with, without, undecided;
  for (std::size_t i = 1; i < study.controls.size(); ++i) {
    if (study.controls[i].name == scale_matched_control) continue;
    const HeightSummary& x = study.controls[i].height;
    const bool few = x.runs < fewest_runs;
    std::string& list = !few && x.peak_share.low > 0.5 ? with : !few && x.peak_share.high < 0.5 ? without : undecided;
    if (!list.empty()) list += ", ";
    list += fmt::format("{} ({})", study.controls[i].name, share(x.with_peak, x.runs));
  }
  std::vector<std::string> sentences;
  if (!with.empty() && data_peak)
    sentences.push_back(fmt::format("Controls have it too: {}. It is not specific to generalization.", with));
  if (!with.empty() && !data_peak) sentences.push_back(fmt::format("Controls have one: {}.", with));
  if (!without.empty())
    sentences.push_back(fmt::format("Without {} in most runs: {}.", data_peak ? "it" : "one", without));
  if (!undecided.empty()) sentences.push_back(fmt::format("Too few runs, or too divided, to tell: {}.", undecided));
  if (sentences.empty())
    return fmt::format("There are no runs that cannot generalize (data.controls){}.",
                       data_peak ? ": the peak may be there without" : "");
  return fmt::format("{}", fmt::join(sentences, " "));
}

}  // namespace

std::string onset_verdict(const OnsetStudy& study, std::size_t definition) {
  return lead_sentence(study.all.leads[definition]) + predictor_sentence(study, definition) + " " +
         height_sentence(study) + scale_sentence(study) + " " + control_sentence(study);
}

std::string onset_tsv(const OnsetStudy& study, std::size_t definition) {
  std::string text =
      "modulus\ttrain_fraction\truns\tpeaks\tonsets\tleading\tleading_low\tleading_high\tmedian_peak\tmedian_onset\t"
      "median_lead\tlead_low\tlead_high\tmedian_ratio\theight\theight_low\theight_high\n";
  for (const RunGroup& group : study.moduli) {
    const LeadSummary& x = group.leads[definition];
    text += fmt::format("{:g}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", group.modulus,
                        group.train_fraction, x.runs, x.with_event, x.with_onset, x.leading, x.leading_share.low,
                        x.leading_share.high, x.median_event, x.median_onset, x.median_lead,
                        x.lead_interval.interval.low, x.lead_interval.interval.high, x.median_ratio,
                        group.height.median, group.height.interval.interval.low, group.height.interval.interval.high);
  }
  return text;
}

std::string onset_page(const OnsetStudy& study, std::size_t definition) {
  std::int64_t masked = 0, memorized = 0, early = 0;
  for (const RunEvents& run : study.runs) {
    masked += run.peaks.masked;
    memorized += std::isfinite(run.onset.memorization) ? 1 : 0;
    early += run.peaks.maximum.step < run.onset.memorization ? 1 : 0;
  }
  std::string text = moduli_table(study, definition);
  text += fmt::format(
      "onset: {}; {} runs, {} memorize, {} with a peak; the largest value comes before memorization "
      "in {}; {} samples of instabilities left out\n\n",
      onset_definitions.at(definition), study.runs.size(), memorized, study.all.height.with_peak, early, masked);
  if (std::ranges::any_of(study.moduli, [](const RunGroup& group) { return group.height.runs < fewest_runs; }))
    text += "note: the interval of a median of 2, 3, 4, 5 runs is their range, which holds it in 50, 75, 88, 94 %\n\n";
  if (std::isfinite(study.stop_after_onset))
    text += fmt::format(
        "note: runs ended {} updates after test accuracy 0.95 (train.stop_after_onset), so no peak can "
        "follow their onset by more\n\n",
        steps(study.stop_after_onset));
  if (!study.pooled.empty())
    text += fmt::format(
        "note: runs of one modulus differ in {} and are taken together; results with one value of each say more\n\n",
        fmt::join(study.pooled, ", "));
  text += predictor_table(study, definition) + "\n" + control_table(study, definition) + "\n" +
          control_predictor_table(study);
  text += fmt::format(
      "height of the peak: {} {}; cap of two keys {:.4f}; largest for Gaussian gaps of mean 0 {:.4f}; from the "
      "recorded gaps {}\n",
      number(study.all.height.median), number(study.all.height.interval), specific_heat_bound(2).specific_heat,
      gaussian_gap_maximum().specific_heat, number(study.predicted_height));
  text += growth_table(study.growth) + "\n";
  return text + onset_verdict(study, definition) + "\n";
}

}  // namespace softmech
