#include <softmech/ensemble/random.hpp>
#include <softmech/learning/heat_peak.hpp>
#include <softmech/learning/onset.hpp>
#include <softmech/learning/predictors.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "learning/synthetic_trace.hpp"

using namespace softmech;
using test::RunShape;
using test::synthetic_trace;

namespace {

CurvePeaks heat_peaks(const Trace& trace, const PeakSettings& settings = {}) {
  return find_curve_peaks(trace, "specific_heat", settings, 0.99);
}

std::size_t sample_at(const Trace& trace, double step) {
  return static_cast<std::size_t>(std::find(trace.step.begin(), trace.step.end(), step) - trace.step.begin());
}

double predicted_by(const std::string& name, const Trace& trace) {
  const auto list = predictors();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Predictor& p) { return p.name == name; });
  REQUIRE(found != list.end());
  return found->step(trace, {}, 0.99);
}

}  // namespace

TEST_CASE("a run that generalizes has the onsets and the peak that it was made with") {
  const Trace trace = synthetic_trace({.onset = 2000, .peak = 1500});
  const Onset onset = find_onset(trace, {});
  CHECK(onset.memorization == 100);  // 25 steps and five widths after its middle: 0.9933 >= 0.99
  CHECK(onset.plateau.found);
  CHECK(onset.plateau.baseline == Approx(0.02).margin(1e-3));
  // 0.02 + 0.98 r >= 0.52 at r = 0.5102: the middle, plus 0.041 widths, at the next sample.
  CHECK(onset.step[0] == 2010);
  // r >= 0.949 at 2.92 widths.
  CHECK(onset.step[1] == 2150);
  const CurvePeaks peaks = heat_peaks(trace);
  CHECK(peaks.count == 1);
  CHECK(peaks.chosen.step == 1500);
  CHECK(peaks.chosen.value == Approx(0.25297).margin(1e-5));
  CHECK(peaks.maximum.step == 1500);
  CHECK(peaks.masked == 0);
}

TEST_CASE("the levels of the onsets are keys, and so is how long they must hold") {
  Trace trace = synthetic_trace({.onset = 2000});
  CHECK(find_onset(trace, {.relative = 0.1}).step[0] < 2000);
  CHECK(find_onset(trace, {.absolute = 0.5}).step[1] == 2000);
  auto& test = trace.curves["test_accuracy"];
  test[sample_at(trace, 700)] = 0.99;  // one lucky sample
  CHECK(find_onset(trace, {}).step[0] == 700);
  CHECK(find_onset(trace, {.sustained = 2}).step[0] == 2010);
  CHECK(find_onset(trace, {.sustained = 3}).step[1] == 2150);
}

TEST_CASE("commutativity lifts the plateau, and the relative onset with it") {
  // Random split at f = 0.4: 40 % of the held-out pairs are mirrors of trained ones, right soon after memorization.
  Trace trace = synthetic_trace({.onset = 2000, .plateau = 0.4});
  auto& test = trace.curves["test_accuracy"];
  for (std::size_t i = 0; i < sample_at(trace, 200); ++i) test[i] = 0.4 * trace.step[i] / 200;
  const Onset onset = find_onset(trace, {});
  CHECK(onset.plateau.found);
  CHECK(onset.plateau.baseline == Approx(0.4).margin(5e-3));
  // 0.4 + 0.6 r >= 0.9 at r = 0.8333: 1.61 widths.
  CHECK(onset.step[0] == 2090);
  // Above a plateau of 0.6 nothing is 0.5 higher: no onset by this definition, one by the other.
  const Onset high = find_onset(synthetic_trace({.plateau = 0.6}), {});
  CHECK(high.plateau.baseline == Approx(0.6).margin(5e-3));
  CHECK(std::isnan(high.step[0]));
  CHECK(high.step[1] > 2000);
}

TEST_CASE("a run that generalizes while it memorizes has no plateau, and is measured from its first sample") {
  const Onset onset = find_onset(synthetic_trace({.memorization = 2000, .onset = 1990, .width = 20}), {});
  CHECK_FALSE(onset.plateau.found);
  CHECK(onset.plateau.baseline == Approx(0.02).margin(1e-3));
  CHECK(onset.step[0] == 2000);
}

TEST_CASE("what never happens has no step") {
  const Onset stuck = find_onset(synthetic_trace({.generalizes = false}), {});
  CHECK((std::isnan(stuck.step[0]) && std::isnan(stuck.step[1])));
  CHECK(stuck.plateau.baseline == Approx(0.02));
  const Trace never = synthetic_trace({.memorization = 1e9});
  CHECK(std::isnan(find_onset(never, {}).memorization));
  CHECK(heat_peaks(never).count == 0);
  CHECK(heat_peaks(never).maximum.step == 1500);
  const Trace none;
  CHECK(std::isnan(find_onset(none, {}).step[0]));
  CHECK(heat_peaks(none).count == 0);
}

