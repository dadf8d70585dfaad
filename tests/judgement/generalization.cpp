#include <catch2/catch.hpp>

#include <softmech/attention/schottky.hpp>
#include <softmech/judgement/generalization.hpp>

#include <cmath>
#include <functional>

using namespace softmech;

namespace {

constexpr int samples = 201;

/// A run sampled every 10 updates: memorizes at 50, C peaks at `peak` with the given height (and stays there if it does
/// not fall), test accuracy is 1 from `onset` on, if there is one.
struct Run {
  double modulus = 31, peak = 500, height = 0.25;
  bool falls = true;
  double onset = 1000;  ///< 0: never
};

StudyData study(const std::vector<Run>& runs) {
  const std::size_t heads = 2;
  Dataset data;
  const auto axis = [&](const char* name, std::size_t size, std::int64_t unit) {
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < size; ++i) values.push_back(static_cast<std::int64_t>(i) * unit);
    data.variables.push_back({name, {name}, {size}, values, name, "1", {}});
  };
  axis("member", runs.size(), 1);
  axis("step", samples, 10);
  axis("head", heads, 1);
  const auto add = [&](const char* name, std::size_t width, const std::function<double(const Run&, double)>& value) {
    std::vector<double> values;
    for (const Run& run : runs) {
      for (int i = 0; i < samples; ++i) values.insert(values.end(), width, value(run, 10.0 * i));
    }
    std::vector<std::string> axes{"member", "step"};
    std::vector<std::size_t> shape{runs.size(), samples};
    if (width > 1) axes.push_back("head"), shape.push_back(width);
    data.variables.push_back({name, axes, shape, values, name, "1", {}});
  };
  const auto heat = [](const Run& run, double step) {
    const double distance = std::log((step + 1) / run.peak);
    return run.height * (step > run.peak && !run.falls ? 1.0 : std::exp(-distance * distance));
  };
  const auto zero = [](const Run&, double) { return 0.0; };
  add("train_loss", 1, [](const Run&, double step) { return std::exp(-step / 100); });
  add("train_accuracy", 1, [](const Run&, double step) { return step >= 50 ? 1.0 : 0.1; });
  add("test_accuracy", 1, [](const Run& run, double step) { return run.onset > 0 && step >= run.onset ? 1.0 : 0.0; });
  add("specific_heat", 1, heat);
  add("specific_heat_pooled", 1, [&](const Run& run, double step) { return run.modulus * heat(run, step); });
  add("specific_heat_scale_matched", 1, [&](const Run& run, double step) { return heat(run, step) / 1.25; });
  for (const char* name : {"logit_rms", "weight_norm"}) add(name, 1, zero);
  const auto variance = [](const Run&, double) { return gaussian_gap_maximum().variance; };
  add("gap_mean", 1, zero);
  add("gap_mean_by_head", heads, zero);
  add("gap_variance", 1, variance);
  add("gap_variance_by_head", heads, variance);
  std::vector<double> modulus, keys(runs.size(), 2);
  for (const Run& run : runs) modulus.push_back(run.modulus);
  data.variables.push_back({"modulus", {"member"}, {runs.size()}, modulus, "modulus", "1", {}});
  data.variables.push_back({"answer_keys", {"member"}, {runs.size()}, keys, "keys", "1", {}});
  data.attributes.push_back({"config_toml", std::string("[model]\noperator = \"softmax\"\n")});
  return {"synthetic", data};
}

std::vector<Run> repeated(std::size_t count, const Run& run) { return std::vector<Run>(count, run); }

/// Twelve moduli with four runs each, whose heights follow a law with a scatter of 1 %.
std::vector<Run> heights(const std::function<double(double)>& law) {
  std::vector<Run> runs;
  for (const double p : {19, 23, 29, 31, 37, 43, 53, 59, 67, 71, 97, 113}) {
    for (const double scatter : {-1.2, -0.4, 0.5, 1.1}) {
      runs.push_back({.modulus = p, .height = law(p) * (1 + 0.01 * scatter)});
    }
  }
  return runs;
}

}  // namespace

