#include <catch2/catch.hpp>

#include <map>

#include "demo.hpp"

using namespace softmech;

namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

CommandLine parse(std::vector<std::string> words, const Variables& variables = {}) {
  std::vector<const char*> argv = {"softmech-demo"};
  for (const auto& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), demo_text, environment_of(variables));
}

/// The first line of the error; the second is always where to find help.
std::string message_of(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const UsageError& error) {
    const std::string text = error.what();
    const std::string hint = "\nTry: softmech-demo --help";
    CHECK(text.ends_with(hint));
    return text.substr(0, text.size() - hint.size());
  }
  return "(accepted)";
}

std::string shard_text(const Variables& variables) {
  const Shard shard = launcher_shard(environment_of(variables));
  return std::to_string(shard.index) + "/" + std::to_string(shard.count) + " " + shard.source;
}

}  // namespace

TEST_CASE("every option arrives", "[program]") {
  const auto line =
      parse({"demo.toml", "--set", "model.keys=3", "--set=model.heads=[1,2]", "--out", "results", "--seed", "7",
             "--threads=2", "--time", "1:30:00", "--shard", "1/4", "--restart", "--dry-run", "--quiet"});
  CHECK(line.file == "demo.toml");
  CHECK(line.overrides == std::vector<std::string>{"model.keys=3", "model.heads=[1,2]", "ensemble.seed=7"});
  CHECK(line.out == "results");
  CHECK(line.seed == 7);
  CHECK(line.threads == 2);
  CHECK(line.time_limit == std::chrono::seconds(5400));
  CHECK((line.shard.index == 1 && line.shard.count == 4 && line.shard.source == "--shard"));
  CHECK((line.restart && line.dry_run && line.quiet));
  CHECK_FALSE((line.print_config || line.version || line.help));
}

TEST_CASE("what is not given has its default", "[program]") {
  const auto line = parse({"--out", "results"});
  CHECK_FALSE(line.file.has_value());
  CHECK_FALSE(line.seed.has_value());
  CHECK_FALSE(line.time_limit.has_value());
  CHECK((line.threads == 0 && line.shard.index == 0 && line.shard.count == 1 && line.shard.source.empty()));
  CHECK(parse({"--out", "results", "--set", "model.mass=1", "demo.toml"}).file == "demo.toml");
  CHECK(parse({"--seed", "7", "--set", "ensemble.seed=7", "--out", "x"}).seed == 7);
}

TEST_CASE("the directory may be missing only where nothing is written", "[program]") {
  CHECK(parse({"--dry-run"}).dry_run);
  CHECK(parse({"--print-config"}).print_config);
  CHECK(parse({"--help"}).help);
  CHECK(parse({"-h"}).help);
  CHECK(parse({"--version"}).version);
  CHECK(parse({"--help", "--nonsense"}).help);
}

TEST_CASE("wrong command lines", "[program][misuse]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table = {
      {{}, "--out DIR is missing: the directory for the results, made if it does not exist"},
      {{"--out"}, "--out needs a value, such as --out results"},
      {{"--out="}, "--out needs a value, such as --out results"},
      {{"--out", "--seed", "3"}, "--out needs a value, such as --out results"},
      {{"--out", "a", "--out", "b"}, "--out is given 2 times (a, b); keep one"},
      {{"--out", "x", "--set"}, "--set needs a value, such as --set model.keys=64"},
      {{"--out", "x", "--seed", "one"}, "--seed one: must be an integer from 0 to 9223372036854775807"},
      {{"--out", "x", "--seed", "-3"}, "--seed -3: must be an integer from 0 to 9223372036854775807"},
      {{"--out", "x", "--seed", "99999999999999999999"},
       "--seed 99999999999999999999: must be an integer from 0 to 9223372036854775807"},
      {{"--out", "x", "--seed", "3", "--set", "ensemble.seed=4"},
       "--seed 3 and --set ensemble.seed=4 contradict each other; keep one"},
      {{"--out", "x", "--threads", "two"}, "--threads two: must be an integer from 0 to 4096"},
      {{"--out", "x", "--threads", "2.0"}, "--threads 2.0: must be an integer from 0 to 4096"},
      {{"--out", "x", "--shard", "2/2"},
       "--shard 2/2: must be i/n with 0 <= i < n; of two halves the first is 0/2, the second 1/2"},
      {{"--out", "x", "--quiet=3"}, "--quiet takes no value"},
      {{"--outt", "x"}, "--outt: no such option; did you mean --out?"},
      {{"--output", "x"}, "--output: no such option; did you mean --out?"},
      {{"--sed", "3", "--out", "x"}, "--sed: no such option; did you mean --seed?"},
      {{"--dryrun"}, "--dryrun: no such option; did you mean --dry-run?"},
      {{"--print"}, "--print: no such option; did you mean --print-config?"},
      {{"-out", "x"}, "-out: no such option; did you mean --out?"},
      {{"--frobnicate", "--out", "x"}, "--frobnicate: no such option"},
      {{"--out", "x", "--model.keys=3"}, "--model.keys: no such option; a key is set with --set model.keys=VALUE"},
      {{"--out", "x", "model.keys=3"}, "model.keys=3: to set a key write --set model.keys=3"},
      {{"--out", "x", "--set", "model.keys=3", "model.mass=3"}, "model.mass=3: to set a key write --set model.mass=3"},
      {{"a.toml", "b.toml", "--out", "x"}, "2 parameter files (a.toml, b.toml); give one, and change keys with --set"},
  };
  for (const auto& [words, message] : table) CHECK(message_of(words) == message);
}

