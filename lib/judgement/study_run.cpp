#include <softmech/judgement/study_run.hpp>

#include <softmech/ensemble/stop.hpp>
#include <softmech/program/errors.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace softmech {

namespace {

using Clock = std::chrono::steady_clock;

/// What a program said last: its message "softmech-relax: …", which may have several lines, else its last line.
std::string last_message(const std::filesystem::path& log, const std::string& program) {
  std::ifstream stream(log);
  std::string line, message;
  bool speaking = false;
  while (std::getline(stream, line)) {
    const bool begins = line.starts_with(program + ": ");
    if (begins) line.erase(0, program.size() + 2);
    speaking = speaking || begins;
    if (!line.empty()) message = speaking && !begins ? message + "\n" + line : line;
  }
  return message.empty() ? "it said nothing" : message;
}

/// Starts the command in a process group of its own, so that Ctrl-C reaches it once, through this process.
pid_t start(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  pid_t child = 0;
  const int error = ::posix_spawn(&child, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    throw std::runtime_error(
        fmt::format("{} cannot be started: {}; build or install the simulation programs beside this one",
                    command.front(), std::strerror(error)));
  }
  return child;
}

/// Waits for the child; a stop signal received here is sent on, once.
int wait_for(pid_t child) {
  bool told = false;
  auto pause = std::chrono::milliseconds(1);
  for (;;) {
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return status;
    if (ended < 0 && errno != EINTR) throw std::runtime_error(fmt::format("waitpid: {}", std::strerror(errno)));
    if (!told && stop_signal_received()) {
      ::kill(child, SIGTERM);
      told = true;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::milliseconds(50));
  }
}

}  // namespace

std::vector<std::string> study_command(const StudyPlan& study, const StudySettings& settings) {
  std::vector<std::string> command{(settings.programs / ("softmech-" + study.program)).string(),
                                   (settings.parameters / study.parameters).string()};
  for (const auto* overrides : {&study.always, settings.scale == Scale::quick ? &study.quick : &study.full}) {
    for (const auto& [key, value] : *overrides) command.insert(command.end(), {"--set", key + "=" + value});
  }
  command.insert(command.end(),
                 {"--seed", std::to_string(settings.seed), "--out", (settings.out / study.name).string()});
  if (settings.threads > 0) command.insert(command.end(), {"--threads", std::to_string(settings.threads)});
  if (settings.restart) command.emplace_back("--restart");
  if (settings.deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(*settings.deadline - std::chrono::system_clock::now());
    command.insert(command.end(), {"--time", std::to_string(std::max<std::int64_t>(1, left.count()))});
  }
  return command;
}

StudyRun run_study(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::filesystem::create_directories(log.parent_path());
  const auto begin = Clock::now();
  const int status = wait_for(start(command, log));
  StudyRun result;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  if (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::success) {
    result.outcome = StudyOutcome::finished;
  } else if (stop_signal_received() || (WIFEXITED(status) && WEXITSTATUS(status) == exit_code::stopped)) {
    result.outcome = StudyOutcome::stopped;
  } else {
    const std::string how = WIFSIGNALED(status) ? fmt::format("ended by signal {}", WTERMSIG(status))
                                                : fmt::format("exit {}", WEXITSTATUS(status));
    result.message =
        fmt::format("{} ({}, see {})", last_message(log, std::filesystem::path(command.front()).filename().string()),
                    how, log.string());
  }
  return result;
}

std::string shell_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    const bool plain =
        !word.empty() &&
        word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+./:,%@") ==
            std::string::npos;
    std::string quoted = "'";
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += (text.empty() ? "" : " ") + (plain ? word : quoted + "'");
  }
  return text;
}

std::filesystem::path program_directory() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

std::filesystem::path data_directory() { return program_directory().parent_path() / "share" / "softmech"; }

}  // namespace softmech
