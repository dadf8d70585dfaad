// Requests to stop a run in good order: a signal, or a time at which the run must have ended.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace softmech {

/// Makes SIGINT and SIGTERM ask for a stop; a second one ends the process at once.
void stop_on_signals();

/// True after a signal; safe to call from any thread, costs one load.
bool stop_signal_received();

/// When a run has to stop. Polled by the members.
class StopRule {
 public:
  StopRule() = default;
  explicit StopRule(std::optional<std::chrono::system_clock::time_point> deadline) : deadline_(deadline) {}

  bool should_stop() const;
  /// "SIGTERM", "the time limit", or "" if nothing asks for a stop.
  std::string reason() const;

 private:
  std::optional<std::chrono::system_clock::time_point> deadline_;
};

}  // namespace softmech
