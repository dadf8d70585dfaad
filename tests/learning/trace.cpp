#include <softmech/learning/trace.hpp>
#include <softmech/store/write.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <limits>

#include "ensemble/scratch.hpp"

using namespace softmech;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Two runs of 3 and 2 samples, as softmech-grok writes them.
Dataset grok_results() {
  Dataset data;
  data.attributes = {{"config_toml", "[optimizer]\nlearning_rate = 0.002\nweight_decay = 1\n"}};
  const auto add = [&](std::string name, std::vector<std::string> axes, std::vector<std::size_t> shape, Values values) {
    data.variables.push_back({std::move(name), std::move(axes), std::move(shape), std::move(values), "", "1", {}});
  };
  add("member", {"member"}, {2}, std::vector<std::int64_t>{0, 1});
  add("step", {"step"}, {3}, std::vector<std::int64_t>{0, 10, 20});
  add("head", {"head"}, {2}, std::vector<std::int64_t>{0, 1});
  add("modulus", {"member"}, {2}, std::vector<std::int64_t>{19, 23});
  add("answer_keys", {"member"}, {2}, std::vector<std::int64_t>{2, 3});
  add("train_accuracy", {"member", "step"}, {2, 3}, std::vector<double>{0, 0.5, 1, 0.1, 1, missing});
  add("test_accuracy", {"member", "step"}, {2, 3}, std::vector<double>{0, 0.1, 0.2, 0, 0.3, missing});
  add("specific_heat", {"member", "step"}, {2, 3}, std::vector<double>{1, 2, 3, 4, 5, missing});
  add("gap_mean", {"member", "step"}, {2, 3}, std::vector<double>(6, 0.0));
  add("gap_variance", {"member", "step"}, {2, 3}, std::vector<double>(6, 1.0));
  add("gap_mean_by_head", {"member", "step", "head"}, {2, 3, 2},
      std::vector<double>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, missing, missing});
  add("gap_variance_by_head", {"member", "step", "head"}, {2, 3, 2}, std::vector<double>(12, 1.0));
  return data;
}

std::string message_of(const std::filesystem::path& file, const TraceColumns& columns = {},
                       const std::string& curve = "specific_heat") {
  try {
    read_traces(file, columns, curve);
  } catch (const StoreError& error) {
    return error.what();
  }
  return "(accepted)";
}

void write(const std::filesystem::path& file, std::string_view text) { std::ofstream(file) << text; }

}  // namespace

TEST_CASE("results of softmech-grok become one trace per member, without the ends that fill up") {
  const Scratch scratch;
  const auto file = scratch.path() / "ensemble.h5";
  write_dataset(file, grok_results());
  const std::vector<Trace> traces = read_traces(file, {}, "specific_heat");
  REQUIRE(traces.size() == 2);
  CHECK(traces[0].step == std::vector<double>{0, 10, 20});
  CHECK(traces[1].step == std::vector<double>{0, 10});
  CHECK(traces[1].curves.at("specific_heat") == std::vector<double>{4, 5});
  CHECK((traces[0].modulus == 19 && traces[1].modulus == 23 && traces[1].run == 1));
  CHECK((traces[0].answer_keys == 2 && traces[1].answer_keys == 3));
  CHECK((traces[0].learning_rate == 0.002 && traces[0].weight_decay == 1));
  CHECK(traces[0].gap_mean == std::vector<std::vector<double>>{{0, 2, 4}, {1, 3, 5}});
  CHECK(traces[1].gap_mean == std::vector<std::vector<double>>{{6, 8}, {7, 9}});
  CHECK((std::isnan(traces[0].seed) && !traces[0].has("train_loss")));
}

