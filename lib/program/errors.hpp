// What a program says to the shell: exit codes, and the error that stands for a wrong command or configuration.
#pragma once

#include <stdexcept>

namespace softmech {

namespace exit_code {
inline constexpr int success = 0;
inline constexpr int failure = 1;   ///< a run failed: numerics, files, disk
inline constexpr int usage = 2;     ///< a wrong command line or configuration; nothing was run
inline constexpr int stopped = 75;  ///< stopped in good order with work left: the same command continues (EX_TEMPFAIL)
}  // namespace exit_code

/// A wrong command line or configuration: its message names place, name, value, rule and next step; exit_code::usage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace softmech
