#include <catch2/catch.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>

#include <softmech/ensemble/random.hpp>

#include "demo.hpp"

using namespace softmech;

namespace {

Configuration resolve(const std::vector<std::string>& overrides) {
  Demo demo;
  return Configuration::resolve(demo.keys, std::nullopt, overrides);
}

Configuration from_toml(const std::string& text) {
  Demo demo;
  return Configuration::from_toml(demo.keys, text, "demo.toml");
}

template <class T>
T get(const Configuration& configuration, const char* name, std::size_t point = 0) {
  return std::get<T>(configuration.value(name, point));
}

/// The words a shell makes of a command line.
std::vector<std::string> shell_words(const std::string& arguments) {
  std::FILE* pipe = popen(("for a in" + arguments + "; do printf '%s\\n' \"$a\"; done").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) output += buffer.data();
  pclose(pipe);
  std::vector<std::string> words;
  for (std::size_t start = 0; start < output.size();) {
    const auto end = output.find('\n', start);
    words.push_back(output.substr(start, end - start));
    start = end + 1;
  }
  return words;
}

}  // namespace

TEST_CASE("without a file or overrides the settings are the defaults", "[program]") {
  const auto configuration = resolve({});
  CHECK(configuration.points() == 1);
  CHECK(configuration.settings_arguments().empty());
  CHECK(configuration.point_text(0).empty());
  CHECK(configuration.swept().empty());
  const auto settings = settings_at<DemoSettings>(configuration, 0);
  CHECK(settings.keys == 64);
  CHECK(settings.temperature == NumberOrWord("sqrt_head_dim"));
  CHECK_FALSE(settings.cutoff.has_value());
}

TEST_CASE("a file sets every type of key, and --set comes after it", "[program]") {
  const auto path = std::filesystem::temp_directory_path() / "softmech-test-configuration.toml";
  std::ofstream(path) << "# a comment\n[model]\nkeys = 128\ntemperature = 2\nmass = 3\noperator = \"kappa\"\n"
                         "energies = [1, 2.5, -1e-3]\nheads = [4, 5e0]\n\n[solver]\nproject = false\ncutoff = 0.25\n"
                         "\n[output]\ntitle = 'C:\\raw # not a comment'\n";
  Demo demo;
  const auto configuration = Configuration::resolve(demo.keys, path, {"model.mass=4", "model.mass=5"});
  std::filesystem::remove(path);
  const auto settings = settings_at<DemoSettings>(configuration, 0);
  CHECK(settings.keys == 128);
  CHECK(settings.temperature == NumberOrWord(2.0));
  CHECK(settings.mass == 5.0);
  CHECK(settings.operator_name == "kappa");
  CHECK(settings.energies == std::vector<double>{1, 2.5, -1e-3});
  CHECK(settings.heads == std::vector<std::int64_t>{4, 5});
  CHECK_FALSE(settings.project);
  CHECK(settings.cutoff == 0.25);
  CHECK(settings.title == "C:\\raw # not a comment");
  CHECK(settings.dynamics == "lagrangian");
}

