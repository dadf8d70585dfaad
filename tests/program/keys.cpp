#include <catch2/catch.hpp>

#include <cmath>
#include <sstream>

#include "demo.hpp"

using namespace softmech;

namespace {

struct Anything {
  std::int64_t count = 1;
  double number = 1.0;
  std::string word = "a";
  std::vector<double> list;
  NumberOrWord mixed = 2.0;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::size_t characters(const std::string& line) {
  std::size_t count = 0;
  for (const char c : line) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

TEST_CASE("a declaration that contradicts itself is refused", "[program]") {
  Anything s;
  Keys keys;
  keys.add("a.count", s.count, "a count", {.at_least = 1});
  CHECK_THROWS_AS(keys.add("a.count", s.count, "twice"), std::logic_error);
  CHECK_THROWS_AS(keys.add("a", s.count, "a key where there is a table"), std::logic_error);
  CHECK_THROWS_AS(keys.add("a.count.x", s.count, "a table where there is a key"), std::logic_error);
  CHECK_THROWS_AS(keys.add("", s.count, "no name"), std::logic_error);
  CHECK_THROWS_AS(keys.add("b..c", s.count, "an empty part"), std::logic_error);
  CHECK_THROWS_AS(keys.add("b c", s.count, "a blank"), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.count, "two\nlines"), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.number, "default outside", {.above = 1}), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.number, "words for a number", {.words = {"x"}}), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.word, "bounds for a word", {.at_most = 3}), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.word, "default not among the words", {.words = {"x"}}), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.list, "a swept list", {.sweep = true}), std::logic_error);
  CHECK_THROWS_AS(keys.add("b", s.mixed, "a word or number without words"), std::logic_error);
  CHECK(keys.all().size() == 1);
}

TEST_CASE("values print in the shortest form that reads back", "[program]") {
  CHECK(value_text(Value(true)) == "true");
  CHECK(value_text(Value(std::int64_t{-7})) == "-7");
  CHECK(value_text(Value(0.1)) == "0.1");
  CHECK(value_text(Value(1.0)) == "1.0");
  CHECK(value_text(Value(-0.0)) == "-0.0");
  CHECK(value_text(Value(1e-9)) == "1e-9");
  CHECK(value_text(Value(1e300)) == "1e300");
  CHECK(value_text(Value(2.5e-10)) == "2.5e-10");
  CHECK(value_text(Value(1.0 / 3.0)) == "0.3333333333333333");
  CHECK(value_text(Value(std::string("a\"b\\c\n"))) == R"("a\"b\\c\u000A")");
  CHECK(value_text(Value(NumberOrWord("sqrt_head_dim"))) == "\"sqrt_head_dim\"");
  CHECK(value_text(Value(NumberOrWord(8.0))) == "8.0");
  CHECK(value_text(Value(std::optional<double>())) == "\"none\"");
  CHECK(value_text(Value(std::vector<double>{1, 0.5})) == "[1.0, 0.5]");
  CHECK(value_text(Value(std::vector<std::int64_t>{})) == "[]");
}

TEST_CASE("rules read as a person would say them", "[program]") {
  Demo demo;
  const auto requirement = [&demo](const char* name) { return requirement_text(*demo.keys.find(name)); };
  CHECK(requirement("model.keys") == "an integer from 1 to 1e7");
  CHECK(requirement("model.temperature") == "a number > 0 or \"sqrt_head_dim\"");
  CHECK(requirement("model.alpha") == "a number > 1 and <= 2");
  CHECK(requirement("model.operator") == "\"softmax\", \"entmax\" or \"kappa\"");
  CHECK(requirement("model.energies") == "a list of numbers");
  CHECK(requirement("model.heads") == "a list of integers >= 1");
  CHECK(requirement("solver.project") == "true or false");
  CHECK(requirement("solver.cutoff") == "a number > 0 and < 1 or \"none\"");
  CHECK(requirement("output.title") == "text");
  CHECK(explanation(*demo.keys.find("model.friction")) == "friction γ [>= 0; unit 1/depth; sweep]");
  CHECK(demo.keys.find("model.nothing") == nullptr);
}

TEST_CASE("bounds are closed or open as declared, and nothing infinite passes", "[program]") {
  double x = 0.5;
  Keys keys;
  keys.add("closed", x, "closed", {.at_least = 0, .at_most = 1});
  keys.add("open", x, "open", {.above = 0, .below = 1});
  const auto takes = [&keys](const char* name, double value) { return obeys(Value(value), *keys.find(name)); };
  CHECK(takes("closed", 0.0));
  CHECK(takes("closed", 1.0));
  CHECK_FALSE(takes("closed", std::nextafter(1.0, 2.0)));
  CHECK_FALSE(takes("closed", -5e-324));
  CHECK_FALSE(takes("open", 0.0));
  CHECK_FALSE(takes("open", 1.0));
  CHECK(takes("open", 5e-324));
  CHECK_FALSE(takes("closed", std::nan("")));
  keys.add("free", x, "free");
  CHECK_FALSE(takes("free", INFINITY));
  CHECK_FALSE(obeys(Value(std::int64_t{1}), *keys.find("free")));
}

TEST_CASE("help shows samples first, then options, then every key, within 100 columns", "[program]") {
  Demo demo;
  const std::string help = help_text(demo_text, demo.keys);
  const auto lines = lines_of(help);
  for (const auto& line : lines) {
    INFO(line);
    CHECK(characters(line) <= 100);
    CHECK((line.empty() || line.back() != ' '));
  }
  const auto position = [&help](const std::string& text) {
    INFO(text);
    REQUIRE(help.find(text) != std::string::npos);
    return help.find(text);
  };
  CHECK(position("softmech-demo --out demo\n") < position("Usage:"));
  CHECK(position("--shard I/N") < position("[model]\n"));
  CHECK(position("[model]\n") < position("[solver]\n"));
  position("  keys         integer     64               number of keys n [1 to 1e7; sweep]\n");
  position("  friction     number      0.0              friction γ [>= 0; unit 1/depth; sweep]\n");
  position("  operator     word        \"softmax\"        what turns");
  for (const char* option : {"--set", "--out", "--seed", "--threads", "--time", "--shard", "--restart", "--dry-run",
                             "--print-config", "--quiet", "--version", "--help"}) {
    position(std::string("\n  ") + option);
  }
  for (const auto& key : demo.keys.all()) position("\n  " + std::string(leaf_of(key.name)) + " ");
}

TEST_CASE("a long default keeps the columns of the help", "[program]") {
  std::vector<double> list(20, 0.25);
  double x = 1;
  Keys keys;
  keys.add("a.list", list, "many numbers");
  keys.add("a.x", x, "one number");
  const std::string help = help_text(demo_text, keys);
  CHECK(help.find("  x     number   1.0      one number\n") != std::string::npos);
  CHECK(help.find("0.25]\n                          many numbers") != std::string::npos);
}