TEST_CASE("onsets do not see the specific heat, peaks do not see the test accuracy") {
  const Trace trace = synthetic_trace({});
  RandomStream random(1, 0, "blind");
  Trace other_heat = trace, other_test = trace;
  for (double& value : other_heat.curves["specific_heat"]) value = random.uniform();
  for (auto* gaps : {&other_heat.gap_mean, &other_heat.gap_variance}) gaps->clear();
  auto& test = other_test.curves["test_accuracy"];
  for (std::size_t i = test.size() - 1; i > 0; --i) std::swap(test[i], test[random.below(i + 1)]);

  CHECK(find_onset(other_heat, {}).step == find_onset(trace, {}).step);
  CHECK(find_onset(other_heat, {}).plateau.baseline == find_onset(trace, {}).plateau.baseline);
  CHECK(heat_peaks(other_test).chosen.step == heat_peaks(trace).chosen.step);
  CHECK(heat_peaks(other_test).chosen.value == heat_peaks(trace).chosen.value);
  for (const Predictor& predictor : predictors()) {
    const double seen = predictor.step(trace, {}, 0.99), blind = predictor.step(other_test, {}, 0.99);
    CHECK((seen == blind || (std::isnan(seen) && std::isnan(blind))));
  }
}

TEST_CASE("an instability is masked and counted, and its spike is no peak") {
  Trace trace = synthetic_trace({.peak = 1500});
  for (std::size_t i = sample_at(trace, 900); i < sample_at(trace, 940); ++i) {
    trace.curves["train_accuracy"][i] = 0.7;
    trace.curves["specific_heat"][i] = 0.43;
    trace.curves["train_loss"][i] = 1;
  }
  const CurvePeaks peaks = heat_peaks(trace);
  CHECK(peaks.masked == 4);
  CHECK(peaks.chosen.step == 1500);
  CHECK(peaks.highest.step == 1500);
  CHECK(peaks.maximum.step == 900);  // the whole run, told as it is
  const double spike = predicted_by("train_loss_spike", trace);
  CHECK((spike >= 900 && spike < 940));
  CHECK(std::isnan(predicted_by("train_loss_spike", synthetic_trace({}))));
}

TEST_CASE("what rises into an instability and is lower after it is no peak") {
  Trace trace = synthetic_trace({.peak = 4500});  // C rises all the time
  auto& heat = trace.curves["specific_heat"];
  const std::size_t begin = sample_at(trace, 3400), end = sample_at(trace, 3450);
  for (std::size_t i = begin; i < heat.size(); ++i) heat[i] -= 0.5 * heat[begin - 1];
  REQUIRE(heat[end] < heat[begin - 1]);
  CHECK(heat_peaks(trace).chosen.step == 3390);  // seen by anyone who watched all the time
  for (std::size_t i = begin; i < end; ++i) trace.curves["train_accuracy"][i] = 0.5;
  CHECK(heat_peaks(trace).masked == 5);
  CHECK(heat_peaks(trace).count == 0);
  CHECK(heat_peaks(trace, {.smoothing = 31}).count == 0);
  heat[begin - 1] = heat[begin - 2];  // two equal samples at the edge
  CHECK(heat_peaks(trace).count == 0);
  // Samples that were never taken hide nothing: a curve that is recorded at every other step peaks.
  Trace sparse = synthetic_trace({});
  for (std::size_t i = 1; i < sparse.samples(); i += 2) sparse.curves["specific_heat"][i] = NAN;
  CHECK(heat_peaks(sparse).chosen.step == Approx(1500).margin(10));
}

TEST_CASE("accuracies may be missing here and there") {
  Trace trace = synthetic_trace({.onset = 2000});
  const Onset whole = find_onset(trace, {});
  for (std::size_t i = 0; i < trace.samples(); ++i) {
    if (i % 3 != 0) trace.curves["test_accuracy"][i] = NAN;
  }
  const Onset sparse = find_onset(trace, {.sustained = 2});
  CHECK(sparse.plateau.found);
  CHECK(sparse.plateau.baseline == Approx(whole.plateau.baseline).margin(1e-4));
  CHECK(sparse.step[0] == Approx(whole.step[0]).margin(30));
  CHECK(sparse.step[1] == Approx(whole.step[1]).margin(30));
  for (double& value : trace.curves["test_accuracy"]) value = NAN;
  CHECK(std::isnan(find_onset(trace, {}).plateau.baseline));
}

TEST_CASE("a peak at an end, or before memorization, is no peak after it") {
  CHECK(heat_peaks(synthetic_trace({.peak = 5000})).count == 0);
  CHECK(heat_peaks(synthetic_trace({.peak = 5000})).maximum.step == 4000);
  const Trace early = synthetic_trace({.memorization = 1400, .peak = 1000});
  CHECK(heat_peaks(early).count == 0);
  CHECK(heat_peaks(early).maximum.step == 1000);
  CHECK(heat_peaks(early, {.after_memorization = false}).chosen.step == 1000);
}