TEST_CASE("overrides take TOML values, bare words and lists without brackets", "[program]") {
  CHECK(get<std::string>(resolve({"model.dynamics=overdamped"}), "model.dynamics") == "overdamped");
  CHECK(get<std::string>(resolve({"model.dynamics=\"mirror\""}), "model.dynamics") == "mirror");
  CHECK(get<std::int64_t>(resolve({"model.keys=1e6"}), "model.keys") == 1000000);
  CHECK(get<std::int64_t>(resolve({"model.keys = 0x10 "}), "model.keys") == 16);
  CHECK(get<std::int64_t>(resolve({"model.keys=1_000"}), "model.keys") == 1000);
  CHECK(get<double>(resolve({"model.mass=2"}), "model.mass") == 2.0);
  CHECK(get<std::vector<double>>(resolve({"model.energies=1,2.5"}), "model.energies") == std::vector<double>{1, 2.5});
  CHECK(get<std::vector<double>>(resolve({"model.energies=[7]"}), "model.energies") == std::vector<double>{7});
  CHECK(get<std::vector<double>>(resolve({"model.energies=[]"}), "model.energies").empty());
  CHECK(get<std::optional<double>>(resolve({"solver.cutoff=0.5", "solver.cutoff=none"}), "solver.cutoff") ==
        std::nullopt);
  CHECK(resolve({"model.keys=1,2,3"}).points() == 3);
  CHECK(resolve({"model.operator=softmax,kappa"}).points() == 2);
  CHECK(resolve({"model.operator=[softmax, kappa]"}).points() == 2);
  CHECK(resolve({"model.temperature=0.5, sqrt_head_dim"}).points() == 2);
  // Free text is taken as it is, whatever TOML would make of it.
  for (const char* text : {"2024", "a, b", "x=1 # y", "true", "data/a b.h5", "ünïcode", ""}) {
    CHECK(get<std::string>(resolve({std::string("output.title=") + text}), "output.title") == text);
  }
  CHECK(get<std::string>(resolve({"output.title='quoted'"}), "output.title") == "quoted");
}

TEST_CASE("points number the product of the sweeps, the last key fastest", "[program]") {
  const auto configuration =
      resolve({"model.keys=[10,20]", "model.operator=[softmax,entmax,kappa]", "model.friction=0,1"});
  REQUIRE(configuration.points() == 12);
  std::size_t point = 0;
  for (const std::int64_t keys : {10, 20}) {
    for (const double friction : {0.0, 1.0}) {  // declared before the operator
      for (const char* name : {"softmax", "entmax", "kappa"}) {
        const auto settings = settings_at<DemoSettings>(configuration, point++);
        CHECK(settings.keys == keys);
        CHECK(settings.friction == friction);
        CHECK(settings.operator_name == name);
      }
    }
  }
  CHECK(configuration.point_text(11) == "model.keys = 20, model.friction = 1.0, model.operator = \"kappa\"");
  const auto swept = configuration.swept();
  REQUIRE(swept.size() == 3);
  CHECK(swept[1].key.name == "model.friction");
  CHECK(swept[1].key.rule.unit == "1/depth");
  CHECK(swept[1].values == std::vector<Value>{0.0, 1.0});
  CHECK_THROWS_AS(configuration.value("model.keys", 12), std::out_of_range);
  CHECK_THROWS_AS(configuration.value("model.kees", 0), std::out_of_range);
}

TEST_CASE("a list beside another goes through its values with it", "[program]") {
  struct Beside {
    std::int64_t modulus = 113, heads = 4;
    double fraction = 0.3;
    void declare(Keys& keys) {
      keys.add("task.modulus", modulus, "modulus", {.sweep = true});
      keys.add("task.heads", heads, "heads", {.sweep = true});
      keys.add("task.fraction", fraction, "share", {.above = 0, .below = 1, .sweep = true, .beside = "task.modulus"});
    }
  } settings;
  Keys keys;
  settings.declare(keys);
  const auto resolved = [&](const std::vector<std::string>& overrides) {
    return Configuration::resolve(keys, std::nullopt, overrides);
  };

  const auto together = resolved({"task.modulus=19,23,29", "task.heads=1,2", "task.fraction=0.8,0.8,0.7"});
  REQUIRE(together.points() == 6);
  for (std::size_t point = 0; point < 6; ++point) {
    together.apply(point, keys);
    CHECK(settings.modulus == std::array{19, 23, 29}[point / 2]);
    CHECK(settings.fraction == std::array{0.8, 0.8, 0.7}[point / 2]);
    CHECK(settings.heads == (point % 2 == 0 ? 1 : 2));
  }
  CHECK(Configuration::from_toml(keys, together.toml(), "again").toml() == together.toml());
  CHECK(resolved({"task.modulus=19,23,29"}).points() == 3);
  CHECK(resolved({"task.fraction=0.3,0.5"}).points() == 2);  // nothing to stand beside: a sweep of its own
  CHECK_THROWS_WITH(resolved({"task.modulus=19,23,29", "task.fraction=0.3,0.5"}),
                    "task.fraction has 2 values: must be one, or as many as task.modulus has, which is 3");
  CHECK_THROWS_WITH(resolved({"task.fraction=0.3,0.3"}), Catch::Contains("0.3 stands twice"));
  CHECK(resolved({"task.modulus=19,19,23", "task.fraction=0.8,0.7,0.8"}).points() == 3);  // a grid for each modulus
  CHECK_THROWS_WITH(resolved({"task.modulus=19,19"}), Catch::Contains("task.modulus: 19 stands twice"));
  CHECK_THROWS_WITH(resolved({"task.modulus=19,19,23", "task.fraction=0.8,0.8,0.7"}),
                    Catch::Contains("task.modulus beside task.fraction: 19 beside 0.8 stands twice"));
}

