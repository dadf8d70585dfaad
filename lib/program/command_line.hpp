// The command line that all programs share.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <softmech/program/errors.hpp>
#include <softmech/program/keys.hpp>
#include <softmech/program/shard.hpp>

namespace softmech {

/// What --help says before the options.
struct ProgramText {
  std::string name;                  ///< "relax": the command is softmech-relax
  std::string summary;               ///< one phrase, lower case, without a full stop
  std::vector<std::string> samples;  ///< whole commands to try, "softmech-relax --out relax"
  std::string data = {};             ///< what an analysis reads, "ENSEMBLE.h5 or TABLE.csv"; empty for a simulation

  std::string command() const { return "softmech-" + name; }
};

/// The parsed command line.
struct CommandLine {
  std::optional<std::filesystem::path> file;
  std::vector<std::filesystem::path>
      data;                            ///< files to analyse; empty only for simulations, print_config, help, version
  std::vector<std::string> overrides;  ///< "key.path=value" in order; --seed N is here too, as ensemble.seed=N
  std::filesystem::path out;           ///< empty only with dry_run, print_config, help or version
  std::optional<std::int64_t> seed;
  int threads = 0;                                 ///< 0: all available
  std::optional<std::chrono::seconds> time_limit;  ///< > 0
  Shard shard;                                     ///< from --shard, else from the launcher
  bool restart = false, dry_run = false, print_config = false, quiet = false, version = false, help = false;
};

/// Reads the command line; argv[0] is skipped. For a program that reads data, names that end in .toml are the parameter
/// file and all others are data. Throws UsageError with the next step.
CommandLine parse_command_line(int argc, const char* const* argv, const ProgramText& program,
                               const Environment& environment = process_environment);

/// A span of time: SS, MM:SS, HH:MM:SS, or as Slurm writes it D-HH, D-HH:MM, D-HH:MM:SS. Throws UsageError; > 0.
std::chrono::seconds parse_time_limit(std::string_view text);

/// The text of --help: sample commands, options, then every key by table, at most 100 columns wide.
std::string help_text(const ProgramText& program, const Keys& keys);

}  // namespace softmech
