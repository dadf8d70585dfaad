#include <softmech/learning/heat_peak.hpp>

#include <softmech/attention/schottky.hpp>
#include <softmech/learning/onset.hpp>
#include <softmech/statistics/peaks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace softmech {

namespace {

/// The samples of a curve that count, in stretches between those that are masked.
struct Considered {
  std::vector<double> step, value;
  std::vector<std::int64_t> masked_before;  ///< equal for samples of one stretch
  std::int64_t masked = 0;
};

Considered considered(const Trace& trace, std::span<const double> curve, bool after_memorization, double memorization) {
  const auto memorized = memorized_at(trace, memorization);
  const auto accuracy = trace.curve("train_accuracy");
  Considered samples;
  if (after_memorization && !memorized) return samples;
  for (std::size_t i = after_memorization ? *memorized : 0; i < curve.size(); ++i) {
    const bool unstable = memorized && i >= *memorized && accuracy[i] < memorization;
    samples.masked += unstable ? 1 : 0;
    if (unstable || !std::isfinite(curve[i])) continue;
    samples.step.push_back(trace.step[i]);
    samples.value.push_back(curve[i]);
    samples.masked_before.push_back(samples.masked);
  }
  return samples;
}

/// The running median of each stretch by itself.
std::vector<double> smoothed(const Considered& samples, std::size_t window) {
  std::vector<double> smooth;
  for (std::size_t start = 0; start < samples.value.size();) {
    const auto& stretch = samples.masked_before;
    const auto end =
        static_cast<std::size_t>(std::upper_bound(stretch.begin(), stretch.end(), stretch[start]) - stretch.begin());
    const auto part = running_median(std::span(samples.value).subspan(start, end - start), window);
    smooth.insert(smooth.end(), part.begin(), part.end());
    start = end;
  }
  return smooth;
}

/// Whether a curve was seen to rise to and fall from a peak: not across masked samples.
bool was_seen(const Considered& samples, std::span<const double> curve, std::size_t peak) {
  std::size_t before = peak, after = peak;
  while (curve[before] == curve[peak]) --before;
  while (curve[after] == curve[peak]) ++after;
  return samples.masked_before[before] == samples.masked_before[after];
}

CurvePoint maximum_of(const Trace& trace, std::span<const double> curve) {
  CurvePoint maximum;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (std::isfinite(curve[i]) && !(curve[i] <= maximum.value)) maximum = {trace.step[i], curve[i], Trace::unknown};
  }
  return maximum;
}

}  // namespace

void PeakSettings::declare(Keys& keys) {
  keys.add("peak.curve", curve, "the curve whose peak is looked for: any that the data have");
  keys.add("peak.choice", choice, "which of several peaks is the peak of a run",
           {.words = {"most_prominent", "first", "highest"}});
  keys.add("peak.prominence", prominence, "least height of a peak above the higher of the minima beside it",
           {.at_least = 0});
  keys.add("peak.prominence_unit", prominence_unit, "range: of the curve after memorization; absolute: its own units",
           {.words = {"range", "absolute"}});
  keys.add("peak.noise", noise, "least prominence in units of the noise from sample to sample", {.at_least = 0});
  keys.add("peak.smoothing", smoothing, "window of a running median in samples, odd; 1: none",
           {.at_least = 1, .at_most = 1e6});
  keys.add("peak.after_memorization", after_memorization, "false: peaks before memorization count too");
}

void PeakSettings::check() const {
  if (smoothing % 2 == 0)
    throw std::invalid_argument(
        fmt::format("peak.smoothing = {}: must be odd, to have a middle; try {}", smoothing, smoothing + 1));
}

CurvePeaks find_curve_peaks(const Trace& trace, std::string_view curve, const PeakSettings& settings,
                            double memorization) {
  const auto values = trace.curve(curve);
  const auto longest = std::ssize(values) / 5;
  if (settings.smoothing > 1 && !values.empty() && settings.smoothing > longest)
    throw std::invalid_argument(fmt::format(
        "peak.smoothing = {}: must be at most {}, a fifth of the {} samples of run {}, or it flattens their "
        "peaks; try 5, or 1 for none",
        settings.smoothing, longest, values.size(), trace.run));
  CurvePeaks result;
  result.maximum = maximum_of(trace, values);
  const Considered samples = considered(trace, values, settings.after_memorization, memorization);
  result.masked = samples.masked;
  if (samples.value.size() < 3) return result;

  const std::vector<double> smooth = smoothed(samples, static_cast<std::size_t>(settings.smoothing));
  const auto [low, high] = std::minmax_element(smooth.begin(), smooth.end());
  const double unit = settings.prominence_unit == "range" ? *high - *low : 1.0;
  std::vector<Peak> peaks =
      find_peaks(smooth, std::max(settings.prominence * unit, settings.noise * noise_of(samples.value)));
  std::erase_if(peaks, [&](const Peak& peak) { return !was_seen(samples, smooth, peak.index); });
  result.count = static_cast<std::int64_t>(peaks.size());
  if (peaks.empty()) return result;
  const auto point = [&](const Peak& peak) {
    return CurvePoint{samples.step[peak.index], peak.height, peak.prominence};
  };
  const auto largest = [&](double Peak::*quantity) {
    return point(*std::max_element(peaks.begin(), peaks.end(),
                                   [quantity](const Peak& a, const Peak& b) { return a.*quantity < b.*quantity; }));
  };
  result.first = point(peaks.front());
  result.highest = largest(&Peak::height);
  result.chosen = settings.choice == "first"     ? result.first
                  : settings.choice == "highest" ? result.highest
                                                 : largest(&Peak::prominence);
  return result;
}

double predicted_specific_heat(const Trace& trace, double step) {
  const auto at = std::find(trace.step.begin(), trace.step.end(), step);
  const bool two_keys =
      trace.attention_operator == "softmax" && (std::isnan(trace.answer_keys) || trace.answer_keys == 2);
  const std::size_t heads = trace.gap_mean.size();
  if (at == trace.step.end() || !two_keys || heads == 0 || trace.gap_variance.size() != heads) return Trace::unknown;
  const auto sample = static_cast<std::size_t>(at - trace.step.begin());
  double sum = 0;
  for (std::size_t head = 0; head < heads; ++head) {
    const double mean = trace.gap_mean[head][sample], variance = trace.gap_variance[head][sample];
    if (!std::isfinite(mean) || !std::isfinite(variance)) return Trace::unknown;
    sum += gaussian_gap_specific_heat(mean, std::max(0.0, variance));
  }
  return sum / static_cast<double>(heads);
}

}  // namespace softmech