TEST_CASE("a program that analyses data takes its files, and one parameter file among them", "[program]") {
  ProgramText reader = demo_text;
  reader.data = "ENSEMBLE.h5 or TABLE.csv";
  const auto read = [&](std::vector<std::string> words) {
    std::vector<const char*> argv = {"softmech-demo"};
    for (const auto& word : words) argv.push_back(word.c_str());
    return parse_command_line(static_cast<int>(argv.size()), argv.data(), reader, environment_of({}));
  };
  const auto line = read({"a.h5", "some.toml", "--set", "model.keys=3", "b.csv", "--out", "x"});
  CHECK(line.data == std::vector<std::filesystem::path>{"a.h5", "b.csv"});
  CHECK(line.file == "some.toml");
  CHECK(read({"a.h5", "--out", "x"}).file == std::nullopt);
  CHECK(read({"--print-config"}).data.empty());
  CHECK(read({"--help"}).help);
  CHECK_THROWS_WITH(read({"--out", "x"}),
                    Catch::Contains("no data to analyse: name ENSEMBLE.h5 or TABLE.csv before the options"));
  CHECK_THROWS_WITH(read({"some.toml", "--out", "x"}), Catch::Contains("no data to analyse"));
  CHECK_THROWS_WITH(read({"a.h5", "b.toml", "c.toml", "--out", "x"}), Catch::Contains("2 parameter files"));
  CHECK_THROWS_WITH(read({"a.h5", "model.keys=3", "--out", "x"}), Catch::Contains("--set model.keys=3"));
  CHECK_THROWS_WITH(parse({"a.h5", "b.csv", "--out", "x"}), Catch::Contains("2 parameter files"));
}

TEST_CASE("time limits are read as people and Slurm write them", "[program]") {
  const std::vector<std::pair<std::string, std::int64_t>> table = {
      {"90", 90},       {"2:00", 120},         {"1:30:00", 5400},
      {"00:00:01", 1},  {"100:00:00", 360000}, {"1-00:00:00", 86400},
      {"1-12", 129600}, {"2-01:30", 178200},   {"0-00:00:05", 5},
      {"90:00", 5400}};
  for (const auto& [text, seconds] : table) {
    INFO(text);
    CHECK(parse_time_limit(text).count() == seconds);
  }
  for (const char* text : {"",      "0",          "0:00", "1:60", "1:99:00",  "1:2:3:4",   "-1",
                           "1-",    "-",          ":",    "1:",   ":30",      "1.5",       "1h",
                           "1-2-3", "9999999999", "1e3",  " 1",   "00:00:00", "1-1:1:1:1", "+5"}) {
    INFO(text);
    CHECK_THROWS_WITH(parse_time_limit(text),
                      std::string("--time ") + text +
                          ": must be HH:MM:SS, MM:SS, a number of seconds or D-HH:MM:SS, and above 0; "
                          "an hour and a half is 1:30:00");
  }
}

TEST_CASE("shards are i/n with 0 <= i < n", "[program]") {
  CHECK(parse_shard("0/1").count == 1);
  CHECK(parse_shard("3/4").index == 3);
  for (const char* text :
       {"", "/", "1", "1/", "/2", "-1/2", "2/2", "0/0", "1/2/3", "a/b", "0.5/2", "0 /2", "99999999999/2"}) {
    INFO(text);
    CHECK_THROWS_AS(parse_shard(text), UsageError);
  }
}

