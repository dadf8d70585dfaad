#include <softmech/learning/onset.hpp>

#include <softmech/statistics/bootstrap.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

std::optional<std::size_t> first_at_least(std::span<const double> curve, double level, std::size_t from = 0) {
  const auto found = std::find_if(curve.begin() + static_cast<std::ptrdiff_t>(std::min(from, curve.size())),
                                  curve.end(), [level](double value) { return value >= level; });
  if (found == curve.end()) return std::nullopt;
  return static_cast<std::size_t>(found - curve.begin());
}

/// The step of the first of `sustained` samples in a row at or above the level; steps without a sample do not count.
double reached(const Trace& trace, std::span<const double> curve, double level, std::int64_t sustained) {
  std::int64_t in_a_row = 0;
  double first = Trace::unknown;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (std::isnan(curve[i])) continue;
    in_a_row = curve[i] >= level ? in_a_row + 1 : 0;
    if (in_a_row == 1) first = trace.step[i];
    if (in_a_row == sustained) return first;
  }
  return Trace::unknown;
}

std::vector<double> finite(std::span<const double> curve) {
  std::vector<double> values(curve.begin(), curve.end());
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return values;
}

}  // namespace

void OnsetSettings::declare(Keys& keys) {
  keys.add("onset.definition", definition, "the onset that the table and the tab-separated file are about",
           {.words = {onset_definitions.begin(), onset_definitions.end()}});
  keys.add("onset.relative", relative, "relative onset: test accuracy this much above the run's own plateau",
           {.above = 0, .at_most = 1});
  keys.add("onset.absolute", absolute, "absolute onset: this test accuracy", {.above = 0, .at_most = 1});
  keys.add("onset.sustained", sustained, "samples in a row that must reach the level", {.at_least = 1, .at_most = 1e6});
  keys.add("memorization.accuracy", memorization, "train accuracy of a run that has memorized its pairs",
           {.above = 0, .at_most = 1});
}

std::optional<std::size_t> memorized_at(const Trace& trace, double accuracy) {
  return first_at_least(trace.curve("train_accuracy"), accuracy);
}

Plateau plateau_of(const Trace& trace, const OnsetSettings& settings) {
  const auto test = trace.curve("test_accuracy");
  const std::vector<double> samples = finite(test);
  if (samples.empty()) return {};
  const Plateau none{samples.front(), false};
  const std::size_t start = memorized_at(trace, settings.memorization).value_or(0);
  double highest = 0;
  for (const double value : test.subspan(start)) highest = std::max(highest, value);
  const std::size_t end = first_at_least(test, 0.9 * highest, start).value_or(test.size());
  const std::vector<double> first_half = finite(test.subspan(start, (end - start + 1) / 2));
  if (first_half.size() < 3) return none;
  const double spread = quantile(first_half, 0.75) - quantile(first_half, 0.25);
  if (!(spread <= settings.relative / 4)) return none;
  return {median(first_half), true};
}

Onset find_onset(const Trace& trace, const OnsetSettings& settings) {
  Onset onset;
  if (const auto memorized = memorized_at(trace, settings.memorization)) onset.memorization = trace.step[*memorized];
  onset.plateau = plateau_of(trace, settings);
  const auto test = trace.curve("test_accuracy");
  onset.step = {reached(trace, test, onset.plateau.baseline + settings.relative, settings.sustained),
                reached(trace, test, settings.absolute, settings.sustained)};
  return onset;
}

}  // namespace softmech
