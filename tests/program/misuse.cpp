// Wrong settings: each gives one message that names the place, the key, the value, the rule and the next step.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <softmech/ensemble/random.hpp>
#include <softmech/program/nearest.hpp>

#include "demo.hpp"

using namespace softmech;

namespace {

std::string message_of_override(const std::string& text) {
  Demo demo;
  try {
    Configuration::resolve(demo.keys, std::nullopt, {text});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "(accepted)";
}

std::string message_of_file(const std::string& text) {
  Demo demo;
  try {
    Configuration::from_toml(demo.keys, text, "demo.toml");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "(accepted)";
}

std::string message_of_path(const std::filesystem::path& path) {
  Demo demo;
  try {
    Configuration::resolve(demo.keys, path, {});
  } catch (const UsageError& error) {
    return error.what();
  }
  return "(accepted)";
}

}  // namespace

TEST_CASE("wrong overrides", "[program][misuse]") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"model.kyes=64", "--set model.kyes: no such key; did you mean model.keys?"},
      {"keys=64", "--set keys: no such key; did you mean model.keys?"},
      {"modle.mass=1", "--set modle.mass: no such key; did you mean model.mass?"},
      {"model.zzz=1",
       "--set model.zzz: no such key; [model] has keys, head_dim, temperature, mass, friction, operator, "
       "alpha, energies, heads, dynamics"},
      {"foo.bar=1", "--set foo.bar: no such key; the tables are model, solver, output, ensemble; see --help"},
      {"solver=3", "--set solver=3: is a table, not a key; it has solver.project, solver.cutoff, solver.rel_tol"},
      {"model.keys.x=3", "--set model.keys.x: no such key, and model.keys is no table; write keys = 64"},
      {"model.keys", "--set model.keys: must be key.path=value; such as --set model.keys=64"},
      {"=3", "--set =3: must be key.path=value; such as --set model.keys=64"},
      {"model.keys=", "--set model.keys=: must be an integer from 1 to 1e7; the default is 64"},
      {"model.keys=many", "--set model.keys=many: must be an integer from 1 to 1e7; the default is 64"},
      {"model.keys=0", "--set model.keys=0: must be an integer from 1 to 1e7; the default is 64"},
      {"model.keys=2.5", "--set model.keys=2.5: must be an integer from 1 to 1e7; the default is 64"},
      {"model.keys=1e300", "--set model.keys=1e300: must be an integer from 1 to 1e7; the default is 64"},
      {"model.keys=99999999999999999999",
       "--set model.keys=99999999999999999999: must be an integer from 1 to 1e7; not a number that 64 bits can hold"},
      {"model.keys=007", "--set model.keys=007: must be an integer from 1 to 1e7; without leading zeros"},
      {"model.keys=\"64\"", "--set model.keys=\"64\": must be an integer from 1 to 1e7; without quotes"},
      {"model.keys=64 # few", "--set model.keys=64 # few: must be an integer from 1 to 1e7; the default is 64"},
      {"model.mass=1e400", "--set model.mass=1e400: must be a number > 0; not a number that 64 bits can hold"},
      {"model.mass=nan", "--set model.mass=nan: must be a number > 0; it must be finite"},
      {"model.mass=-inf", "--set model.mass=-inf: must be a number > 0; it must be finite"},
      {"model.mass=.5", "--set model.mass=.5: must be a number > 0; write 0.5"},
      {"model.mass=1.", "--set model.mass=1.: must be a number > 0; write 1.0"},
      {"model.mass=1.e5", "--set model.mass=1.e5: must be a number > 0; write 1.0e5"},
      {"model.mass=1,2",
       "--set model.mass=1,2: takes one value, not a list; a sweep can be over model.keys, "
       "model.head_dim, model.temperature, model.friction or model.operator"},
      {"model.keys=[]", "--set model.keys=[]: the list is empty; the default is 64"},
      {"model.keys=1,2,1", "--set model.keys=1,2,1: 1 stands twice in the list; every value makes a point, keep one"},
      {"model.friction=1,1.0",
       "--set model.friction=1,1.0: 1.0 stands twice in the list; every value makes a point, keep one"},
      {"model.keys=[1,[2]]", "--set model.keys=[1,[2]]: a list inside a list; a sweep is one list, [1, 2, 3]"},
      {"model.keys=1,0", "--set model.keys[1] = 0: must be an integer from 1 to 1e7; the default is 64"},
      {"model.keys=[1,2", "--set model.keys=[1,2: cannot be read as a value; must be an integer from 1 to 1e7"},
      {"model.operator=softmxa",
       "--set model.operator=softmxa: must be \"softmax\", \"entmax\" or \"kappa\"; did you mean \"softmax\"?"},
      {"model.temperature=sqrt_head",
       "--set model.temperature=sqrt_head: must be a number > 0 or \"sqrt_head_dim\"; did you mean \"sqrt_head_dim\"?"},
      {"model.energies=1", "--set model.energies=1: must be a list of numbers; such as [0.5, 1.0]"},
      {"model.heads=1.5,2", "--set model.heads=1.5,2: must be a list of integers >= 1; such as [1, 2]"},
      {"solver.project=True", "--set solver.project=True: must be true or false; in lower case"},
      {"solver.project=1", "--set solver.project=1: must be true or false; the default is true"},
      {"solver.cutoff=off",
       "--set solver.cutoff=off: must be a number > 0 and < 1 or \"none\"; the default is \"none\""},
      {"ensemble.seed=-1", "--set ensemble.seed=-1: must be an integer >= 0; the default is 1"},
      {"model.keys=1\n[solver]",
       "--set model.keys=1\\u000A[solver]: cannot be read as a value; must be an integer from 1 to 1e7"},
  };
  for (const auto& [text, message] : table) CHECK(message_of_override(text) == message);
}

