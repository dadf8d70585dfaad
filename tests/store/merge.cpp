#include <catch2/catch.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/store/merge.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include "samples.hpp"

using namespace softmech;
using Catch::Contains;
using Ids = std::vector<std::int64_t>;
using Paths = std::vector<std::filesystem::path>;

namespace {

const std::vector<Attribute> root{{"title", "merged"}, {"format_version", format_version}};
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A number that tells where it belongs.
double value(std::int64_t member, std::size_t time, std::size_t key) {
  return static_cast<double>(member) + 0.01 * static_cast<double>(time) + 0.0001 * static_cast<double>(key);
}

/// Members with depth up to times(member); shorter ones end in NaN, as the merge itself would do it.
template <class Times>
Dataset members(const Ids& ids, const Times& times) {
  constexpr std::size_t keys = 3;
  std::size_t longest = 0;
  for (const auto id : ids) longest = std::max<std::size_t>(longest, times(id));
  Variable weights{.name = "weights",
                   .axes = {"member", "time", "key"},
                   .shape = {ids.size(), longest, keys},
                   .values = {},
                   .long_name = "w",
                   .attributes = {}};
  Variable energy{.name = "energy",
                  .axes = {"member"},
                  .shape = {ids.size()},
                  .values = {},
                  .long_name = "e",
                  .units = "1",
                  .attributes = {{"valid_min", nan}}};
  Variable count{.name = "count",
                 .axes = {"member", "key"},
                 .shape = {ids.size(), keys},
                 .values = {},
                 .long_name = "c",
                 .attributes = {}};
  Variable label{
      .name = "label", .axes = {"member"}, .shape = {ids.size()}, .values = {}, .long_name = "l", .attributes = {}};
  std::vector<double> w, e;
  Ids c;
  std::vector<std::string> l;
  for (const auto id : ids) {
    for (std::size_t t = 0; t < longest; ++t)
      for (std::size_t k = 0; k < keys; ++k) w.push_back(t < times(id) ? value(id, t, k) : nan);
    e.push_back(id == 4 ? nan : -static_cast<double>(id));
    for (std::int64_t k = 0; k < 3; ++k) c.push_back(10 * id + k);
    l.push_back(fmt::format("number {}", id));
  }
  weights.values = w, energy.values = e, count.values = c, label.values = l;
  return {
      {{"title", "part"}},
      {{.name = "member",
        .axes = {"member"},
        .shape = {ids.size()},
        .values = ids,
        .long_name = "member",
        .attributes = {}},
       {.name = "time",
        .axes = {"time"},
        .shape = {longest},
        .values = ramp(longest, 0, 0.5),
        .long_name = "depth",
        .attributes = {}},
       {.name = "key", .axes = {"key"}, .shape = {keys}, .values = Ids{0, 1, 2}, .long_name = "key", .attributes = {}},
       weights,
       energy,
       count,
       label,
       {.name = "shared",
        .axes = {"key"},
        .shape = {keys},
        .values = std::vector{1.0, nan, 3.0},
        .long_name = "s",
        .attributes = {}},
       {.name = "constant", .axes = {}, .shape = {}, .values = std::vector{2.5}, .long_name = "k", .attributes = {}}}};
}

Dataset members(const Ids& ids) {
  return members(ids, [](std::int64_t) { return std::size_t{4}; });
}

Paths write_groups(const Directory& directory, const std::string& prefix, const std::vector<Dataset>& groups) {
  Paths paths;
  for (const Dataset& group : groups) {
    paths.push_back(directory / fmt::format("{}{}.h5", prefix, paths.size()));
    write_dataset(paths.back(), group);
  }
  return paths;
}

Variable& variable(Dataset& dataset, const std::string& name) {
  return *std::ranges::find(dataset.variables, name, &Variable::name);
}

std::string merge_message(const Dataset& first, const Dataset& second) {
  const Directory directory;
  const Paths paths = write_groups(directory, "in", {first, second});
  try {
    merge_along("member", paths, directory / "out.h5", root);
  } catch (const StoreError& error) {
    CHECK_FALSE(std::filesystem::exists(directory / "out.h5"));
    CHECK_FALSE(std::filesystem::exists(directory / "out.h5.part"));
    return error.what();
  }
  return "(merged)";
}

}  // namespace

