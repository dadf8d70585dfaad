#include <catch2/catch.hpp>

#include "scratch.hpp"

#include <softmech/ensemble/member.hpp>
#include <softmech/ensemble/stack.hpp>

#include <algorithm>
#include <cmath>

using namespace softmech;

namespace {

const Axis times{"time", std::vector<double>{0, 0.5, 1, 1.5}, "depth"};
const Axis keys = index_axis("key", 2, "key");

/// Records `rows` rows of a series and a coordinate.
Member sample_member(std::int64_t index, std::size_t rows) {
  Member member(index, 1);
  member.coordinate("modulus", std::int64_t{19 + index}, "modulus p");
  Series series = member.series(times);
  for (std::size_t i = 0; i < rows; ++i) {
    const double x = static_cast<double>(index) + 0.1 * static_cast<double>(i);
    series.record("energy", x, "energy");
    series.record("weights", std::vector{x, 1 - x}, keys, "weights");
  }
  member.record("action", 7.0 + static_cast<double>(index), "action");
  return member;
}

}  // namespace

TEST_CASE("a member's records carry names, axes, meaning and units") {
  const Dataset records = sample_member(4, 4).snapshot();
  const Variable& weights = records.at("weights");
  CHECK(weights.axes == std::vector<std::string>{"time", "key"});
  CHECK(weights.shape == std::vector<std::size_t>{4, 2});
  CHECK(weights.as<double>()[3] == Approx(1 - 4.1));
  CHECK(weights.units == "1");
  CHECK(records.at("modulus").as<std::int64_t>() == std::vector<std::int64_t>{23});
  CHECK(records.at("time").shape.front() == 4);
}

TEST_CASE("a text is a result or a parameter") {
  Member member(0, 1);
  member.coordinate("kernel", std::string("window"), "kernel");
  member.record("remark", std::string("two modes grow"), "remark");
  const Dataset records = member.snapshot();
  CHECK(records.at("remark").as<std::string>() == std::vector<std::string>{"two modes grow"});
  CHECK(records.at("remark").axes == records.at("kernel").axes);
  const auto listed = std::find_if(records.attributes.begin(), records.attributes.end(),
                                   [](const Attribute& attribute) { return attribute.name == "coordinates"; });
  REQUIRE(listed != records.attributes.end());
  CHECK(std::get<std::string>(listed->value) == "kernel");
}

TEST_CASE("a member refuses records that contradict each other") {
  Member member(0, 1);
  member.record("a", 1.0, "a");
  CHECK_THROWS_WITH(member.record("a", 2.0, "a"), Catch::Contains("\"a\" is recorded twice"));
  Series series = member.series(times);
  series.record("w", std::vector{1.0, 2.0}, keys, "w");
  CHECK_THROWS_WITH(series.record("w", std::vector{1.0}, keys, "w"), Catch::Contains("row of 1 values where 2"));
  series.record("x", 1.0, "x");
  series.record("x", 1.0, "x");
  CHECK_THROWS_WITH(member.snapshot(), Catch::Contains("rows along \"time\""));
  CHECK_THROWS_WITH(member.series({"time", std::vector<double>{1}, "other"}), Catch::Contains("two different sets"));
}

TEST_CASE("a number that is not finite fails the member, which names it") {
  const double nan = std::nan(""), infinity = HUGE_VAL;
  Member member(0, 1);
  CHECK_THROWS_WITH(member.record("energy", nan, "energy"), Catch::Contains("energy = nan: must be finite"));
  CHECK_THROWS_WITH(member.coordinate("ratio", infinity, "ratio"), Catch::Contains("ratio = inf"));
  CHECK_THROWS_WITH(member.record_as_defined("error", infinity, "error"), Catch::Contains("error = inf"));
  CHECK_NOTHROW(member.record_as_defined("error", nan, "error"));
  Series series = member.series(times);
  series.record("x", 1.0, "x");
  CHECK_THROWS_WITH(series.record("x", nan, "x"), Catch::Contains("x = nan at sample 1 of time"));
  CHECK_THROWS_WITH(series.record("w", std::vector{1.0, nan}, keys, "w"),
                    Catch::Contains("w = nan at sample 0 of time"));
  CHECK_NOTHROW(series.record_as_defined("kl", infinity, "kl"));
}

TEST_CASE("stacking puts members in order and fills a ragged end with NaN") {
  std::vector<MemberRecords> members;
  members.push_back({5, sample_member(5, 2).snapshot()});
  members.push_back({2, sample_member(2, 4).snapshot()});
  const Dataset all = stack(std::move(members));
  CHECK(all.at("member").as<std::int64_t>() == std::vector<std::int64_t>{2, 5});
  CHECK(all.at("time").as<double>() == std::vector<double>{0, 0.5, 1, 1.5});
  const Variable& weights = all.at("weights");
  CHECK(weights.axes == std::vector<std::string>{"member", "time", "key"});
  CHECK(weights.shape == std::vector<std::size_t>{2, 4, 2});
  const auto& w = weights.as<double>();
  CHECK(w[0] == 2.0);
  CHECK(w[8] == 5.0);
  CHECK(w[10] == Approx(5.1));
  for (std::size_t i = 12; i < 16; ++i) CHECK(std::isnan(w[i]));
  CHECK(all.at("action").as<double>() == std::vector<double>{9, 12});
  CHECK(std::get<std::string>(find_attribute(weights.attributes, "coordinates")->value) == "modulus");
  CHECK(find_attribute(all.at("modulus").attributes, "coordinates") == nullptr);
  CHECK_NOTHROW(require_valid(all));
}

TEST_CASE("stacking names the member that recorded something else") {
  Member odd(3, 1);
  odd.record("action", 1.0, "action");
  std::vector<MemberRecords> members;
  members.push_back({0, sample_member(0, 1).snapshot()});
  members.push_back({3, odd.snapshot()});
  CHECK_THROWS_WITH(stack(members), Catch::Contains("member 3 does not fit to member 0"));
}

TEST_CASE("a checkpoint restores records and state bit for bit") {
  const Scratch scratch;
  bool stop = false;
  MemberServices services;
  services.stop_requested = [&] { return stop; };
  services.checkpoint = scratch / "000000.h5";

  // Counts in steps of 1/3, pausing after the second row; the resumed run must end like one that was never stopped.
  const auto run = [&](Member& member, bool pause) {
    member.record("seed", 3.0, "seed");
    Series series = member.series(times);
    double x = 0, i = 0;
    if (const auto state = member.resume()) {
      x = state->at(0);
      i = state->at(1);
    }
    for (; i < 4; ++i) {
      if (pause && i == 2) {
        stop = true;
        member.pause({x, i});
      }
      x += 1.0 / 3;
      series.record("x", x, "x");
      series.record("w", std::vector{x, -x}, keys, "w");
    }
    member.record("last", x, "last");
  };
  Member unbroken(0, 1);
  run(unbroken, false);
  Member first(0, 1, services);
  CHECK_FALSE(first.resume());
  CHECK_THROWS_AS(run(first, true), StopRequested);
  stop = false;
  Member second(0, 1, services);
  run(second, false);

  const Dataset expected = unbroken.snapshot(), found = second.snapshot();
  REQUIRE(expected.variables.size() == found.variables.size());
  for (std::size_t i = 0; i < expected.variables.size(); ++i) {
    CHECK(expected.variables[i].name == found.variables[i].name);
    CHECK(expected.variables[i].values == found.variables[i].values);
  }
}
