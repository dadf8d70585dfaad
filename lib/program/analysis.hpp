// From a command line to results: the frame of the analysis programs, whose first word is the data.
#pragma once

#include <softmech/program/command_line.hpp>
#include <softmech/program/configuration.hpp>
#include <softmech/program/run.hpp>
#include <softmech/store/dataset.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// What the body of an analysis knows of the call.
struct AnalysisCall {
  std::vector<std::filesystem::path> data;
  std::uint64_t seed = 1;
  std::vector<Attribute> attributes;  ///< of results: functions of data, settings and program only
  std::filesystem::path out;

  /// Writes DIR/NAME whole or not at all, and makes DIR if it is new.
  void publish(std::string_view name, const Dataset& dataset) const;
  void publish(std::string_view name, std::string_view text) const;
};

/// Answers --dry-run, runs `body` and writes config.toml, which says whose DIR is, last: a call that fails before it
/// publishes leaves DIR as it was. DIR may be new, empty or hold earlier results of the same program; else, and for
/// --shard, --time and --restart, a UsageError.
int run_analysis(const CommandLine& command, const Configuration& configuration, const ProgramText& text,
                 const std::function<void(const AnalysisCall&)>& body);

/// main() of an analysis: `Settings` declares the keys (`declare(Keys&)`) and may check them (`check() const`);
/// `body(settings, call)` reads call.data and publishes. The key ensemble.seed is added.
template <class Settings, class Body>
int run_analysis(int argc, const char* const* argv, const ProgramText& text, Body&& body) {
  return configured_main<Settings>(
      argc, argv, text, [&](const CommandLine& command, const Configuration& configuration) {
        const Settings settings = settings_at<Settings>(configuration, 0);
        return run_analysis(command, configuration, text, [&](const AnalysisCall& call) { body(settings, call); });
      });
}

}  // namespace softmech
