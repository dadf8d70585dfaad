#include "softmech/attention/schottky.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double farthest_gap = 80;        // C(80) = 6400 e^-80 is nothing
constexpr double farthest_deviation = 10;  // and so is the Gaussian ten deviations out

/// ⟨C(x) f(u)⟩, u = (x − mean)/deviation standard normal, by the trapezoidal rule. C is analytic for |Im x| < π and the
/// Gaussian everywhere, so with steps of 0.4 in x and 0.6 in u its error is below e^-38 (Trefethen & Weideman, SIAM
/// Rev. 56 (2014) 385).
template <class Function>
double average(double mean, double deviation, const Function& f) {
  const double step = std::min(0.4, 0.6 * deviation);
  const double origin = 0.6 * deviation < 0.4 ? mean : 0.0;  // where the narrower factor is resolved without rounding
  const double low = std::max(mean - farthest_deviation * deviation, -farthest_gap);
  const double high = std::min(mean + farthest_deviation * deviation, farthest_gap);
  if (!(low <= high)) return 0;
  const auto first = static_cast<long>(std::ceil((low - origin) / step));
  const auto last = static_cast<long>(std::floor((high - origin) / step));
  double sum = 0;
  for (long k = first; k <= last; ++k) {
    const double x = origin + step * static_cast<double>(k);
    const double u = origin == 0.0 ? (x - mean) / deviation : step * static_cast<double>(k) / deviation;
    sum += two_level_specific_heat(x) * std::exp(-0.5 * u * u) * f(u);
  }
  return sum * (step / deviation) / std::sqrt(2 * std::numbers::pi);
}

}  // namespace

double two_level_specific_heat(double gap) {
  const double half = 0.5 * std::abs(gap);
  if (half > 0.5 * 750) return 0;  // the squares would be inf · 0
  const double ratio = half / std::cosh(half);
  return ratio * ratio;
}

double gaussian_gap_specific_heat(double mean, double variance) {
  if (!std::isfinite(mean)) throw std::invalid_argument(fmt::format("gap mean = {}: must be finite", mean));
  if (!(variance >= 0 && std::isfinite(variance)))
    throw std::invalid_argument(fmt::format("gap variance = {}: must be >= 0 and finite", variance));
  const double deviation = std::sqrt(variance);
  const bool sharp = deviation <= 1e-9 * std::max(1.0, std::abs(mean));  // ½ variance · C″ is below rounding
  if (sharp) return two_level_specific_heat(mean);
  return average(mean, deviation, [](double) { return 1.0; });
}

GaussianGapMaximum gaussian_gap_maximum() {
  // d⟨C⟩/dσ² = ⟨C(x)(u² − 1)⟩/2σ² changes its sign once.
  double low = 1, high = 100;
  for (int bisection = 0; bisection < 60; ++bisection) {
    const double middle = 0.5 * (low + high);
    (average(0, std::sqrt(middle), [](double u) { return u * u - 1; }) > 0 ? low : high) = middle;
  }
  return {gaussian_gap_specific_heat(0, low), low};
}

}  // namespace softmech
