#include <softmech/ensemble/stop.hpp>

#include <atomic>
#include <csignal>

namespace softmech {

namespace {

std::atomic<int> received = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch lock-free atomics only");

extern "C" void remember_signal(int signal) { received.store(signal, std::memory_order_relaxed); }

}  // namespace

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second signal has its default effect
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
}

bool stop_signal_received() { return received.load(std::memory_order_relaxed) != 0; }

bool StopRule::should_stop() const {
  return stop_signal_received() || (deadline_ && std::chrono::system_clock::now() >= *deadline_);
}

std::string StopRule::reason() const {
  if (const int signal = received.load()) return signal == SIGINT ? "SIGINT" : "SIGTERM";
  return should_stop() ? "the time limit" : "";
}

}  // namespace softmech