TEST_CASE("results in memory give the traces of the file they are written to") {
  Dataset data = grok_results();
  data.attributes = {{"config_toml", "[model]\noperator = \"entmax\"\n[train]\nstop_after_onset = 1000\n"}};
  for (Variable& variable : data.variables) {
    if (variable.name == "train_accuracy") variable.attributes = {{"coordinates", "modulus split momentum"}};
  }
  data.variables.push_back({"split", {"member"}, {2}, std::vector<std::string>{"random", "symmetric"}, "", "1", {}});
  data.variables.push_back({"momentum", {"member"}, {2}, std::vector<double>{0.9, 0.5}, "", "1", {}});
  const Scratch scratch;
  write_dataset(scratch.path() / "ensemble.h5", data);
  const auto memory = traces_of(data, "study"), file = read_traces(scratch.path() / "ensemble.h5", {}, "specific_heat");
  REQUIRE((memory.size() == 2 && file.size() == 2));
  for (std::size_t run = 0; run < 2; ++run) {
    CHECK(memory[run].step == file[run].step);
    CHECK(memory[run].curves == file[run].curves);
    CHECK(memory[run].gap_mean == file[run].gap_mean);
    CHECK(memory[run].modulus == file[run].modulus);
    CHECK(memory[run].coordinates == file[run].coordinates);
    CHECK((memory[run].attention_operator == "entmax" && file[run].attention_operator == "entmax"));
    CHECK((memory[run].stop_after_onset == 1000 && file[run].stop_after_onset == 1000));
  }
  using Coordinates = std::map<std::string, std::string>;
  CHECK(memory[1].coordinates == Coordinates{{"split", "symmetric"}, {"momentum", "0.5"}});
  data.variables.pop_back();
  data.variables.back().name = "operator";  // swept: each run has its own
  data.variables.back().values = std::vector<std::string>{"softmax", "kappa"};
  for (Variable& variable : data.variables) {
    if (variable.name == "train_accuracy") variable.attributes = {{"coordinates", "modulus operator"}};
  }
  CHECK((traces_of(data, "study")[0].attention_operator == "softmax" &&
         traces_of(data, "study")[1].attention_operator == "kappa"));
  CHECK_THROWS_WITH(traces_of(data, "study", {}, "warmth"), Catch::Contains("cannot use 'study'"));
}

TEST_CASE("runs may have names, and numbers may be missing in between") {
  const Scratch scratch;
  const auto file = scratch.path() / "table.csv";
  write(file,
        "run,step,train_accuracy,test_accuracy,specific_heat\nrun_190,0,0,0,1\nrun_190,10,,0.5,2\nrun_190,20,1,,3\n"
        "run_7,0,0,0,4\n");
  const std::vector<Trace> traces = read_traces(file, {}, "specific_heat");
  REQUIRE(traces.size() == 2);
  CHECK((traces[0].run == 0 && traces[1].run == 1 && traces[0].samples() == 3));
  CHECK(std::isnan(traces[0].curves.at("train_accuracy")[1]));
  CHECK(traces[1].curves.at("specific_heat") == std::vector<double>{4});
}

TEST_CASE("a table has a row per run and step, under its own names and in any order of runs") {
  const Scratch scratch;
  const auto file = scratch.path() / "table.csv";
  write(file,
        "# somebody's runs\nid,epoch,p,tr,te,heat\n7,0,19,0.1,0,0.5\n3,0,23,0.2,0,0.1\n7,5,19,1,0.1,0.6\n"
        "3,5,23,1,0.2,0.2\n");
  TraceColumns columns;
  columns.names["run"] = "id", columns.names["step"] = "epoch", columns.names["modulus"] = "p";
  columns.names["train_accuracy"] = "tr", columns.names["test_accuracy"] = "te";
  columns.names["specific_heat"] = "heat";
  const std::vector<Trace> traces = read_traces(file, columns, "specific_heat");
  REQUIRE(traces.size() == 2);
  CHECK((traces[0].run == 7 && traces[0].modulus == 19 && traces[1].run == 3));
  CHECK(traces[0].step == std::vector<double>{0, 5});
  CHECK(traces[1].curves.at("specific_heat") == std::vector<double>{0.1, 0.2});
  CHECK(read_traces(file, columns, "heat")[0].curves.at("heat") == std::vector<double>{0.5, 0.6});
}

TEST_CASE("runs without a number are told apart by modulus and seed; a table may be one run") {
  const Scratch scratch;
  const auto file = scratch.path() / "table.tsv";
  write(file,
        "step\tmodulus\tseed\ttrain_accuracy\ttest_accuracy\tspecific_heat\n0\t19\t1\t0\t0\t0\n0\t19\t2\t0\t0\t0\n");
  CHECK(read_traces(file, {}, "specific_heat").size() == 2);
  write(file, "step train_accuracy test_accuracy specific_heat\n0 0 0 0\n1 0 0 1\n");
  const auto traces = read_traces(file, {}, "specific_heat");
  REQUIRE(traces.size() == 1);
  CHECK(traces[0].samples() == 2);
  CHECK(std::isnan(traces[0].modulus));
}

