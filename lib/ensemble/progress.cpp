#include <softmech/ensemble/progress.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace softmech {

namespace {

/// To stderr. That it cannot be written, as when a log's disk is full, must not end a run: fmt::print would throw.
void print(const std::string& text) { std::fputs(text.c_str(), stderr); }

}  // namespace

std::string clock_text(std::chrono::seconds time) {
  const auto s = time.count();
  if (s < 3600) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string progress_text(double done, std::int64_t total, std::int64_t on_disk,
                          std::chrono::duration<double> elapsed) {
  const double fraction = total > 0 ? std::clamp(done / static_cast<double>(total), 0.0, 1.0) : 1.0;
  std::string text = fmt::format("{}/{} members, {:.0f} %", on_disk, total, 100 * fraction);
  if (fraction > 0 && fraction < 1) {
    const auto left = std::chrono::duration<double>(elapsed.count() * (1 - fraction) / fraction);
    text += fmt::format(", {} left", clock_text(std::chrono::ceil<std::chrono::seconds>(left)));
  }
  return text;
}

Progress::Progress(std::int64_t total, bool quiet, std::function<std::int64_t()> on_disk)
    : total_(total), on_disk_(std::move(on_disk)) {
  if (!quiet) thread_ = std::thread([this] { print_until_done(); });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Progress::add(double members) { done_.fetch_add(members, std::memory_order_relaxed); }

std::string Progress::line() const {
  return progress_text(done_.load(std::memory_order_relaxed), total_, on_disk_(),
                       std::chrono::steady_clock::now() - start_);
}

void Progress::print_until_done() {
  const bool terminal = ::isatty(STDERR_FILENO);
  const auto period = terminal ? std::chrono::milliseconds(500) : std::chrono::milliseconds(30'000);
  bool printed = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, period, [&] { return ending_; })) {
    print(terminal ? "\r\033[K" + line() : line() + "\n");
    printed = true;
  }
  if (terminal && printed) print("\r\033[K");
}

}  // namespace softmech
