#include <softmech/mechanics/settings.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace softmech {

void declare(Keys& keys, SolverSettings& solver) {
  const std::vector<std::string> names(stepper_names().begin(), stepper_names().end());
  keys.add("solver.stepper", solver.stepper, "integrator of the motion; auto: what fits it",
           {.words = names, .sweep = true});
  keys.add("solver.rel_tol", solver.rel_tol, "relative error per step of dopri5, fehlberg78 and bdf",
           {.at_least = 1e-15, .at_most = 0.1, .sweep = true});
  keys.add("solver.abs_tol", solver.abs_tol, "absolute error per step of dopri5, fehlberg78 and bdf",
           {.at_least = 1e-300, .at_most = 0.1, .sweep = true});
  keys.add("solver.step", solver.step,
           "fixed step, the largest that divides a sampling interval; first step of the error-controlled steppers; "
           "step of mirror descent",
           {.above = 0, .sweep = true});
}

void TimeGrid::declare(Keys& keys) {
  keys.add("time.end", end, "depth at which the run ends", {.above = 0, .sweep = true});
  keys.add("time.samples", samples, "depths that are recorded, from 0 to time.end", {.at_least = 2, .at_most = 1e7});
  keys.add("time.spacing", spacing, "recorded depths evenly spaced, or after 0 evenly in their logarithm",
           {.words = {"linear", "logarithmic"}});
  keys.add("time.first", first, "first recorded depth after 0, for \"logarithmic\"", {.above = 0});
}

void TimeGrid::check() const {
  if (spacing == "linear" || (first < end && samples >= 3)) return;
  throw std::invalid_argument(fmt::format(
      "time.first = {}, time.samples = {}: logarithmic depths need time.first < time.end = {} and at least 3 samples; "
      "try time.first = {}",
      first, samples, end, end / 1000));
}

void TimeGrid::require_even(std::string_view purpose) const {
  if (spacing == "linear") return;
  throw std::invalid_argument(fmt::format("time.spacing = \"{}\": must be \"linear\" for {}", spacing, purpose));
}

void TimeGrid::require_samples(std::int64_t least, std::string_view purpose) const {
  if (samples >= least) return;
  throw std::invalid_argument(
      fmt::format("time.samples = {}: must be at least {} for {}; try 101", samples, least, purpose));
}

void TimeGrid::require_steps(double step) const {
  if (step <= end && end / step <= 1e9) return;
  throw std::invalid_argument(
      fmt::format("solver.step = {}: must be from time.end/1e9 to time.end = {}; try {}", step, end, end / 10));
}

std::vector<double> TimeGrid::depths() const {
  std::vector<double> depths(static_cast<std::size_t>(samples));
  if (spacing == "logarithmic") {
    const double ratio = std::log(end / first) / static_cast<double>(samples - 2);
    for (std::int64_t i = 1; i < samples; ++i)
      depths[static_cast<std::size_t>(i)] = first * std::exp(ratio * static_cast<double>(i - 1));
    depths.back() = end;
    return depths;
  }
  for (std::int64_t i = 0; i < samples; ++i) {
    depths[static_cast<std::size_t>(i)] = end * static_cast<double>(i) / static_cast<double>(samples - 1);
  }
  return depths;
}

}  // namespace softmech
