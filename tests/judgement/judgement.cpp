#include "synthetic.hpp"

#include <softmech/judgement/judgement.hpp>

#include <catch2/catch.hpp>

using namespace softmech;

namespace {

Claim claim_on(const std::string& study, Criterion criterion) {
  return {"id",
          ClaimKind::claim,
          "a sentence\twith a tab",
          "somebody",
          {{study}, "largest", "kappa", criterion},
          "a larger one",
          "the largest",
          {}};
}

StudyResults results_with(double value) {
  const auto constant = [](double x) { return [x](const synthetic::RowPoint&) { return x; }; };
  StudyResults results;
  results["rows"] = synthetic::rows("rows", {{.keys = 10}, {.keys = 100}}, "kappa", constant(value), constant(0.01));
  return results;
}

}  // namespace

TEST_CASE("A claim is judged by its measurement, and its verdict changes with the data") {
  const Claim claim = claim_on("rows", Criterion::at_most(1.0));
  CHECK(judge_claim(claim, results_with(0.5)).verdict == Verdict::supported);
  CHECK(judge_claim(claim, results_with(1.5)).verdict == Verdict::refuted);
  CHECK(judge_claim(claim, results_with(1.0)).verdict == Verdict::inconclusive);
}

TEST_CASE("A control that is not met makes the verdict inconclusive, and says so") {
  Claim claim = claim_on("rows", Criterion::at_most(1.0));
  claim.controls = {{{"rows"}, "largest", "kappa", Criterion::at_least(0.4)}};
  CHECK(judge_claim(claim, results_with(0.5)).verdict == Verdict::supported);
  const Judgement judged = judge_claim(claim, results_with(0.2));
  CHECK(judged.verdict == Verdict::inconclusive);
  CHECK(judged.measurement.value == 0.2);
  CHECK_FALSE(judged.failed);
  CHECK_THAT(judged.measurement.remark,
             Catch::StartsWith("control failed: largest of kappa in rows is 0.200 ± 0.010, must be at least 0.4"));
}

TEST_CASE("Without the study's data a claim is inconclusive and counts as failed") {
  const Judgement judged = judge_claim(claim_on("absent", Criterion::at_most(1.0)), results_with(0.5));
  CHECK(judged.verdict == Verdict::inconclusive);
  CHECK(judged.failed);
  CHECK_THAT(judged.measurement.remark, Catch::Contains("absent"));
}

TEST_CASE("Judgements are a dataset on the axis of claims, and a table without stray tabs") {
  const std::vector<Judgement> judgements{judge_claim(claim_on("rows", Criterion::at_most(1.0)), results_with(0.5))};
  const Dataset data =
      judgement_dataset(judgements, [](const std::string& study) { return "softmech-thermo for " + study; }, {});
  CHECK_NOTHROW(require_valid(data));
  CHECK(data.at("verdict").as<std::string>() == std::vector<std::string>{"supported"});
  CHECK(data.at("value").as<double>() == std::vector<double>{0.5});
  CHECK(data.at("sample_size").as<std::int64_t>() == std::vector<std::int64_t>{200});
  CHECK(data.at("rerun").as<std::string>() == std::vector<std::string>{"softmech-thermo for rows"});
  CHECK(data.at("criterion").as<std::string>() == std::vector<std::string>{"at most 1"});

  const std::string tsv = verdicts_tsv(judgements);
  CHECK(std::count(tsv.begin(), tsv.end(), '\n') == 2);
  CHECK(std::count(tsv.begin(), tsv.end(), '\t') == 16);
  CHECK_THAT(verdict_table(judgements), Catch::Contains("1 supported, 0 refuted, 0 inconclusive"));
}

TEST_CASE("Values are written with their uncertainty to two digits") {
  CHECK(value_text({.value = 1.01267, .uncertainty = 0.0238}) == "1.013 ± 0.024");
  CHECK(value_text({.value = -12.3, .uncertainty = 4.56}) == "-12.3 ± 4.6");
  CHECK(value_text({.value = 3.1e-16, .uncertainty = 2e-16}) == "3.1e-16");
  CHECK(value_text({.value = 2.0, .uncertainty = 0.0}) == "2");
  CHECK(value_text({}) == "no number");
}
