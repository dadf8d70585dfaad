#include <softmech/ensemble/random.hpp>
#include <softmech/learning/onset_report.hpp>
#include <softmech/learning/onset_study.hpp>
#include <softmech/learning/predictors.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "learning/synthetic_trace.hpp"

using namespace softmech;
using test::RunShape;
using test::synthetic_trace;

namespace {

const std::vector<double> moduli{19, 31, 43, 59, 71, 97};

/// Runs whose onset comes `lead` steps after their peak, give or take 60.
std::vector<Trace> runs(double lead, std::uint32_t seed, bool generalizes = true) {
  RandomStream random(9, seed, "runs");
  std::vector<Trace> traces;
  for (const double modulus : moduli) {
    for (int i = 0; i < 4; ++i) {
      const double peak = 1300 + 4 * modulus + 80 * random.normal();
      traces.push_back(synthetic_trace(
          {.onset = peak + lead + 60 * random.normal(), .peak = peak, .generalizes = generalizes, .modulus = modulus}));
    }
  }
  return traces;
}

constexpr double never = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("leads are counted against runs that generalize") {
  const std::vector<double> event{100, 200, never, 400, 500}, onset{150, 200, 300, never, 450}, modulus{7, 7, 7, 7, 7};
  const LeadSummary x = summarize_leads(event, onset, modulus);
  CHECK((x.runs == 5 && x.with_event == 4 && x.with_onset == 4));
  CHECK(x.leading == 1);  // 100 before 150; at the same sample is not before; no event does not lead
  CHECK(x.median_lead == 0);
  CHECK(x.median_ratio == 1);
  CHECK(x.pooled.pairs == 3);
  const LeadSummary none = summarize_leads({}, {}, {});
  CHECK((none.with_onset == 0 && std::isnan(none.median_lead)));
}

TEST_CASE("a lead is found, with intervals that hold it") {
  const OnsetStudy study = study_onsets(runs(400, 1), {}, {});
  const LeadSummary& x = study.all.leads[0];
  CHECK((x.with_event == 24 && x.with_onset == 24 && x.leading == 24));
  CHECK(x.leading_share.low > 0.8);
  CHECK(x.lead_interval.interval.contains(404));  // the rise reaches 0.52 just after its middle, at the next sample
  CHECK(x.lead_interval.interval.high - x.lead_interval.interval.low < 120);
  CHECK(x.pooled.coefficient > 0.7);
  CHECK(x.within.coefficient > 0.4);
  CHECK(study.all.leads[1].median_lead > x.median_lead + 100);
  CHECK(study.moduli.size() == moduli.size());
  CHECK(study.moduli[2].modulus == 43);
  CHECK(study.moduli[2].leads[0].runs == 4);
  CHECK(onset_verdict(study, 0).starts_with("The peak comes first: it leads in 24 of 24 runs"));
}

TEST_CASE("a peak that follows is not said to lead") {
  const OnsetStudy study = study_onsets(runs(-300, 2), {}, {});
  CHECK(study.all.leads[0].leading == 0);
  CHECK(study.all.leads[0].lead_interval.interval.high < -250);
  CHECK(onset_verdict(study, 0).starts_with("The peak does not come first: it leads in 0 of 24 runs"));
}

TEST_CASE("intervals of the median lead cover it, over many studies") {
  int covered = 0;
  constexpr int trials = 300;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(10, static_cast<std::uint32_t>(trial), "leads");
    std::vector<double> event, onset, modulus;
    for (int i = 0; i < 32; ++i) {
      event.push_back(1500 + 200 * random.normal());
      onset.push_back(event.back() + 300 + 150 * random.normal());
      modulus.push_back(i % 4);
    }
    const LeadSummary x = summarize_leads(event, onset, modulus);
    CHECK(x.lead_interval.coverage == Approx(0.97994));  // 32 values, the 10th to the 23rd: 1 - 2 P(B < 10)
    covered += x.lead_interval.interval.contains(300) ? 1 : 0;
  }
  CHECK(covered / double(trials) == Approx(0.98).margin(0.032));
}

