// How often something happens, from a count.
#pragma once

#include <softmech/statistics/interval.hpp>

#include <cstdint>

namespace softmech {

/// Wilson's interval of a probability of which `successes` of `trials` are known (J. Am. Stat. Assoc. 22 (1927) 209):
///   (p̂ + z²/2n ± z √(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n).
/// Never outside [0, 1], of use also for none or all of a few trials. No trials say nothing: [0, 1]. Throws
/// std::invalid_argument unless 0 <= successes <= trials and 0 < confidence < 1.
Interval wilson_interval(std::int64_t successes, std::int64_t trials, double confidence = 0.95);

}  // namespace softmech
