// How far a run is: a line that renews itself on a terminal, a plain line every 30 s in a log.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace softmech {

/// "1:05:09", "5:09", "0:09".
std::string clock_text(std::chrono::seconds time);

/// The line: "12/64 members, 19 %, 0:32 left". The first number is `on_disk`, the members that are safe; share and time
/// left follow from `done`, which counts parts of members too. The estimate supposes that members cost alike; there is
/// none before anything is done.
std::string progress_text(double done, std::int64_t total, std::int64_t on_disk, std::chrono::duration<double> elapsed);

/// Prints progress to stderr from a thread of its own until destroyed.
class Progress {
 public:
  /// `total` members to do in this run; `on_disk` tells how many are safe.
  Progress(std::int64_t total, bool quiet, std::function<std::int64_t()> on_disk);
  ~Progress();

  /// Adds a part of a member, in members.
  void add(double members);

 private:
  void print_until_done();
  std::string line() const;

  const std::int64_t total_;
  const std::function<std::int64_t()> on_disk_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::atomic<double> done_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace softmech
