#include <softmech/program/run.hpp>

#include <softmech/ensemble/runner.hpp>
#include <softmech/ensemble/stack.hpp>
#include <softmech/program/deadline.hpp>
#include <softmech/program/version.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <new>
#include <set>
#include <sstream>
#include <system_error>

namespace softmech {

namespace {

/// A line on stderr. Where that cannot be written there is nothing left to say: no exception, unlike with fmt::print.
void print_error_line(const std::string& line) { std::fputs((line + "\n").c_str(), stderr); }

std::string config_header(const ProgramText& text) {
  return fmt::format("# Settings of {} as they were resolved.\n", text.command());
}

std::string source_text() { return fmt::format("softmech {} ({})", version(), git_revision()); }

/// Root attributes of ensemble.h5: functions of the settings and the program only, so that a repeated run has the same
/// bytes.
std::vector<Attribute> root_attributes(const Configuration& configuration, const ProgramText& text) {
  return {{"Conventions", "CF-1.8"},
          {"title", fmt::format("{}: {}", text.command(), text.summary)},
          {"source", source_text()},
          {"build", fmt::format("{} {} {}", compiler(), compiler_flags(), build_type())},
          {"command", text.command() + configuration.settings_arguments() + " --out DIR"},
          {"config_toml", configuration.toml()},
          {"seed", std::get<std::int64_t>(configuration.value("ensemble.seed", 0))},
          {"format_version", format_version}};
}

std::string contents(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// Writes config.toml, unless there is work done under other settings.
void settle_configuration(const EnsembleDirectory& directory, const Configuration& configuration,
                          const ProgramText& text, bool has_results) {
  const std::string resolved = config_header(text) + configuration.toml();
  if (std::filesystem::exists(directory.config())) {
    const std::string earlier = contents(directory.config());
    if (earlier == resolved) return;
    const auto differences = configuration.differences(earlier, directory.config().string());
    if (has_results && !differences.empty()) {
      std::string list;
      for (const Difference& d : differences) list += fmt::format("\n  {}: {} -> {}", d.key, d.before, d.after);
      throw UsageError(
          fmt::format("{} has members finished with other settings:{}\nuse those settings, another --out, or --restart "
                      "to discard what is there",
                      directory.path().string(), list));
    }
  }
  publish_file(directory.config(), resolved);
}

std::string host_name() {
  char name[256] = "unknown";
  ::gethostname(name, sizeof name - 1);
  return name;
}

std::string shard_text(const Shard& shard) {
  if (shard.count == 1) return "";
  return fmt::format(", shard {}/{}{}", shard.index, shard.count, shard.source.empty() ? "" : " from " + shard.source);
}

std::set<std::int64_t> finished_members(const EnsembleDirectory& directory) {
  std::set<std::int64_t> finished;
  for (const MemberFile& file : directory.finished()) finished.insert(file.members.begin(), file.members.end());
  return finished;
}

bool is_complete(const EnsembleDirectory& directory, std::int64_t total) {
  if (!std::filesystem::exists(directory.ensemble())) return false;
  try {
    return static_cast<std::int64_t>(read_ids(directory.ensemble(), member_axis).size()) == total;
  } catch (const StoreError&) {
    return false;  // merged again from the members
  }
}

/// Swept keys that the program did not record itself become coordinates of the member, under their last name.
void add_swept_keys(const Configuration& configuration, std::size_t point, Member& member) {
  for (const SweptKey& swept : configuration.swept()) {
    const std::string name(leaf_of(swept.key.name));
    if (member.has(name)) continue;
    const Value& value = configuration.value(swept.key.name, point);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      member.coordinate(name, *integer, swept.key.meaning, swept.key.rule.unit);
    } else if (const auto* number = std::get_if<double>(&value)) {
      member.coordinate(name, *number, swept.key.meaning, swept.key.rule.unit);
    } else if (const auto* optional = std::get_if<std::optional<double>>(&value); optional && *optional) {
      member.coordinate(name, **optional, swept.key.meaning, swept.key.rule.unit);
    } else if (const auto* word = std::get_if<std::string>(&value)) {
      member.coordinate(name, *word, swept.key.meaning);
    } else {
      member.coordinate(name, value_text(value), swept.key.meaning);
    }
  }
}

/// Random streams tell 2^32 members apart.
std::int64_t total_members(std::size_t points, std::int64_t members_per_point) {
  constexpr std::int64_t most = std::int64_t{1} << 32;
  const auto count = static_cast<std::int64_t>(points);
  if (members_per_point < 1 || members_per_point > most / count) {
    throw UsageError(
        fmt::format("{} points x {} members: must be 1 to 2^32 members in all; sweep fewer points or split the study",
                    points, members_per_point));
  }
  return count * members_per_point;
}

/// "1 member", "64 members".
std::string members_text(std::int64_t count) { return fmt::format("{} member{}", count, count == 1 ? "" : "s"); }

/// One run of the program in its directory.
class EnsembleRun {
 public:
  EnsembleRun(const CommandLine& command, const Configuration& configuration, const EnsembleProgram& program)
      : command_(command),
        configuration_(configuration),
        program_(program),
        total_(total_members(configuration.points(), program.members_per_point)) {}

