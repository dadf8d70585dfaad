// Pairwise summation: the rounding error grows with the logarithm of the number of terms, not with their number.
#pragma once

#include <cstddef>

namespace softmech {

/// Σ_{i=begin}^{end-1} term(i), by halves down to blocks of 128 terms (Higham, Accuracy and Stability, §4.2).
template <class Term>
double pairwise_sum(std::ptrdiff_t begin, std::ptrdiff_t end, const Term& term) {
  if (end - begin > 128) {
    const std::ptrdiff_t middle = begin + (end - begin) / 2;
    return pairwise_sum(begin, middle, term) + pairwise_sum(middle, end, term);
  }
  double sum = 0;
  for (std::ptrdiff_t i = begin; i < end; ++i) sum += term(i);
  return sum;
}

}  // namespace softmech