TEST_CASE("controls that peak take the peak its meaning, and their number is told") {
  const std::vector<Control> controls{{"shuffled", runs(400, 3, false)},
                                      {"rising", [] {
                                         std::vector<Trace> traces;
                                         for (int i = 0; i < 6; ++i) traces.push_back(synthetic_trace({.peak = 9000}));
                                         return traces;
                                       }()}};
  const OnsetStudy study = study_onsets(runs(400, 1), controls, {});
  REQUIRE(study.controls.size() == 3);
  CHECK((study.controls[0].name == "data" && study.controls[0].height.with_peak == 24));
  CHECK((study.controls[1].name == "shuffled" && study.controls[1].height.with_peak == 24));
  CHECK(study.controls[1].leads[0].with_onset == 0);
  CHECK((study.controls[2].name == "rising" && study.controls[2].height.with_peak == 0));
  const std::string verdict = onset_verdict(study, 0);
  CHECK_THAT(verdict, Catch::Contains("Controls have it too: shuffled (24/24). It is not specific"));
  CHECK_THAT(verdict, Catch::Contains("Without it in most runs: rising (0/6)"));
  const auto few = runs(400, 3, false);
  const std::vector<Control> small{{"few", {few.begin(), few.begin() + 3}}};
  CHECK_THAT(onset_verdict(study_onsets(runs(400, 1), small, {}), 0), Catch::Contains("to tell: few (3/3)"));
  CHECK_THAT(onset_verdict(study_onsets(runs(400, 1), {}, {}), 0), Catch::Contains("no runs that cannot generalize"));
}

TEST_CASE("the scale-matched control of the same runs is one of the controls") {
  auto traces = runs(400, 1);
  for (Trace& trace : traces) trace.curves["specific_heat_scale_matched"].assign(trace.samples(), 0.1);
  const OnsetStudy study = study_onsets(traces, {}, {});
  REQUIRE(study.controls.size() == 2);
  CHECK(study.controls[1].name == "scale_matched");
  CHECK(study.controls[1].height.with_peak == 0);
  CHECK(study.controls[1].leads[0].with_onset == 24);
  CHECK_THAT(onset_verdict(study, 0), !Catch::Contains("untrained network"));
  // Where it peaks, that is about the scale of scores: the same runs say nothing about generalization.
  for (Trace& trace : traces) trace.curves["specific_heat_scale_matched"] = trace.curves["specific_heat"];
  const std::string verdict = onset_verdict(study_onsets(traces, {}, {}), 0);
  CHECK_THAT(verdict, Catch::Contains("at the same scale peak too (24/24"));
  CHECK_THAT(verdict, !Catch::Contains("not specific"));
}

TEST_CASE("a Schottky anomaly is recognized, and another height is not taken for one") {
  auto traces = runs(400, 1);
  OnsetStudy study = study_onsets(traces, {}, {});
  CHECK(study.all.height.median == Approx(0.25297).margin(1e-4));
  CHECK(study.predicted_height == Approx(0.25297).margin(1e-4));
  CHECK(study.excess == Approx(0).margin(1e-6));
  CHECK_THAT(onset_verdict(study, 0), Catch::Contains("a Schottky anomaly"));
  for (Trace& trace : traces) {
    for (double& value : trace.curves["specific_heat"]) value *= 1.3;
  }
  study = study_onsets(traces, {}, {});
  CHECK(study.excess == Approx(0.3).margin(1e-6));
  CHECK_THAT(onset_verdict(study, 0), !Catch::Contains("a Schottky anomaly"));
}

TEST_CASE("few runs are counted, and decide nothing") {
  const auto traces = runs(400, 1);
  const auto verdict_of = [&](std::size_t count) {
    return onset_verdict(study_onsets(std::span(traces).first(count), {}, {}), 0);
  };
  for (const std::size_t count : {1u, 2u, 5u}) {
    INFO(count << " runs: " << verdict_of(count));
    CHECK(verdict_of(count).starts_with("Too few runs to say whether the peak comes first: it leads in"));
    CHECK_THAT(verdict_of(count),
               !Catch::Contains("a Schottky anomaly") && Catch::Contains("too few runs to say more"));
  }
  CHECK(verdict_of(6).starts_with("The peak comes first: it leads in 6 of 6"));
  CHECK_THAT(verdict_of(6), Catch::Contains("a Schottky anomaly"));

  const OnsetStudy one = study_onsets(std::span(traces).first(1), {}, {});
  CHECK(std::isnan(one.all.leads[0].lead_interval.interval.low));
  CHECK(std::isnan(one.all.height.interval.interval.high));
  CHECK_THAT(onset_page(one, 0), Catch::Contains("[-, -]"));
  const std::vector<Control> small{{"few", runs(400, 3, false)}};
  const std::vector<Control> five{{"few", {small[0].traces.begin(), small[0].traces.begin() + 5}}};
  CHECK_THAT(onset_verdict(study_onsets(traces, five, {}), 0), Catch::Contains("to tell: few (5/5)"));
}

TEST_CASE("without a peak nothing is said of what the peak may be") {
  std::vector<Trace> traces;
  for (int i = 0; i < 8; ++i) traces.push_back(synthetic_trace({.peak = 9000}));
  const std::string alone = onset_verdict(study_onsets(traces, {}, {}), 0);
  CHECK_THAT(alone, Catch::Contains("There is no peak in any run. There are no runs that cannot generalize"));
  CHECK_THAT(alone, !Catch::Contains("may be there"));
  const std::vector<Control> controls{{"shuffled", runs(400, 3, false)}};
  const std::string verdict = onset_verdict(study_onsets(traces, controls, {}), 0);
  CHECK_THAT(verdict, Catch::Contains("Controls have one: shuffled (24/24)") && !Catch::Contains("specific"));
}

