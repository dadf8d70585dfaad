// Examples of a binary operation on residues: pairs of operands with their answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace softmech {

/// Pairs (first, second) with their answers, all in [0, p), sorted by first, then second, no pair twice. A network
/// reads an example as the tokens [first, second] or [first, second, =], where "=" is the token p.
struct Examples {
  std::vector<std::int32_t> first, second, answer;

  std::size_t size() const { return first.size(); }
};

}  // namespace softmech
