// Training runs whose events are known: everything is a smooth function of the step.
#pragma once

#include <softmech/attention/schottky.hpp>
#include <softmech/learning/trace.hpp>

#include <cmath>

namespace softmech::test {

struct RunShape {
  double memorization = 100, onset = 2000, peak = 1500;
  double plateau = 0.02, width = 50;  ///< of the rise of test accuracy
  bool generalizes = true;
  double end = 4000;
  double modulus = 59;
};

inline double rise(double step, double at, double width) { return 1 / (1 + std::exp(-(step - at) / width)); }

/// Two keys whose gap widens: ⟨C⟩ passes its maximum at `peak`.
inline Trace synthetic_trace(const RunShape& shape) {
  Trace trace;
  trace.modulus = shape.modulus, trace.answer_keys = 2;
  trace.learning_rate = 1e-3, trace.weight_decay = 1;
  trace.gap_mean.resize(2), trace.gap_variance.resize(2);
  const double variance_at_peak = gaussian_gap_maximum().variance;
  for (double step = 0; step <= shape.end; step += 10) {
    const double gained = shape.generalizes ? rise(step, shape.onset, shape.width) : 0;
    const double variance = variance_at_peak * std::exp((step - shape.peak) / 400);
    trace.step.push_back(step);
    trace.curves["train_accuracy"].push_back(rise(step, shape.memorization - 25, 5));
    trace.curves["test_accuracy"].push_back(shape.plateau + (1 - shape.plateau) * gained);
    trace.curves["train_loss"].push_back(4 * std::exp(-step / 200) + 1e-6);
    trace.curves["specific_heat"].push_back(gaussian_gap_specific_heat(0, variance));
    trace.curves["logit_rms"].push_back(std::sqrt(variance));
    trace.curves["weight_norm"].push_back(30 + 10 * std::exp(-std::pow((step - 600) / 300, 2)));
    for (auto& head : trace.gap_mean) head.push_back(0);
    for (auto& head : trace.gap_variance) head.push_back(variance);
  }
  return trace;
}

}  // namespace softmech::test
