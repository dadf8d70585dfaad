// Running studies: each is one run of a simulation program, as a user would start it.
#pragma once

#include <softmech/judgement/claims.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace softmech {

enum class Scale { quick, full };

/// What all studies of an audit share.
struct StudySettings {
  std::filesystem::path programs;    ///< directory of softmech-relax, softmech-thermo, …
  std::filesystem::path parameters;  ///< directory that parameter files are relative to
  std::filesystem::path out;         ///< results go to out/NAME
  Scale scale = Scale::quick;
  std::int64_t seed = 1;
  int threads = 0;
  bool restart = false;
  std::optional<std::chrono::system_clock::time_point> deadline;
};

/// The command of a study: program, parameter file, overrides, --out and the shared options.
std::vector<std::string> study_command(const StudyPlan& study, const StudySettings& settings);

enum class StudyOutcome { finished, stopped, failed };

struct StudyRun {
  StudyOutcome outcome = StudyOutcome::failed;
  std::string message;  ///< what the program said last, for a study that failed
  double seconds = 0;
};

/// Runs the command with its output going to `log`. A signal to this process (see stop_on_signals) is passed on, and
/// the program ends in good order. Throws std::runtime_error if it cannot be started.
StudyRun run_study(const std::vector<std::string>& command, const std::filesystem::path& log);

/// The words as a shell would need them, quoted where needed.
std::string shell_text(const std::vector<std::string>& words);

/// The directory of the running program.
std::filesystem::path program_directory();

/// Where claims.toml and the parameter files are: ../share/softmech from the program, in an installation and in a
/// build.
std::filesystem::path data_directory();

}  // namespace softmech
