#include <softmech/learning/predictors.hpp>

#include <softmech/learning/onset.hpp>

#include <array>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

double peak(const Trace& trace, std::string_view curve, const PeakSettings& settings, double memorization) {
  return find_curve_peaks(trace, curve, settings, memorization).chosen.step;
}

double loss_spike(const Trace& trace, const PeakSettings&, double memorization) {
  Trace logarithms;
  logarithms.step = trace.step;
  auto& loss = logarithms.curves["ln train_loss"];
  for (const double value : trace.curve("train_loss")) loss.push_back(value > 0 ? std::log(value) : Trace::unknown);
  // Spikes are the instabilities that are masked elsewhere: here no sample is, from memorization on.
  const auto memorized = memorized_at(trace, memorization);
  if (!memorized || loss.empty()) return Trace::unknown;
  auto& accuracy = logarithms.curves["train_accuracy"];
  for (std::size_t i = 0; i < loss.size(); ++i) accuracy.push_back(i >= *memorized ? 1.0 : 0.0);
  const PeakSettings doubled{.prominence = std::log(2.0), .prominence_unit = "absolute", .noise = 0};
  return peak(logarithms, "ln train_loss", doubled, 1.0);
}

/// The middle of the interval between samples, after memorization, over which sign × slope is largest and positive.
double steepest(const Trace& trace, std::string_view name, double sign, double memorization) {
  const auto curve = trace.curve(name);
  const auto memorized = memorized_at(trace, memorization);
  double step = Trace::unknown, most = 0;
  if (!memorized) return step;
  for (std::size_t i = *memorized + 1; i + 1 < curve.size(); ++i) {
    const double slope = sign * (curve[i + 1] - curve[i - 1]) / (trace.step[i + 1] - trace.step[i - 1]);
    if (slope > most) most = slope, step = trace.step[i];
  }
  return step;
}

}  // namespace

std::span<const Predictor> predictors() {
  using T = const Trace&;
  using S = const PeakSettings&;
  static const std::array list{
      Predictor{"peak", "peak of peak.curve", [](T t, S s, double m) { return peak(t, s.curve, s, m); }},
      Predictor{"train_loss_spike", "largest spike of the train loss after memorization", loss_spike},
      Predictor{"logit_rms_peak", "peak of the rms of the attention logits",
                [](T t, S s, double m) { return peak(t, "logit_rms", s, m); }},
      Predictor{"logit_rms_growth", "fastest growth of the rms of the attention logits after memorization",
                [](T t, S, double m) { return steepest(t, "logit_rms", 1, m); }},
      Predictor{"weight_norm_peak", "peak of the norm of all parameters",
                [](T t, S s, double m) { return peak(t, "weight_norm", s, m); }},
      Predictor{"weight_norm_fall", "fastest fall of the norm of all parameters after memorization",
                [](T t, S, double m) { return steepest(t, "weight_norm", -1, m); }},
      Predictor{"time_constant", "1/(learning rate x weight decay)",
                [](T t, S, double) {
                  const double rate = t.learning_rate * t.weight_decay;
                  return rate > 0 ? 1 / rate : Trace::unknown;
                }},
  };
  return list;
}

}  // namespace softmech