TEST_CASE("wrong parameter files", "[program][misuse]") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"[model]\n\nkyes = 3\n", "demo.toml:3: model.kyes: no such key; did you mean model.keys?"},
      {"[modl]\nmass = 3\n", "demo.toml:2: modl.mass: no such key; did you mean model.mass?"},
      {"[modl]\n", "demo.toml:1: modl: no such key; did you mean the table [model]?"},
      {"model = 3\n",
       "demo.toml:1: model = 3: is a table, not a key; it has model.keys, model.head_dim, model.temperature, "
       "model.mass, model.friction, model.operator, model.alpha, model.energies, model.heads, model.dynamics"},
      {"[[solver]]\n",
       "demo.toml:1: solver = [{}]: is a table, not a key; it has solver.project, solver.cutoff, solver.rel_tol"},
      {"[model.keys]\nx = 1\n", "demo.toml:2: model.keys.x: no such key, and model.keys is no table; write keys = 64"},
      {"\"model.keys\" = 3\n", "demo.toml:1: \"model.keys\": no such key; did you mean model.keys?"},
      {"[model]\nkeys = \"many\"\n",
       "demo.toml:2: model.keys = \"many\": must be an integer from 1 to 1e7; the default is 64"},
      {"[model]\nmass = 0\n", "demo.toml:2: model.mass = 0: must be a number > 0; the default is 1.0"},
      {"[model]\nkeys = 1979-05-27\n",
       "demo.toml:2: model.keys = 1979-05-27: must be an integer from 1 to 1e7; the default is 64"},
      {"[model]\noperator = [\n  \"softmax\",\n  \"entmx\",\n]\n",
       "demo.toml:2: model.operator[1] = \"entmx\": must be \"softmax\", \"entmax\" or \"kappa\"; did you mean "
       "\"entmax\"?"},
      {"[model]\nmass = .5\n",
       "demo.toml:2:8: not TOML: floating-point: expected decimal digit, saw '.'; write 0.5, not .5"},
      {"[model]\nkeys = 1\nenergies = [1., 2]\n",
       "demo.toml:3:15: not TOML: floating-point: expected decimal digit, saw ','; write 1.0, not 1."},
      {"[model]\ndynamics = overdamped\n",
       "demo.toml:2:12: not TOML: value: could not determine value type; a word needs quotes: \"overdamped\""},
      {"[solver]\nproject = True\n",
       "demo.toml:2:11: not TOML: boolean: expected 'true', saw 'T'; write true or false"},
      {"[model]\nkeys: 3\n",
       "demo.toml:2:5: not TOML: key-value pair: expected '=', saw ':'; a setting is written key = value"},
      {"[model]\nkeys = 1\nkeys = 2\n",
       "demo.toml:3:8: not TOML: key-value pair: cannot redefine existing integer 'keys'"},
      {"\xff\xfe", "demo.toml:1:1: not TOML: Encountered invalid utf-8 sequence"},
  };
  for (const auto& [text, message] : table) CHECK(message_of_file(text) == message);
  CHECK(message_of_file("") == "(accepted)");
  CHECK(message_of_file("\xEF\xBB\xBF[model]\r\nkeys = 3\r\n[solver]\r\n") == "(accepted)");
}

TEST_CASE("files that are not parameter files", "[program][misuse]") {
  const auto directory = std::filesystem::temp_directory_path() / "softmech-test-misuse";
  std::filesystem::create_directories(directory);
  const auto name = [&directory](const char* leaf) { return (directory / leaf).string(); };
  CHECK(message_of_path(name("none.toml")) ==
        name("none.toml") + ": no such parameter file; --print-config writes one to start from");
  CHECK(message_of_path("") == "\"\": no such parameter file; --print-config writes one to start from");
  CHECK(message_of_path(directory) ==
        directory.string() + ": is a directory, not a parameter file; for a finished run it is " + name("config.toml"));
  std::ofstream(name("data.h5"), std::ios::binary) << "\x89HDF\r\n\x1a\n" << std::string(64, '\0');
  CHECK(message_of_path(name("data.h5")) ==
        name("data.h5") + ": is not a text file; a parameter file is TOML, see --print-config");
  CHECK(message_of_path("/dev/zero") == "/dev/zero: is not a text file; a parameter file is TOML, see --print-config");
  std::ofstream(name("empty.toml")).close();
  CHECK(message_of_path(name("empty.toml")) == "(accepted)");
  CHECK(message_of_path(name("empty.toml/x")) == name("empty.toml/x") + ": cannot be read: Not a directory");
  std::filesystem::remove_all(directory);
}