TEST_CASE("the launcher's environment gives the shard", "[program]") {
  CHECK(shard_text({}) == "0/1 ");
  CHECK(shard_text({{"OMPI_COMM_WORLD_RANK", "2"}, {"OMPI_COMM_WORLD_SIZE", "3"}}) == "2/3 OMPI_COMM_WORLD_RANK");
  // Under mpirun inside Slurm every rank sees PROCID 0.
  CHECK(shard_text({{"OMPI_COMM_WORLD_RANK", "1"},
                    {"OMPI_COMM_WORLD_SIZE", "2"},
                    {"SLURM_STEP_ID", "0"},
                    {"SLURM_PROCID", "0"},
                    {"SLURM_NTASKS", "1"}}) == "1/2 OMPI_COMM_WORLD_RANK");
  CHECK(shard_text({{"SLURM_STEP_ID", "0"}, {"SLURM_PROCID", "3"}, {"SLURM_NTASKS", "4"}}) == "3/4 SLURM_PROCID");
  // A bare batch script shows PROCID 0 of NTASKS N although it runs alone.
  CHECK(shard_text({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}}) == "0/1 ");
}

TEST_CASE("job arrays give the shard, times the ranks in each task", "[program]") {
  const Variables array = {{"SLURM_ARRAY_TASK_ID", "8"},   {"SLURM_ARRAY_TASK_MIN", "4"},
                           {"SLURM_ARRAY_TASK_MAX", "10"}, {"SLURM_ARRAY_TASK_COUNT", "4"},
                           {"SLURM_ARRAY_TASK_STEP", "2"}, {"SLURM_PROCID", "0"},
                           {"SLURM_NTASKS", "1"}};
  CHECK(shard_text(array) == "2/4 SLURM_ARRAY_TASK_ID");
  auto step_of_one = array;
  step_of_one["SLURM_STEP_ID"] = "0";
  CHECK(shard_text(step_of_one) == "2/4 SLURM_ARRAY_TASK_ID");
  auto step_of_three = step_of_one;
  step_of_three["SLURM_NTASKS"] = "3";
  step_of_three["SLURM_PROCID"] = "1";
  CHECK(shard_text(step_of_three) == "7/12 SLURM_ARRAY_TASK_ID and SLURM_PROCID");

  // All processes of such a job together are every shard once.
  std::vector<int> seen(12, 0);
  for (int task = 4; task <= 10; task += 2) {
    for (int rank = 0; rank < 3; ++rank) {
      step_of_three["SLURM_ARRAY_TASK_ID"] = std::to_string(task);
      step_of_three["SLURM_PROCID"] = std::to_string(rank);
      ++seen.at(static_cast<std::size_t>(launcher_shard(environment_of(step_of_three)).index));
    }
  }
  CHECK(seen == std::vector<int>(12, 1));
}

TEST_CASE("contradicting launcher variables are an error, and --shard overrules them", "[program][misuse]") {
  const auto message = [](const Variables& variables) {
    try {
      return shard_text(variables);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
  };
  CHECK(message({{"OMPI_COMM_WORLD_RANK", "two"}, {"OMPI_COMM_WORLD_SIZE", "3"}}) ==
        "OMPI_COMM_WORLD_RANK=two: must be an integer below 1e8; say --shard i/n yourself");
  CHECK(message({{"OMPI_COMM_WORLD_RANK", "1"}}) ==
        "OMPI_COMM_WORLD_RANK is set but OMPI_COMM_WORLD_SIZE is not; say --shard i/n yourself");
  CHECK(message({{"SLURM_STEP_ID", "0"}, {"SLURM_PROCID", "4"}, {"SLURM_NTASKS", "4"}}) ==
        "SLURM_PROCID makes this shard 4 but SLURM_NTASKS makes their number 4; say --shard i/n yourself");
  // --array=1,2,7: the tasks 1 and 2 would look regular without _MAX.
  CHECK(message({{"SLURM_ARRAY_TASK_ID", "2"},
                 {"SLURM_ARRAY_TASK_MIN", "1"},
                 {"SLURM_ARRAY_TASK_MAX", "7"},
                 {"SLURM_ARRAY_TASK_COUNT", "3"},
                 {"SLURM_ARRAY_TASK_STEP", "1"}}) ==
        "SLURM_ARRAY_TASK_ID=2: the job array is not evenly spaced; say --shard i/n yourself");
  const auto line = parse({"--out", "x", "--shard", "0/1"}, {{"OMPI_COMM_WORLD_RANK", "two"}});
  CHECK((line.shard.count == 1 && line.shard.source == "--shard"));
  CHECK(parse({"--out", "x"}, {{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}}).shard.index == 1);
}