  int dry_run() const {
    fmt::print("{}{}\n", greeting(), command_.out.empty() ? "" : " -> " + command_.out.string());
    for (const std::string& note : program_.notes) fmt::print("{}\n", note);
    fmt::print("nothing was run (--dry-run)\n");
    return exit_code::success;
  }

  int run() {
    const EnsembleDirectory directory(command_.out, program_.text.command(), command_.shard.index,
                                      command_.shard.count);
    const std::set<std::int64_t> finished = prepare(directory);
    std::vector<std::int64_t> pending;
    for (std::int64_t m = command_.shard.index; m < total_; m += command_.shard.count) {
      if (!finished.contains(m)) pending.push_back(m);
    }
    if (!pending.empty()) {
      say("{}{} -> {}", greeting(),
          finished.empty() ? "" : fmt::format(", {} finished, {} to go", finished.size(), pending.size()),
          command_.out.string());
      for (const std::string& note : program_.notes) say("{}", note);
      if (!compute(directory, pending)) return exit_code::stopped;
    }
    return conclude(directory, !pending.empty());
  }

 private:
  template <class... Values>
  void say(fmt::format_string<Values...> format, Values&&... values) const {
    if (!command_.quiet) print_error_line(fmt::format(format, std::forward<Values>(values)...));
  }

  std::string greeting() const {
    const std::size_t points = configuration_.points();
    std::string text = fmt::format("{} {}: {}", program_.text.command(), version(), members_text(total_));
    if (points > 1 && program_.members_per_point > 1)
      text += fmt::format(" ({} points x {})", points, program_.members_per_point);
    const int threads = resolved_threads(command_.threads);
    return text + fmt::format(", {} thread{}{}", threads, threads == 1 ? "" : "s", shard_text(command_.shard));
  }

  /// Settles the configuration and returns the members that are finished.
  std::set<std::int64_t> prepare(const EnsembleDirectory& directory) const {
    const FileLock alone = directory.shared_files_lock();
    if (command_.restart) directory.discard();
    const std::set<std::int64_t> finished = finished_members(directory);
    settle_configuration(directory, configuration_, program_.text, !finished.empty() || directory.has_checkpoints());
    directory.remove_leftovers(finished);
    return finished;
  }

