#pragma once

// Inner header of the store: lists in messages.

#include <string>

#include <fmt/format.h>

namespace softmech {

/// "a, b, c". (fmt::join makes g++ 12 warn of an overflow that is none.)
template <class List>
std::string joined(const List& list) {
  std::string result;
  for (const auto& item : list) {
    if (!result.empty()) result += ", ";
    result += fmt::to_string(item);
  }
  return result;
}

}  // namespace softmech
