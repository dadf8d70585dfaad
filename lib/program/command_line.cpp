#include <softmech/program/command_line.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <softmech/program/nearest.hpp>

namespace softmech {
namespace {

/// The options as texts: what was given, and how often.
struct GivenOptions {
  std::vector<std::string> file, set, out, seed, threads, time, shard;
  bool restart = false, dry_run = false, print_config = false, quiet = false, version = false, help = false;
};

const std::vector<std::string> option_names = {"--seed",         "--set",   "--out",     "--threads",
                                               "--time",         "--shard", "--restart", "--dry-run",
                                               "--print-config", "--quiet", "--version", "--help"};

void declare_options(CLI::App& app, GivenOptions& given) {
  app.set_help_flag();
  app.allow_extras();
  app.add_option("FILE", given.file);
  const auto add_value = [&app](const char* name, std::vector<std::string>& values) {
    app.add_option(name, values)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->allow_extra_args(false);
  };
  add_value("--set", given.set);
  add_value("--out", given.out);
  add_value("--seed", given.seed);
  add_value("--threads", given.threads);
  add_value("--time", given.time);
  add_value("--shard", given.shard);
  const auto add_flag = [&app](const char* name, bool& flag) { app.add_flag(name, flag)->disable_flag_override(); };
  add_flag("--restart", given.restart);
  add_flag("--dry-run", given.dry_run);
  add_flag("--print-config", given.print_config);
  add_flag("--quiet", given.quiet);
  add_flag("--version", given.version);
  add_flag("-h,--help", given.help);
}

[[noreturn]] void fail_without_value(std::string_view option) {
  static const std::vector<std::pair<std::string_view, std::string_view>> examples = {
      {"--set", "model.keys=64"}, {"--out", "results"},  {"--seed", "1"},
      {"--threads", "2"},         {"--time", "1:30:00"}, {"--shard", "0/2"}};
  const auto example = std::find_if(examples.begin(), examples.end(), [&](const auto& e) { return e.first == option; });
  if (example == examples.end()) throw UsageError(fmt::format("{} takes no value", option));
  throw UsageError(fmt::format("{0} needs a value, such as {0} {1}", option, example->second));
}

/// The one value of an option that may stand once.
std::optional<std::string> single(const std::vector<std::string>& values, std::string_view name) {
  if (values.empty()) return std::nullopt;
  if (values.front().empty() || values.front().starts_with("--")) fail_without_value(name);
  if (values.size() > 1) {
    throw UsageError(fmt::format("{} is given {} times ({}); keep one", name, values.size(), joined(values)));
  }
  return values.front();
}

std::int64_t parse_integer(std::string_view option, const std::string& text, std::int64_t most) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > most) {
    throw UsageError(fmt::format("{} {}: must be an integer from 0 to {}", option, text, most));
  }
  return value;
}

[[noreturn]] void fail_unknown(const std::string& option) {
  const std::string name = option.substr(0, option.find('='));
  const auto near = nearest(name.starts_with("--") ? name : "-" + name, option_names);
  const bool is_key = name.find('.') != std::string::npos && name.starts_with("--");
  if (is_key)
    throw UsageError(fmt::format("{}: no such option; a key is set with --set {}=VALUE", name, name.substr(2)));
  throw UsageError(fmt::format("{}: no such option{}", name, near ? "; did you mean " + *near + "?" : ""));
}

/// Turns the parser's complaint, which starts with the option's name (a flag's without its dashes), into ours.
[[noreturn]] void fail_parse(const CLI::ParseError& error) {
  const std::string what = error.what();
  std::string name = what.substr(0, what.find_first_of(": "));
  if (!name.starts_with('-')) name.insert(0, "--");
  if (std::find(option_names.begin(), option_names.end(), name) != option_names.end()) fail_without_value(name);
  throw UsageError(what);
}

bool is_parameter_file(const std::string& name) { return name.ends_with(".toml"); }

GivenOptions given_options(int argc, const char* const* argv, const ProgramText& program) {
  GivenOptions given;
  CLI::App app;
  declare_options(app, given);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    fail_parse(error);
  }
  if (given.help || given.version) return given;
  for (const auto& rest : app.remaining()) {
    if (rest.starts_with('-')) fail_unknown(rest);
    given.file.push_back(rest);
  }
  for (const auto& file : given.file) {
    const bool is_data = !program.data.empty() && std::filesystem::exists(file);
    const bool setting = file.find('=') != std::string::npos && !is_parameter_file(file);
    if (setting && !is_data) throw UsageError(fmt::format("{0}: to set a key write --set {0}", file));
  }
  return given;
}

