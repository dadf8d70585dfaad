#include <softmech/program/nearest.hpp>

#include <algorithm>

namespace softmech {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Three rows of the table: distance between the first i bytes of a and the first j of b, for i, i - 1 and i - 2.
  std::vector<std::size_t> row(b.size() + 1), above(b.size() + 1), two_above(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_above, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& names) {
  constexpr std::size_t longest = 200;  // nobody mistypes more; keeps garbage cheap
  if (word.size() > longest) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& name : names) {
    const auto distance = edit_distance(word, name);
    if (distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  if (best) return best;
  const auto continues = [](std::string_view longer, std::string_view shorter) {
    return longer.starts_with(shorter) && shorter.find_first_not_of("-") != std::string_view::npos &&
           shorter.size() >= 3;
  };
  const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return continues(name, word) || continues(word, name);
  });
  return found == names.end() ? std::nullopt : std::optional(*found);
}

namespace {

std::string enumerated(const std::vector<std::string>& words, const char* before_last) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? before_last : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace

std::string joined(const std::vector<std::string>& words) { return enumerated(words, ", "); }

std::string alternatives(const std::vector<std::string>& words) { return enumerated(words, " or "); }

}  // namespace softmech