TEST_CASE("a sweep without end is refused", "[program][misuse]") {
  std::string list = "1";
  for (int i = 2; i <= 2000; ++i) list += fmt::format(",{}", i);
  Demo demo;
  const std::vector<std::string> overrides = {"model.keys=" + list, "model.head_dim=" + list, "model.friction=" + list};
  CHECK_THROWS_WITH(
      Configuration::resolve(demo.keys, std::nullopt, overrides),
      "the sweep over model.keys (2000 values), model.head_dim (2000 values), model.friction (2000 values) "
      "has more than 1e9 points; shorten the lists");
}

TEST_CASE("texts that would exhaust the parser's stack are refused", "[program][misuse]") {
  std::string dotted, braces;
  for (int i = 0; i < 200000; ++i) dotted += "a.", braces += "{a=";
  CHECK_THAT(message_of_file(dotted + "a = 1"), Catch::StartsWith("demo.toml:1: not a parameter file"));
  CHECK_THAT(message_of_file("[" + dotted + "a]\nb = 1"), Catch::StartsWith("demo.toml:1: not a parameter file"));
  CHECK_THAT(message_of_file("x = " + std::string(200000, '[')), Catch::StartsWith("demo.toml:1:"));
  CHECK_THAT(message_of_file("x = " + braces), Catch::StartsWith("demo.toml:1:"));
  CHECK_THAT(message_of_override("model.keys=" + std::string(200000, '[')), Catch::StartsWith("--set model.keys=[[["));
  CHECK_THAT(message_of_override("model.keys=" + braces), Catch::StartsWith("--set model.keys={a="));
  CHECK_THAT(message_of_override(dotted + "=1"), Catch::StartsWith("--set a.a.a."));
}

TEST_CASE("garbled texts give a message that says where, never anything else", "[program][misuse]") {
  const std::string good =
      "[model]\nkeys = [16, 64]\ntemperature = \"sqrt_head_dim\" # T\nmass = 1.5e-3\nenergies = [1.0, 2.0]\n"
      "[solver]\nproject = true\ncutoff = 'none'\n";
  REQUIRE(message_of_file(good) == "(accepted)");
  const std::string bytes = "[]{}\"'=.,#\n\r\t 019-+eE_axn\\u\x01\x7f\x80\xc3\xff";
  RandomStream random(7, 0, "garble");
  int refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = good;
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
      const auto at = random.below(text.size());
      const char byte = bytes[random.below(bytes.size())];
      const auto kind = random.below(4);
      if (kind == 0) text[at] = byte;
      if (kind == 1) text.insert(at, 1, byte);
      if (kind == 2) text.erase(at, 1 + random.below(8));
      if (kind == 3) text.insert(at, text.substr(random.below(text.size()), random.below(20)));
    }
    const std::string message = message_of_file(text);  // anything but a UsageError would end the test
    if (message == "(accepted)") continue;
    ++refused;
    INFO(text << "\n" << message);
    CHECK(message.starts_with("demo.toml:"));
    CHECK(message.size() < 500);
    CHECK(message.find('\n') == std::string::npos);
  }
  CHECK(refused > 1500);
}

TEST_CASE("garbled overrides give a message that names them, never anything else", "[program][misuse]") {
  const std::vector<std::string> pieces = {"model",       ".",
                                           "keys",        "=",
                                           "[",           "]",
                                           ",",           "1",
                                           "-",           "e9",
                                           "\"",          "'",
                                           "nan",         " ",
                                           "{",           "}",
                                           "#",           "\n",
                                           "\xff",        "0x",
                                           "temperature", "sqrt_head_dim",
                                           "1e999",       "output.title",
                                           "true"};
  RandomStream random(8, 0, "garble");
  const std::vector<std::string> starts = {"",
                                           "model.keys=",
                                           "model.temperature=",
                                           "model.energies=",
                                           "solver.cutoff=",
                                           "model.operator=",
                                           "output.title=",
                                           "model.heads=",
                                           "solver.project="};
  for (int trial = 0; trial < 4000; ++trial) {
    std::string text = starts[random.below(starts.size())];
    for (std::uint64_t n = random.below(7); n > 0; --n) text += pieces[random.below(pieces.size())];
    const std::string message = message_of_override(text);
    INFO(text << "\n" << message);
    CHECK((message == "(accepted)" || message.starts_with("--set ")));
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.size() < 500);
  }
}

TEST_CASE("the edit distance counts insertions, deletions, substitutions and swaps", "[program]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("keys", "kyes") == 1);
  CHECK(edit_distance("keys", "key") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);  // optimal string alignment: no edit inside a swap
  CHECK(nearest("mas", {"mass", "max"}) == "mass");
  CHECK(nearest("--output", {"--set", "--out"}) == "--out");
  CHECK_FALSE(nearest("xyz", {"mass", "keys"}).has_value());
  CHECK_FALSE(nearest("", {"mass"}).has_value());
}