TEST_CASE("of several peaks the key chooses") {
  Trace trace = synthetic_trace({});
  auto& heat = trace.curves["specific_heat"];
  const auto bump = [](double step, double at, double width) { return std::exp(-std::pow((step - at) / width, 2)); };
  for (std::size_t i = 0; i < heat.size(); ++i) {
    const double step = trace.step[i];
    heat[i] = 0.10 * bump(step, 600, 100) + 0.19 * bump(step, 2000, 900) + 0.10 * bump(step, 2000, 60) +
              0.25 * bump(step, 3400, 80) - 0.1 * bump(step, 1200, 150);
  }
  const CurvePeaks peaks = heat_peaks(trace);
  REQUIRE(peaks.count == 3);
  CHECK(peaks.first.step == Approx(600).margin(30));
  CHECK(peaks.highest.step == Approx(2000).margin(10));
  CHECK(heat_peaks(trace, {.choice = "first"}).chosen.step == peaks.first.step);
  CHECK(heat_peaks(trace, {.choice = "highest"}).chosen.step == peaks.highest.step);
  CHECK(peaks.chosen.prominence >= peaks.first.prominence);
  CHECK(heat_peaks(trace, {.prominence = 0.2, .prominence_unit = "absolute"}).count == 2);
  CHECK(heat_peaks(trace, {.prominence = 0.9}).count == 1);
}

TEST_CASE("noise around a constant has no peak; a peak in noise stays where it is") {
  RandomStream random(2, 0, "noise");
  Trace flat = synthetic_trace({}), noisy = flat;
  for (double& value : flat.curves["specific_heat"]) value = 0.15 + 0.002 * random.normal();
  CHECK(heat_peaks(flat).count == 0);
  CHECK(heat_peaks(flat, {.noise = 0}).count > 5);
  for (double& value : noisy.curves["specific_heat"]) value += 0.002 * random.normal();
  CHECK(heat_peaks(noisy).chosen.step == Approx(1500).margin(150));
  CHECK(heat_peaks(noisy, {.smoothing = 31}).chosen.step == Approx(1500).margin(100));
  CHECK(heat_peaks(noisy, {.smoothing = 31}).chosen.value == Approx(0.2520).margin(0.0015));
  CHECK_THROWS_WITH(PeakSettings{.smoothing = 4}.check(), Catch::Contains("peak.smoothing = 4"));
  // Smoothing makes noise smooth, not small: what counts is the noise of the samples.
  CHECK(heat_peaks(flat, {.smoothing = 5}).count == 0);
  CHECK_NOTHROW(heat_peaks(noisy, {.smoothing = 79}));
  CHECK_THROWS_WITH(heat_peaks(noisy, {.smoothing = 81}),
                    Catch::Contains("peak.smoothing = 81: must be at most 80, a fifth of the 401 samples of run 0"));
}

TEST_CASE("the predicted height is the mean over heads of a Gaussian gap's, for two keys only") {
  Trace trace = synthetic_trace({});
  CHECK(predicted_specific_heat(trace, 1500) == Approx(0.25297).margin(1e-5));
  for (double& mean : trace.gap_mean[1]) mean = 2.4;
  for (double& variance : trace.gap_variance[1]) variance = 1e-12;
  const double cap = 0.43923;
  CHECK(predicted_specific_heat(trace, 1500) == Approx(0.5 * (0.25297 + cap)).margin(1e-5));
  CHECK(std::isnan(predicted_specific_heat(trace, 1505)));
  trace.answer_keys = 3;
  CHECK(std::isnan(predicted_specific_heat(trace, 1500)));
  trace.answer_keys = Trace::unknown;
  CHECK(std::isfinite(predicted_specific_heat(trace, 1500)));
  trace.attention_operator = "entmax";
  CHECK(std::isnan(predicted_specific_heat(trace, 1500)));
  trace.attention_operator = "softmax";
  trace.gap_variance.clear();
  CHECK(std::isnan(predicted_specific_heat(trace, 1500)));
}

TEST_CASE("trivial predictors are where their curves say") {
  const Trace trace = synthetic_trace({.peak = 1500});
  CHECK(predicted_by("peak", trace) == 1500);
  CHECK(predicted_by("time_constant", trace) == Approx(1000));
  CHECK(predicted_by("weight_norm_peak", trace) == 600);
  CHECK(predicted_by("weight_norm_fall", trace) == Approx(600 + 300 / std::sqrt(2.0)).margin(10));
  CHECK(predicted_by("logit_rms_growth", trace) == 3990);  // exponential growth: always faster
  CHECK(std::isnan(predicted_by("logit_rms_peak", trace)));
  Trace bare = trace;
  bare.curves.erase("weight_norm"), bare.weight_decay = 0;
  CHECK(std::isnan(predicted_by("weight_norm_peak", bare)));
  CHECK(std::isnan(predicted_by("weight_norm_fall", bare)));
  CHECK(std::isnan(predicted_by("time_constant", bare)));
}