TEST_CASE("a list of one value is that value", "[program]") {
  CHECK(resolve({"model.keys=[128]"}).toml() == resolve({"model.keys=128"}).toml());
  CHECK(resolve({"model.keys=[128]"}).swept().empty());
}

TEST_CASE("a part of the keys can be applied by itself", "[program]") {
  const auto configuration = resolve({"ensemble.members=3", "model.keys=5,6"});
  std::int64_t members = 1, keys = 1;
  Keys part;
  part.add("ensemble.members", members, "members");
  part.add("model.keys", keys, "keys");
  configuration.apply(1, part);
  CHECK(members == 3);
  CHECK(keys == 6);
}

TEST_CASE("cross-key rules are checked at every point before anything starts", "[program]") {
  CHECK_NOTHROW(check_all_points<DemoSettings>(resolve({"model.keys=1,2"})));
  const auto bad = resolve({"model.keys=2,1", "model.operator=entmax"});
  CHECK_THROWS_WITH(check_all_points<DemoSettings>(bad),
                    "model.keys = 1: must be > 1 with operator \"entmax\"; try 2 (at model.keys = 1)");
  CHECK_THROWS_AS(check_all_points<DemoSettings>(bad), UsageError);
  CHECK_THROWS_AS(settings_at<DemoSettings>(bad, 1), std::invalid_argument);
}

TEST_CASE("the TOML text shows every key under its table with its meaning", "[program]") {
  const std::string text = resolve({"model.keys=1,2", "output.title=a \"b\""}).toml();
  CHECK(text.starts_with("[model]\nkeys = [1, 2]                  # number of keys n [1 to 1e7; sweep]\n"));
  CHECK(text.find("\n\n[output]\ntitle = \"a \\\"b\\\"\" ") != std::string::npos);
  const std::string long_list = resolve({"model.energies=1,2,3,4,5,6,7,8,9,10,11,12"}).toml();
  CHECK(long_list.find(
            "\n# energies E_i of the keys; empty: from a random query and random keys\nenergies = [1.0, 2.0,") !=
        std::string::npos);
}

TEST_CASE("a key without a table stands before the tables", "[program]") {
  double in_table = 1, outside = 2;
  Keys keys;
  keys.add("table.x", in_table, "in a table");
  keys.add("y", outside, "in none");
  const auto configuration = Configuration::resolve(keys, std::nullopt, {"y=3"});
  CHECK(configuration.toml() == "y = 3.0  # in none\n\n[table]\nx = 1.0  # in a table\n");
  CHECK(Configuration::from_toml(keys, configuration.toml(), "").toml() == configuration.toml());
}

