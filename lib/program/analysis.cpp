#include <softmech/program/analysis.hpp>

#include <softmech/program/version.hpp>
#include <softmech/store/write.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace softmech {

namespace fs = std::filesystem;

namespace {

std::string config_header(const ProgramText& text) {
  return fmt::format("# Settings of {} as they were resolved.", text.command());
}

std::string joined_paths(const std::vector<fs::path>& paths) {
  std::string text;
  for (const fs::path& path : paths) {
    if (!text.empty()) text += ' ';
    text += path.string();
  }
  return text;
}

void prepare_directory(const fs::path& out, const ProgramText& text) {
  std::error_code error;
  if (fs::exists(out, error) && !fs::is_directory(out, error))
    throw UsageError(fmt::format("--out {} is a file, not a directory: choose another name", out.string()));
  const bool occupied = fs::exists(out, error) && !fs::is_empty(out, error);
  if (occupied) {
    std::string header;
    std::ifstream config(out / "config.toml");
    if (!std::getline(config, header) || header != config_header(text)) {
      throw UsageError(
          fmt::format("{} is not empty and holds no results of {}: choose a new or empty directory for --out",
                      out.string(), text.command()));
    }
  }
  fs::create_directories(out, error);
  if (error)
    throw UsageError(fmt::format("cannot write in --out {}: {}; choose a directory you may write in", out.string(),
                                 error.message()));
}

std::vector<Attribute> result_attributes(const CommandLine& command, const Configuration& configuration,
                                         const ProgramText& text) {
  const std::string data = joined_paths(command.data);
  return {{"Conventions", "CF-1.8"},
          {"title", fmt::format("{}: {}", text.command(), text.summary)},
          {"source", fmt::format("softmech {} ({})", version(), git_revision())},
          {"build", fmt::format("{} {} {}", compiler(), compiler_flags(), build_type())},
          {"command", fmt::format("{} {}{} --out DIR", text.command(), data, configuration.settings_arguments())},
          {"config_toml", configuration.toml()},
          {"data", data},
          {"seed", std::get<std::int64_t>(configuration.value("ensemble.seed", 0))},
          {"format_version", format_version}};
}

}  // namespace

void AnalysisCall::publish(std::string_view name, const Dataset& dataset) const { write_dataset(out / name, dataset); }

void AnalysisCall::publish(std::string_view name, std::string_view text) const { publish_file(out / name, text); }

int run_analysis(const CommandLine& command, const Configuration& configuration, const ProgramText& text,
                 const std::function<void(const AnalysisCall&)>& body) {
  if (command.shard.count > 1)
    throw UsageError(fmt::format(
        "{} runs as one process: start it once, without --shard and outside mpirun or srun with several tasks",
        text.command()));
  if (command.dry_run) {
    fmt::print("{} would read {}\nnothing was run (--dry-run)\n", text.command(), joined_paths(command.data));
    return exit_code::success;
  }
  prepare_directory(command.out, text);
  const AnalysisCall call{command.data,
                          static_cast<std::uint64_t>(std::get<std::int64_t>(configuration.value("ensemble.seed", 0))),
                          result_attributes(command, configuration, text), command.out};
  call.publish("config.toml", config_header(text) + "\n" + configuration.toml());
  body(call);
  return exit_code::success;
}

}  // namespace softmech