TEST_CASE("Files are joined in increasing id and equal to what would have been written at once") {
  const Directory directory;
  const Paths paths = write_groups(directory, "in", {members({7, 2}), members({4}), members({0, 9, 3})});
  merge_along("member", paths, directory / "out.h5", root);
  const Dataset merged = read_dataset(directory / "out.h5");
  const Dataset expected = members({0, 2, 3, 4, 7, 9});
  CHECK(merged.attributes == root);
  REQUIRE(merged.variables.size() == expected.variables.size());
  for (std::size_t i = 0; i < expected.variables.size(); ++i)
    CHECK(describe(merged.variables[i]) == describe(expected.variables[i]));
}

TEST_CASE("The bytes of a merge do not depend on the grouping or the order of the inputs") {
  const auto times = [](std::int64_t id) { return static_cast<std::size_t>(1 + (7 * id) % 5); };
  const Directory directory;
  const Paths one = write_groups(directory, "one", {members({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, times)});
  merge_along("member", one, directory / "reference.h5", root);
  const std::string reference = bytes_of(directory / "reference.h5");
  REQUIRE(reference.size() > 1000);

  RandomStream random(1, 0, "grouping");
  for (int trial = 0; trial < 20; ++trial) {
    Ids ids{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (std::size_t i = ids.size() - 1; i > 0; --i) std::swap(ids[i], ids[random.below(i + 1)]);
    std::vector<Dataset> groups;
    for (std::size_t begin = 0; begin < ids.size();) {
      const std::size_t end = std::min<std::size_t>(ids.size(), begin + 1 + random.below(4));
      groups.push_back(
          members(Ids(ids.begin() + static_cast<long>(begin), ids.begin() + static_cast<long>(end)), times));
      begin = end;
    }
    const Paths paths = write_groups(directory, "part", groups);
    merge_along("member", paths, directory / "out.h5", root);
    REQUIRE((bytes_of(directory / "out.h5") == reference));
    // A merge of merges is the merge.
    const std::span all(paths);
    merge_along("member", all.first(all.size() / 2), directory / "left.h5", root);
    merge_along("member", all.subspan(all.size() / 2), directory / "right.h5", {});
    merge_along("member", Paths{directory / "right.h5", directory / "left.h5"}, directory / "out.h5", root);
    REQUIRE((bytes_of(directory / "out.h5") == reference));
  }
}

TEST_CASE("A ragged end is filled with NaN for doubles only") {
  const auto times = [](std::int64_t id) { return id == 1 ? std::size_t{2} : std::size_t{5}; };
  const Directory directory;
  const Paths paths = write_groups(directory, "in", {members({1}, times), members({0, 2}, times)});
  merge_along("member", paths, directory / "out.h5", root);
  const DatasetFile merged(directory / "out.h5");
  CHECK(merged.read("time").as<double>() == ramp(5, 0, 0.5));
  const auto weights = merged.read_rows("weights", 1, 1).as<double>();
  REQUIRE(weights.size() == 15);
  for (std::size_t t = 0; t < 5; ++t)
    for (std::size_t k = 0; k < 3; ++k)
      if (t < 2)
        CHECK(weights[3 * t + k] == value(1, t, k));
      else
        CHECK(std::isnan(weights[3 * t + k]));

  Dataset shorter = members({1}, times), longer = members({0}, times);
  const auto add_updates = [](Dataset& dataset, std::size_t length) {
    dataset.variables.push_back({.name = "updates",
                                 .axes = {"member", "time"},
                                 .shape = {1, length},
                                 .values = Ids(length),
                                 .long_name = {},
                                 .attributes = {}});
  };
  add_updates(shorter, 2);
  add_updates(longer, 5);
  CHECK_THAT(merge_message(shorter, longer), Contains("in0.h5") && Contains("in1.h5") &&
                                                 Contains("'updates' has length 2 along 'time'") &&
                                                 Contains("5 in the second"));
}

TEST_CASE("A row in two inputs is taken once if the contents agree") {
  const auto times = [](std::int64_t id) { return static_cast<std::size_t>(id + 1); };
  const Directory directory;
  // Member 2 is padded in the second file and not in the first.
  const Paths paths = write_groups(directory, "in", {members({1, 2}, times), members({2, 3}, times)});
  merge_along("member", paths, directory / "out.h5", root);
  merge_along("member", write_groups(directory, "all", {members({1, 2, 3}, times)}), directory / "reference.h5", root);
  CHECK((bytes_of(directory / "out.h5") == bytes_of(directory / "reference.h5")));

  for (const std::string name : {"weights", "energy", "count", "label"}) {
    Dataset changed = members({2, 3});
    std::visit([](auto& values) { values.front() = {}; }, variable(changed, name).values);
    CHECK_THAT(merge_message(members({1, 2}), changed), Contains("in0.h5") && Contains("in1.h5") &&
                                                            Contains("both hold member 2") &&
                                                            Contains("'" + name + "'"));
  }
}

TEST_CASE("Inputs that do not belong together are refused by name") {
  const Dataset first = members({0});
  const auto with = [](const std::string& name, const auto& change) {
    Dataset second = members({1});
    change(variable(second, name));
    return second;
  };
  const auto message = [&](const Dataset& second) {
    const std::string text = merge_message(first, second);
    CHECK_THAT(text, Contains("in0.h5") && Contains("in1.h5") && Contains("merge only files of one run"));
    return text;
  };

  Dataset second = members({1});
  second.variables.pop_back();
  CHECK_THAT(message(second), Contains("'constant' is only in the first"));
  CHECK_THAT(merge_message(second, first), Contains("'constant' is only in the second"));
  CHECK_THAT(message(with("energy", [](Variable& v) { v.values = Ids{1}; })), Contains("'energy' has different types"));
  CHECK_THAT(message(with("shared", [](Variable& v) { v.axes = {}, v.shape = {}, v.values = std::vector{1.0}; })),
             Contains("'shared' has different axes"));
  CHECK_THAT(message(with("energy", [](Variable& v) { v.units = "nat"; })), Contains("'energy' has different units"));
  CHECK_THAT(message(with("energy", [](Variable& v) { v.long_name = "other"; })),
             Contains("'energy' has different attributes"));
  CHECK_THAT(message(with("constant", [](Variable& v) { v.values = std::vector{2.0}; })),
             Contains("'constant' has different values"));
  CHECK_THAT(message(with("time", [](Variable& v) { v.values = ramp(4, 0, 0.25); })),
             Contains("'time' has different values"));

  const Directory directory;
  const Paths paths = write_groups(directory, "in", {first});
  CHECK_THROWS_WITH(merge_along("replica", paths, directory / "out.h5", root),
                    Contains("in0.h5") && Contains("no coordinate variable 'replica'"));
  CHECK_THROWS_WITH(merge_along("key", paths, directory / "out.h5", root),
                    Contains("'key' must be the first axis of variable 'weights'"));
  CHECK_THROWS_WITH(merge_along("member", Paths{directory / "none.h5"}, directory / "out.h5", root),
                    Contains("none.h5"));
  CHECK_THROWS_AS(merge_along("member", Paths{}, directory / "out.h5", root), std::invalid_argument);
  CHECK_THROWS_WITH(merge_along("member", paths, directory / "missing/out.h5", root),
                    Contains("missing/out.h5") && Contains("create the directory"));
}

TEST_CASE("Inputs without rows are joined too") {
  const Directory directory;
  const Paths paths = write_groups(directory, "in", {nothing(), nothing()});
  merge_along("member", paths, directory / "out.h5", root);
  const Dataset merged = read_dataset(directory / "out.h5");
  CHECK(merged.at("weights").shape == std::vector<std::size_t>{0, 2});
}