void add_seed(CommandLine& line, std::int64_t seed) {
  line.seed = seed;
  const std::string setting = fmt::format("ensemble.seed={}", seed);
  for (const auto& other : line.overrides) {
    if (other.starts_with("ensemble.seed=") && other != setting) {
      throw UsageError(fmt::format("--seed {} and --set {} contradict each other; keep one", seed, other));
    }
  }
  line.overrides.push_back(setting);
}

/// Takes the names without an option: data and a parameter file, or a parameter file alone.
void add_files(CommandLine& line, std::vector<std::string> files, const ProgramText& program) {
  if (!program.data.empty()) {
    const auto data = std::stable_partition(files.begin(), files.end(), is_parameter_file);
    line.data.assign(data, files.end());
    files.erase(data, files.end());
    if (line.data.empty() && !line.print_config)
      throw UsageError(fmt::format("no data to analyse: name {} before the options", program.data));
  }
  if (files.size() > 1) {
    throw UsageError(
        fmt::format("{} parameter files ({}); give one, and change keys with --set", files.size(), joined(files)));
  }
  if (!files.empty()) line.file = files.front();
}

CommandLine understood(const GivenOptions& given, const ProgramText& program, const Environment& environment) {
  CommandLine line;
  line.restart = given.restart, line.dry_run = given.dry_run, line.print_config = given.print_config;
  line.quiet = given.quiet, line.version = given.version, line.help = given.help;
  if (line.help || line.version) return line;

  add_files(line, given.file, program);
  line.overrides = given.set;
  if (const auto text = single(given.seed, "--seed")) {
    add_seed(line, parse_integer("--seed", *text, std::numeric_limits<std::int64_t>::max()));
  }
  if (const auto text = single(given.threads, "--threads")) {
    line.threads = static_cast<int>(parse_integer("--threads", *text, 4096));
  }
  if (const auto text = single(given.time, "--time")) line.time_limit = parse_time_limit(*text);
  const auto shard = single(given.shard, "--shard");
  line.shard = shard ? parse_shard(*shard) : launcher_shard(environment);

  const auto out = single(given.out, "--out");
  if (out) line.out = *out;
  if (!out && !line.dry_run && !line.print_config) {
    throw UsageError("--out DIR is missing: the directory for the results, made if it does not exist");
  }
  return line;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, const ProgramText& program,
                               const Environment& environment) {
  try {
    return understood(given_options(argc, argv, program), program, environment);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}\nTry: {} --help", error.what(), program.command()));
  }
}

std::chrono::seconds parse_time_limit(std::string_view text) {
  const auto fail = [text]() {
    throw UsageError(
        fmt::format("--time {}: must be HH:MM:SS, MM:SS, a number of seconds or D-HH:MM:SS, and above 0; "
                    "an hour and a half is 1:30:00",
                    text));
  };
  std::int64_t days = 0;
  const auto dash = text.find('-');
  std::vector<std::int64_t> parts;
  const auto read = [&](std::string_view digits) {
    std::int64_t value = 0;
    const bool only_digits =
        !digits.empty() && digits.size() <= 9 && digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!only_digits) fail();
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  std::string_view clock = text;
  if (dash != std::string_view::npos) {
    days = read(text.substr(0, dash));
    clock = text.substr(dash + 1);
  }
  for (std::size_t start = 0; start <= clock.size();) {
    const auto end = std::min(clock.find(':', start), clock.size());
    parts.push_back(read(clock.substr(start, end - start)));
    start = end + 1;
  }
  if (parts.size() > 3) fail();
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i] > 59) fail();
  }
  // After days the first part is hours; otherwise the last part is seconds.
  if (dash != std::string_view::npos) parts.resize(3, 0);
  std::int64_t seconds = 0;
  for (const auto part : parts) seconds = 60 * seconds + part;
  seconds += 86400 * days;
  if (seconds == 0) fail();
  return std::chrono::seconds(seconds);
}

}  // namespace softmech
