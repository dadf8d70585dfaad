// The nearest valid name to a mistyped one, for error messages.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// The fewest insertions, deletions, substitutions and swaps of neighbors that turn one word into the other (optimal
/// string alignment distance), in bytes.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest name within a third of the word's length (at least 1 edit), the first of equals; or else the first that
/// continues the word or that the word continues, from three letters on ("--output" for "--out").
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& names);

/// "a, b, c".
std::string joined(const std::vector<std::string>& words);

/// "a, b or c".
std::string alternatives(const std::vector<std::string>& words);

}  // namespace softmech