  bool compute(const EnsembleDirectory& directory, const std::vector<std::int64_t>& pending) const {
    const auto seed = std::get<std::int64_t>(configuration_.value("ensemble.seed", 0));
    RunPlan plan{.seed = static_cast<std::uint64_t>(seed),
                 .threads = command_.threads,
                 .quiet = command_.quiet,
                 .stop = StopRule(deadline(command_.time_limit))};
    const auto start = std::chrono::steady_clock::now();
    directory.note(fmt::format("start {} on {}, {} threads{}, {} of {} members to go", source_text(), host_name(),
                               resolved_threads(plan.threads), shard_text(command_.shard), pending.size(), total_));
    for (const std::string& note : program_.notes) directory.note(note);
    const auto body = [&](Member& member) {
      member_body(static_cast<std::size_t>(member.index() / program_.members_per_point), member);
    };
    const bool all = run_members(pending, plan, directory, body);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    directory.note(
        fmt::format("{} after {:.1f} s", all ? "finished" : "stopped by " + plan.stop.reason(), elapsed.count()));
    if (!all) {
      const auto done = finished_members(directory).size();
      say("stopped by {}: {} of {} members are finished; the same command continues", plan.stop.reason(), done, total_);
    }
    return all;
  }

  void member_body(std::size_t point, Member& member) const {
    try {
      program_.member(point, member);
      add_swept_keys(configuration_, point, member);
    } catch (const StopRequested&) {
      throw;
    } catch (const StoreError&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;  // the runner knows what to try
    } catch (const std::exception& error) {
      const std::string where = configuration_.point_text(point);
      throw std::runtime_error(fmt::format("{}{}", error.what(), where.empty() ? "" : " (at " + where + ")"));
    }
  }

  /// Merges when this shard was the last to finish.
  int conclude(const EnsembleDirectory& directory, bool computed) const {
    const FileLock alone = directory.shared_files_lock();
    const auto finished = static_cast<std::int64_t>(finished_members(directory).size());
    if (finished < total_) {
      say("shard {}/{} is finished; {} of {} members of all shards are", command_.shard.index, command_.shard.count,
          finished, total_);
      return exit_code::success;
    }
    const bool merged = !computed && is_complete(directory, total_);
    if (!merged) merge_members(directory, root_attributes(configuration_, program_.text));
    say("{}{} in {}", merged ? "nothing to do: " : "", members_text(total_), directory.ensemble().string());
    return exit_code::success;
  }

  const CommandLine& command_;
  const Configuration& configuration_;
  const EnsembleProgram& program_;
  const std::int64_t total_;
};

int report(const ProgramText& program, const std::exception& error, int code) {
  print_error_line(fmt::format("{}: {}", program.command(), error.what()));
  return code;
}

}  // namespace

void add_once(std::vector<std::string>& notes, std::string note) {
  if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
}

int guarded_main(const ProgramText& program, const std::function<int()>& body) {
  try {
    const int code = body();
    if (std::fflush(stdout) != 0) {
      throw std::system_error(errno, std::generic_category(), "cannot write to standard output");
    }
    return code;
  } catch (const UsageError& error) {
    return report(program, error, exit_code::usage);
  } catch (const DirectoryError& error) {
    return report(program, error, exit_code::usage);
  } catch (const MemberError& error) {
    return report(program, std::runtime_error(std::string(error.what()) + "; finished members are kept"),
                  exit_code::failure);
  } catch (const std::exception& error) {
    return report(program, error, exit_code::failure);
  }
}

bool answered(const CommandLine& command, const ProgramText& program, const Keys& keys,
              const Configuration& configuration) {
  if (command.help) {
    fmt::print("{}", help_text(program, keys));
  } else if (command.version) {
    fmt::print("{} {} ({})\n", program.command(), version(), git_revision());
  } else if (command.print_config) {
    fmt::print("{}", configuration.toml());
  }
  return command.help || command.version || command.print_config;
}

int run_ensemble(const CommandLine& command, const Configuration& configuration, const EnsembleProgram& program) {
  if (command.restart && command.shard.count > 1) {
    throw UsageError(
        "--restart cannot be given to one of several shards: remove the directory of --out once, then start the "
        "shards");
  }
  EnsembleRun run(command, configuration, program);
  if (command.dry_run) return run.dry_run();
  stop_on_signals();
  return run.run();
}

}  // namespace softmech