TEST_CASE("TOML and --set arguments read back to the same settings", "[program]") {
  RandomStream random(1, 0, "settings");
  const auto number = [&random]() {  // any finite double: random bits
    for (;;) {
      const auto x = std::bit_cast<double>((random.below(1ULL << 32) << 32) | random.below(1ULL << 32));
      if (std::isfinite(x)) return x;
    }
  };
  const auto positive = [&number]() { return std::max(std::abs(number()), 1e-300); };
  const auto text = [&random]() {
    const std::vector<std::string> letters = {"a", "7", "\"", "'", "\\", "#",  "=", ",",
                                              "[", "]", "$",  " ", "γ",  "\t", "`", "!"};
    std::string s;
    for (std::uint64_t i = random.below(12); i > 0; --i) s += letters[random.below(letters.size())];
    return s;
  };
  for (int trial = 0; trial < 60; ++trial) {
    const auto original = resolve({"model.keys=" + std::to_string(1 + random.below(1000000)) + ",1000001",
                                   "model.mass=" + value_text(positive()),
                                   "model.temperature=[" + value_text(positive()) + ", \"sqrt_head_dim\"]",
                                   "model.energies=" + value_text(std::vector<double>{number(), number(), number()}),
                                   "output.title=" + value_text(text()),
                                   "solver.cutoff=" + (random.below(2) ? value_text(random.uniform()) : "none"),
                                   random.below(2) ? "model.operator=entmax,kappa" : "model.operator=entmax"});
    INFO(original.toml());
    const auto reread = from_toml(original.toml());
    CHECK(reread.toml() == original.toml());
    CHECK(original.differences(reread.toml()).empty());
    for (const auto& key : original.keys()) CHECK(reread.value(key.name, 0) == original.value(key.name, 0));

    std::vector<std::string> overrides;
    for (const auto& word : shell_words(original.settings_arguments())) {
      if (word != "--set") overrides.push_back(word);
    }
    CHECK(resolve(overrides).toml() == original.toml());
  }
}

TEST_CASE("the arguments name what differs from the defaults, quoted for a shell", "[program]") {
  const auto configuration = resolve({"model.keys=64", "model.dynamics=mirror", "model.friction=0.1,1",
                                      "output.title=it's", "model.temperature=sqrt_head_dim"});
  CHECK(configuration.settings_arguments() ==
        R"( --set 'model.friction=[0.1, 1.0]' --set model.dynamics=mirror --set 'output.title="it'\''s"')");
}

TEST_CASE("differences name the keys that changed since an earlier run", "[program]") {
  const auto earlier = resolve({"model.keys=1,2", "model.mass=2"}).toml();
  CHECK(resolve({"model.keys=1,2", "model.mass=2"}).differences(earlier).empty());
  const auto changed = resolve({"model.keys=1,3", "model.mass=2", "solver.cutoff=0.5"}).differences(earlier);
  REQUIRE(changed.size() == 2);
  CHECK(changed[0].key == "model.keys");
  CHECK(changed[0].before == "[1, 2]");
  CHECK(changed[0].after == "[1, 3]");
  CHECK(changed[1].key == "solver.cutoff");
  CHECK(changed[1].before == "\"none\"");
  CHECK(changed[1].after == "0.5");

  SECTION("the same value written differently is no difference") {
    CHECK(resolve({"model.mass=2"}).differences("[model]\nmass = 2 # once more\n").empty());
  }
  SECTION("a text of another version may lack keys and have others") {
    const auto other = resolve({"model.keys=65"}).differences("[model]\nspin = 3\n[solver]\n");
    REQUIRE(other.size() == 2);
    CHECK((other[0].key == "model.keys" && other[0].before == "64" && other[0].after == "65"));
    CHECK((other[1].key == "model.spin" && other[1].before == "3" && other[1].after.empty()));
  }
  SECTION("a value that is no longer allowed is a difference, not an error") {
    const auto other = resolve({}).differences("[model]\nkeys = 0\n");
    REQUIRE(other.size() == 1);
    CHECK((other[0].before == "0" && other[0].after == "64"));
  }
  SECTION("a damaged text is an error with its name") {
    CHECK_THROWS_WITH(resolve({}).differences("keys = = 3", "out/config.toml"),
                      Catch::StartsWith("out/config.toml:1:8: not TOML"));
  }
}