TEST_CASE("an HDF5 file with all columns on one axis is a table") {
  const Scratch scratch;
  const auto file = scratch.path() / "long.h5";
  Dataset data;
  const auto add = [&](std::string name, std::vector<double> values) {
    data.variables.push_back({std::move(name), {"row"}, {4}, std::move(values), "", "1", {}});
  };
  add("row", {0, 1, 2, 3});
  add("run", {0, 0, 1, 1});
  add("step", {0, 1, 0, 1});
  for (const char* name : {"train_accuracy", "test_accuracy", "specific_heat"}) add(name, {0, 0.5, 0, 1});
  write_dataset(file, data);
  const auto traces = read_traces(file, {}, "specific_heat");
  REQUIRE(traces.size() == 2);
  CHECK(traces[1].curves.at("test_accuracy") == std::vector<double>{0, 1});
  data.variables[1].values = std::vector<std::string>{"run_b", "run_b", "run_a", "run_a"};
  write_dataset(file, data);
  const auto named = read_traces(file, {}, "specific_heat");
  REQUIRE(named.size() == 2);
  CHECK((named[0].run == 0 && named[1].curves == traces[1].curves));
}

TEST_CASE("files that cannot be used say what they have, and what might be meant") {
  const Scratch scratch;
  const auto csv = scratch.path() / "table.csv", h5 = scratch.path() / "ensemble.h5";
  write(csv, "step,train_acuracy,test_accuracy,specific_heat\n0,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("it has no \"train_accuracy\", did you mean \"train_acuracy\"?; it has "
                                              "step, train_acuracy, test_accuracy, specific_heat; name the right one "
                                              "with --set columns.train_accuracy=NAME"));
  write(csv, "step,train_accuracy,test_accuracy,specific_heat\n0,0,0,0\n10,0,0,0\n5,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("step 5 follows step 10"));
  CHECK_THAT(message_of(csv), Catch::Contains("name the column that tells runs apart with --set columns.run=NAME"));
  write(csv, "run,step,train_accuracy,test_accuracy,specific_heat\n1,0,0,0,0\n1,0,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("run 1: step 0 follows step 0") && !Catch::Contains("columns.run"));
  write(csv, "run,step,train_accuracy,test_accuracy,specific_heat\n1,0,0,0,0\n,10,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("\"run\" is nan in row 2 of the data"));
  write(csv, "run,step,train_accuracy,test_accuracy,specific_heat\na,0,0,0,0\n,10,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("\"run\" is nan in row 2 of the data"));
  write(csv, "modulus,step,train_accuracy,test_accuracy,specific_heat\nnan,0,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("\"modulus\" is nan in row 1"));
  write(csv, "run,step,train_accuracy,test_accuracy,specific_heat\n4,0,0,0,0\n4,10,0.5,97.5,0\n");
  CHECK_THAT(message_of(csv),
             Catch::Contains("run 4: \"test_accuracy\" is 97.5 at step 10") && Catch::Contains("is it in percent?"));
  write(csv, "0,0,0,0\n");
  CHECK_THAT(message_of(csv), Catch::Contains("no line of column names"));

  Dataset data = grok_results();
  write_dataset(h5, data);
  CHECK_THAT(message_of(h5, {}, "specific_heet"),
             Catch::Contains("\"specific_heat\"") && Catch::Contains("peak.curve"));
  TraceColumns columns;
  columns.names["weight_norm"] = "norm";  // asked for, so it must be there
  CHECK_THAT(message_of(h5, columns), Catch::Contains("no \"norm\"") && Catch::Contains("columns.weight_norm"));
  columns = {};
  columns.names["test_accuracy"] = "modulus";
  CHECK_THAT(message_of(h5, columns), Catch::Contains("\"modulus\" is of another shape"));
  columns.names["test_accuracy"] = "test_accuracy", columns.names["train_accuracy"] = "gap_mean_by_head";
  CHECK_THAT(message_of(h5, columns), Catch::Contains("3 axes"));
}
