// From a command line to a finished ensemble: the frame of every simulation program.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/program/command_line.hpp>
#include <softmech/program/configuration.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace softmech {

/// Runs `body` and turns what it throws into a message on stderr and an exit code: 1 a failed run, 2 a wrong command.
int guarded_main(const ProgramText& program, const std::function<int()>& body);

/// Answers --help, --version, --print-config; true if that was all that was asked for.
bool answered(const CommandLine& command, const ProgramText& program, const Keys& keys,
              const Configuration& configuration);

/// What run_ensemble needs to know about a simulation.
struct EnsembleProgram {
  ProgramText text;
  std::int64_t members_per_point = 1;
  std::function<void(std::size_t point, Member&)> member;
  std::vector<std::string> notes =
      {};  ///< what was decided by itself, and warnings: said at the start, written to the log
};

/// Adds a note that is not empty and not there yet.
void add_once(std::vector<std::string>& notes, std::string note);

/// Runs all members of all points: shards, resumes, stops, publishes and merges. Returns the exit code.
int run_ensemble(const CommandLine& command, const Configuration& configuration, const EnsembleProgram& program);

/// What every program with settings does first; `then(command, configuration)` gets the result. `Settings` declares the
/// keys (`declare(Keys&)`) and may check them (`check() const`); the key ensemble.seed is added.
template <class Settings, class Then>
int configured_main(int argc, const char* const* argv, const ProgramText& text, Then&& then) {
  return guarded_main(text, [&] {
    const CommandLine command = parse_command_line(argc, argv, text);
    Settings defaults;
    std::int64_t seed = 1;
    Keys keys;
    defaults.declare(keys);
    keys.add("ensemble.seed", seed, "seed of all random numbers", {.at_least = 0});
    const auto configuration = Configuration::resolve(keys, command.file, command.overrides);
    if (answered(command, text, keys, configuration)) return 0;
    check_all_points<Settings>(configuration);
    return then(command, configuration);
  });
}

/// main() of a simulation: `Settings` declares the keys (`declare(Keys&)`), may check them (`check() const`), may ask
/// for several members per point (`members_per_point() const`) and have something to say of them (`note() const`, ""
/// for nothing; the same words are said once); `body(settings, member)` computes one member. The key ensemble.seed is
/// added to all programs.
template <class Settings, class Body>
int run_ensemble(int argc, const char* const* argv, const ProgramText& text, Body&& body) {
  return configured_main<Settings>(
      argc, argv, text, [&](const CommandLine& command, const Configuration& configuration) {
        std::vector<Settings> points;
        for (std::size_t point = 0; point < configuration.points(); ++point)
          points.push_back(settings_at<Settings>(configuration, point));
        EnsembleProgram program{text, 1, [&](std::size_t point, Member& member) { body(points[point], member); }};
        if constexpr (requires(const Settings& s) { s.members_per_point(); }) {
          program.members_per_point = points.front().members_per_point();
        }
        if constexpr (requires(const Settings& s) { s.note(); }) {
          for (const Settings& point : points) add_once(program.notes, point.note());
        }
        return run_ensemble(command, configuration, program);
      });
}

}  // namespace softmech
