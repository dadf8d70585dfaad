#include <softmech/judgement/claims.hpp>
#include <softmech/judgement/study_run.hpp>
#include <softmech/program/errors.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <set>
#include <string>

using namespace softmech;

namespace {

const std::string study_text = R"([study.rows]
program = "thermo"
parameters = "thermo/rows.toml"
set.model.operator = "entmax"
quick.ensemble.replicas = 4
full = { ensemble.replicas = 40, model.keys = [2, 3] }
)";

const std::string claim_text = R"([[claim]]
id = "one"
kind = "claim"
sentence = "a sentence"
source = "somebody"
study = "rows"
observable = "largest"
variable = "entropy"
criterion.at_most = 1.5
refuted_by = "a larger one"
meaning = "the largest"
)";

std::string with(std::string text, const std::string& line, const std::string& instead) {
  const auto at = text.find(line);
  REQUIRE(at != std::string::npos);
  return text.replace(at, line.size(), instead);
}

std::string error_of(const std::string& text) {
  try {
    parse_claims(text, "claims.toml");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("A file of claims is read with all that a claim needs") {
  const std::string control =
      "[[claim.control]]\nstudy = [\"rows\"]\nobservable = \"dipole_error\"\ncriterion = { equals = 2, tolerance = 0.5 "
      "}\n";
  const ClaimFile file = parse_claims(study_text + claim_text + control, "claims.toml");
  REQUIRE(file.claims.size() == 1);
  const Claim& claim = file.claims.front();
  CHECK(claim.id == "one");
  CHECK(claim.kind == ClaimKind::claim);
  CHECK(claim.test.studies == std::vector<std::string>{"rows"});
  CHECK(claim.test.variable == "entropy");
  CHECK(claim.test.criterion.high == 1.5);
  REQUIRE(claim.controls.size() == 1);
  CHECK(claim.controls[0].criterion.low == 1.5);
  CHECK(claim.controls[0].criterion.high == 2.5);
  CHECK(needed_studies(file.claims) == std::vector<std::string>{"rows"});

  const StudyPlan& study = file.study("rows");
  using Overrides = std::vector<std::pair<std::string, std::string>>;
  CHECK(study.always == Overrides{{"model.operator", "\"entmax\""}});
  CHECK(study.quick == Overrides{{"ensemble.replicas", "4"}});
  CHECK(study.full == Overrides{{"ensemble.replicas", "40"}, {"model.keys", "[ 2, 3 ]"}});
}

TEST_CASE("A study is the command a user would type") {
  const ClaimFile file = parse_claims(study_text + claim_text, "claims.toml");
  StudySettings settings{.programs = "/bin",
                         .parameters = "/data",
                         .out = "out/studies",
                         .scale = Scale::quick,
                         .seed = 7,
                         .threads = 2,
                         .restart = true,
                         .deadline = {}};
  CHECK(shell_text(study_command(file.study("rows"), settings)) ==
        "/bin/softmech-thermo /data/thermo/rows.toml --set 'model.operator=\"entmax\"' --set ensemble.replicas=4 "
        "--seed 7 --out out/studies/rows --threads 2 --restart");
  settings = {.programs = "/bin", .parameters = "/data", .out = "out", .scale = Scale::full, .deadline = {}};
  CHECK(shell_text(study_command(file.study("rows"), settings)) ==
        "/bin/softmech-thermo /data/thermo/rows.toml --set 'model.operator=\"entmax\"' --set ensemble.replicas=40 "
        "--set 'model.keys=[ 2, 3 ]' --seed 1 --out out/rows");
}

TEST_CASE("A mistake in a file of claims is told with its line and what was meant") {
  struct Mistake {
    std::string text, expected;
  };
  const std::string all = study_text + claim_text;
  const std::vector<Mistake> mistakes{
      {"[study.rows\n", "claims.toml:1: "},
      {claim_text, "the file has no study"},
      {study_text, "the file has no claim"},
      {all + "[figure]\n", "claims.toml:18: unknown key \"figure\" in the file"},
      {with(all, "sentence =", "sentense ="),
       "claims.toml:10: unknown key \"sentense\" in claim \"one\"; did you mean \"sentence\"?"},
      {with(all, "program =", "programm ="),
       "claims.toml:2: unknown key \"programm\" in study \"rows\"; did you mean \"program\"?"},
      {with(all, "source = \"somebody\"\n", ""), "claim \"one\" has no source"},
      {with(all, "\"a sentence\"", "12"), "claims.toml:10: sentence of claim \"one\" must be a text"},
      {with(all, "\"a sentence\"", "\"\""), "claims.toml:10: sentence of claim \"one\" must be a text"},
      {with(all, "kind = \"claim\"", "kind = \"theorem\""),
       "claims.toml:9: kind = \"theorem\" of claim \"one\" must be \"claim\" or \"identity\""},
      {with(all, "study = \"rows\"", "study = \"row\""),
       "claims.toml:12: study \"row\" of claim \"one\" does not exist; did you mean \"rows\"?"},
      {with(all, "study = \"rows\"", "study = []"), "claims.toml:12: study of claim \"one\" must not be empty"},
      {with(all, "\"largest\"", "\"larges\""),
       "claims.toml:13: claim \"one\": observable \"larges\" does not exist; did you mean \"largest\"?"},
      {with(all, "variable = \"entropy\"\n", ""),
       "claims.toml:13: observable \"largest\" of claim \"one\" needs a variable"},
      {with(all, "\"largest\"", "\"dipole_error\""),
       "claims.toml:13: observable \"dipole_error\" of claim \"one\" takes no variable"},
      {with(all, "criterion.at_most = 1.5", "criterion.at_mots = 1.5"),
       "claims.toml:15: unknown key \"at_mots\" in criterion of claim \"one\"; did you mean \"at_most\"?"},
      {with(all, "criterion.at_most = 1.5", "criterion.at_most = \"1.5\""),
       "claims.toml:15: at_most of criterion of claim \"one\" must be a finite number"},
      {with(all, "criterion.at_most = 1.5", "criterion.at_most = nan"),
       "claims.toml:15: at_most of criterion of claim \"one\" must be a finite number"},
      {with(all, "criterion.at_most = 1.5", "criterion = { at_most = 1, at_least = 0 }"),
       "claims.toml:15: criterion of claim \"one\" must have exactly one of"},
      {with(all, "criterion.at_most = 1.5", "criterion.equals = 1"),
       "claims.toml:15: criterion of claim \"one\": equals and tolerance belong together"},
      {with(all, "criterion.at_most = 1.5", "criterion = { equals = 1, tolerance = -1 }"),
       "claims.toml:15: criterion of claim \"one\": tolerance = -1 must be"},
      {with(all, "criterion.at_most = 1.5", "criterion.between = [2, 1]"),
       "claims.toml:15: criterion of claim \"one\": between must be two numbers in order"},
      {all + claim_text, "claims.toml:18: claim \"one\" exists twice"},
      {with(all, "program = \"thermo\"", "program = \"../thermo\""),
       "claims.toml:2: program of study \"rows\" must be a name without a path"},
      {with(all, "[study.rows]", "[study.\"a/b\"]"), "the name is that of a directory"},
      {all + "control = 1\n", "claims.toml:18: control of claim \"one\" must be written [[claim.control]]"},
      {all + "[[claim.control]]\nstudy = \"rows\"\nobservable = \"largest\"\n", "control 1 of \"one\""},
  };
  for (const Mistake& mistake : mistakes) {
    INFO(mistake.text);
    CHECK_THAT(error_of(mistake.text), Catch::Contains(mistake.expected));
  }
}

TEST_CASE("Claims are selected by id, and a mistyped one is named") {
  const ClaimFile file = parse_claims(study_text + claim_text + with(claim_text, "\"one\"", "\"two\""), "claims.toml");
  CHECK(file.selected("").size() == 2);
  CHECK(file.selected(" two ,").front().id == "two");
  CHECK(file.selected("two, one").front().id == "one");
  ClaimFile one_full = file;
  one_full.claims.front().only_full = true;
  CHECK(one_full.selected("", true).size() == 2);
  CHECK(one_full.selected("", false).size() == 1);
  CHECK_THROWS_WITH(one_full.selected("one", false), Catch::Contains("claim \"one\" needs more data"));
  CHECK_THROWS_WITH(file.selected("tow"), Catch::Contains("\"tow\" does not exist") && Catch::Contains("\"two\""));
  CHECK_THROWS_WITH(read_claims("no-such-file.toml"), Catch::Contains("no-such-file.toml: cannot be read"));
}

TEST_CASE("The shipped claims can be read, have parameter files, and every study is used") {
  const auto data = std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path() / "share" / "softmech";
  const ClaimFile file = read_claims(data / "claims.toml");
  for (const StudyPlan& study : file.studies) {
    INFO(study.name);
    CHECK(std::filesystem::exists(data / study.parameters));
  }
  const auto needed = needed_studies(file.claims);
  CHECK(std::set<std::string>(needed.begin(), needed.end()).size() == file.studies.size());
}