TEST_CASE("a share of runs has Wilson's interval, and can support or refute its claim", "[judgement]") {
  const Criterion three_quarters = Criterion::at_least(0.75), half = Criterion::at_least(0.5);
  const auto measured = [](std::size_t leading, std::size_t following) {
    auto runs = repeated(leading, {});
    for (const Run& run : repeated(following, {.peak = 1500})) runs.push_back(run);
    const std::vector<StudyData> studies{study(runs)};
    return generalization::leading_share(studies, "");
  };
  CHECK(measured(12, 0).value - confidence_width * measured(12, 0).uncertainty == Approx(0.7575).margin(1e-4));
  CHECK(judge(measured(12, 0), three_quarters) == Verdict::supported);
  CHECK(judge(measured(4, 0), half) == Verdict::supported);
  CHECK(judge(measured(0, 4), half) == Verdict::refuted);
  CHECK(judge(measured(0, 12), three_quarters) == Verdict::refuted);
  CHECK(judge(measured(6, 6), half) == Verdict::inconclusive);
}

TEST_CASE("peaks of controls are counted among runs that memorize and do not generalize", "[judgement]") {
  auto runs = repeated(3, {.onset = 0});
  runs.push_back({.falls = false, .onset = 0});
  runs.push_back({});  // generalizes
  const std::vector<StudyData> studies{study(runs)};
  const Measurement share = generalization::peak_share(studies, "");
  CHECK(share.sample_size == 4);
  CHECK_THAT(share.remark, Catch::Contains("3 of 4 runs; left out: 1 that generalize, 0 that do not memorize"));
  const Measurement generalizing = generalization::generalizing_share(studies, "");
  CHECK_THAT(generalizing.remark, Catch::Contains("1 of 5 runs"));
}

TEST_CASE("heights are compared with gaps, scaled scores and other runs", "[judgement]") {
  std::vector<Run> runs = heights([](double) { return gaussian_gap_maximum().specific_heat; });
  const std::vector<StudyData> kim{study(runs)};
  const Measurement gaps = generalization::height_over_gaps(kim, ""),
                    scaled = generalization::height_over_scaled(kim, "");
  CHECK(gaps.value == Approx(0).margin(0.005));
  CHECK(judge(gaps, Criterion::equals(0, 0.1)) == Verdict::supported);
  CHECK(scaled.value == Approx(0.25).margin(1e-9));
  CHECK(judge(scaled, Criterion::at_least(0.1)) == Verdict::supported);

  const std::vector<StudyData> both{study(repeated(8, {.height = 0.3, .falls = false, .onset = 0})), kim.front()};
  const Measurement ratio = generalization::height_over_generalizing(both, "");
  CHECK(ratio.value == Approx(0.3 / gaussian_gap_maximum().specific_heat).epsilon(0.001));
  CHECK(judge(ratio, Criterion::at_most(0.8)) == Verdict::refuted);
}

TEST_CASE("growth with the modulus: a power is found, a plateau is no growth", "[judgement]") {
  const Criterion grows = Criterion::greater_than(0.05);
  const std::vector<StudyData> saturating{study(heights([](double p) { return 0.26 * (1 - std::exp(-0.06 * p)); }))};
  const Measurement none = generalization::height_growth(saturating, "specific_heat");
  CHECK(none.value == 0);
  CHECK(judge(none, grows) == Verdict::refuted);

  const std::vector<StudyData> growing{study(heights([](double p) { return 0.02 * std::pow(p, 0.6); }))};
  const Measurement power = generalization::height_growth(growing, "specific_heat");
  CHECK(power.value == Approx(0.6).margin(0.01));
  CHECK(judge(power, grows) == Verdict::supported);
  CHECK(generalization::height_growth(growing, "specific_heat_pooled").value == Approx(1.6).margin(0.01));
}
