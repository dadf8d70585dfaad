#include <softmech/statistics/proportion.hpp>

#include <boost/math/distributions/normal.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

Interval wilson_interval(std::int64_t successes, std::int64_t trials, double confidence) {
  if (successes < 0 || successes > trials)
    throw std::invalid_argument(
        fmt::format("{} successes of {} trials: must be 0 <= successes <= trials", successes, trials));
  if (!(confidence > 0 && confidence < 1))
    throw std::invalid_argument(fmt::format("confidence = {}: must be > 0 and < 1; try 0.95", confidence));
  if (trials == 0) return {0, 1};
  const double z = boost::math::quantile(boost::math::normal(), 0.5 + 0.5 * confidence);
  const auto n = static_cast<double>(trials);
  const double share = static_cast<double>(successes) / n;
  const double center = share + z * z / (2 * n);
  const double half_width = z * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  const double norm = 1 + z * z / n;
  return {successes == 0 ? 0.0 : std::max(0.0, (center - half_width) / norm),
          successes == trials ? 1.0 : std::min(1.0, (center + half_width) / norm)};
}

}  // namespace softmech