TEST_CASE("controls have the other events too") {
  auto shuffled = runs(400, 3, false);
  for (Trace& trace : shuffled) trace.weight_decay = 0;
  for (std::size_t i = 0; i < 6; ++i) shuffled[i].curves.erase("weight_norm");
  const OnsetStudy study = study_onsets(runs(400, 1), std::vector<Control>{{"shuffled", shuffled}}, {});
  const auto& of_control = study.controls[1].predictors;
  REQUIRE(of_control.size() == predictors().size());
  for (std::size_t i = 0; i < of_control.size(); ++i) {
    const std::string& name = predictors()[i].name;
    if (name == "time_constant") CHECK((of_control[i][0].with_event == 0 && std::isnan(of_control[i][0].median_event)));
    if (name == "weight_norm_peak") CHECK((of_control[i][0].with_event == 18 && of_control[i][0].median_event == 600));
  }
  const Dataset data = onset_dataset(study, {});
  CHECK(data.at("control_predictor_events").shape == std::vector<std::size_t>{2, predictors().size()});
  CHECK_THAT(onset_page(study, 0), Catch::Contains("18/24   600"));
  CHECK_THAT(onset_page(study_onsets(runs(400, 1), {}, {}), 0), !Catch::Contains("runs with event"));
}

TEST_CASE("runs of one modulus that differ in more than train fraction and seed are taken together aloud") {
  auto traces = runs(400, 1);
  for (std::size_t i = 0; i < traces.size(); ++i) {
    traces[i].seed = static_cast<double>(i % 4), traces[i].train_fraction = 0.3 + 0.1 * static_cast<double>(i % 4);
    traces[i].coordinates["width"] = fmt::format("{}", traces[i].modulus);  // goes with the modulus
  }
  CHECK(study_onsets(traces, {}, {}).pooled.empty());
  CHECK_THAT(onset_page(study_onsets(traces, {}, {}), 0), !Catch::Contains("taken together"));
  traces[1].coordinates["split"] = "random", traces[7].learning_rate = 2e-3, traces[9].attention_operator = "kappa";
  const OnsetStudy study = study_onsets(traces, {}, {});
  CHECK(study.pooled == std::vector<std::string>{"learning_rate", "operator", "split"});
  CHECK_THAT(onset_page(study, 0), Catch::Contains("differ in learning_rate, operator, split and are taken together"));
}

TEST_CASE("the growth of the height is recognized by its law, with the errors of the runs") {
  RandomStream random(12, 0, "heights");
  auto traces = runs(400, 1);
  for (Trace& trace : traces) {
    const double height = 0.1 * std::log(trace.modulus) - 0.1 + 0.002 * random.normal();
    for (double& value : trace.curves["specific_heat"]) value *= height / 0.25297;
  }
  const HeightGrowth growth = study_onsets(traces, {}, {}).growth;
  REQUIRE(growth.comparison);
  const CurveFit& best = growth.comparison->fits[growth.comparison->best];
  CHECK(best.curve == Curve::logarithm);
  CHECK(best.b == Approx(0.1).margin(0.005));
  CHECK(growth.error[0] == Approx(0.001).epsilon(0.5));  // 0.002/√4
  CHECK(growth.power[0] <= 1);
  CHECK_FALSE(study_onsets(std::span(traces).first(12), {}, {}).growth.comparison);  // three moduli
}

TEST_CASE("equal studies give equal bits, and every number finds its place in the dataset") {
  const auto traces = runs(400, 1);
  const Dataset data = onset_dataset(study_onsets(traces, {}, {}), {}),
                again = onset_dataset(study_onsets(traces, {}, {}), {});
  CHECK_NOTHROW(require_valid(data));
  for (std::size_t i = 0; i < data.variables.size(); ++i) {
    const auto* numbers = std::get_if<std::vector<double>>(&data.variables[i].values);
    if (!numbers) continue;
    const auto& others = again.variables[i].as<double>();
    for (std::size_t k = 0; k < numbers->size(); ++k)
      CHECK(((*numbers)[k] == others[k] || (std::isnan((*numbers)[k]) && std::isnan(others[k]))));
  }
  CHECK(data.at("lead").shape == std::vector<std::size_t>{24, 2});
  CHECK(data.at("modulus").as<double>() == moduli);
  CHECK(data.at("schottky_cap").as<double>()[0] == Approx(0.43923).margin(1e-5));
  CHECK(data.at("model").as<std::string>()[2] == "power");
  CHECK_THROWS_WITH(study_onsets({}, {}, {}), Catch::Contains("no runs"));
}
