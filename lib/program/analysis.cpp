#include <softmech/program/analysis.hpp>

#include <softmech/ensemble/runner.hpp>
#include <softmech/program/version.hpp>
#include <softmech/store/write.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>

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

/// What only simulations know.
void refuse_options(const CommandLine& command, const ProgramText& text) {
  const auto refuse = [&](bool given, std::string_view option, std::string_view why) {
    if (given) throw UsageError(fmt::format("{}: {} {}; leave it out", option, text.command(), why));
  };
  refuse(command.time_limit.has_value(), "--time", "is over in seconds and cannot be continued");
  refuse(command.restart, "--restart", "always begins again and replaces its earlier results");
}

/// Whether results may be written there; makes no directory yet.
void check_directory(const fs::path& out, const ProgramText& text) {
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
}

void make_directory(const fs::path& out) {
  std::error_code error;
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

void AnalysisCall::publish(std::string_view name, const Dataset& dataset) const {
  make_directory(out);
  write_dataset(out / name, dataset);
}

void AnalysisCall::publish(std::string_view name, std::string_view text) const {
  make_directory(out);
  publish_file(out / name, text);
}

int run_analysis(const CommandLine& command, const Configuration& configuration, const ProgramText& text,
                 const std::function<void(const AnalysisCall&)>& body) {
  if (command.shard.count > 1)
    throw UsageError(fmt::format(
        "{} runs as one process: start it once, without --shard and outside mpirun or srun with several tasks",
        text.command()));
  refuse_options(command, text);
  if (command.dry_run) {
    fmt::print("{} would read {}\nnothing was run (--dry-run)\n", text.command(), joined_paths(command.data));
    return exit_code::success;
  }
  check_directory(command.out, text);
  const AnalysisCall call{command.data,
                          static_cast<std::uint64_t>(std::get<std::int64_t>(configuration.value("ensemble.seed", 0))),
                          result_attributes(command, configuration, text), command.out};
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(resolved_threads(command.threads)));
  body(call);
  call.publish("config.toml", config_header(text) + "\n" + configuration.toml());
  return exit_code::success;
}

}  // namespace softmech
