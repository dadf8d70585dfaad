#include <softmech/mechanics/stepper.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

struct Choice {
  std::string_view name;
  std::unique_ptr<Stepper> (*make)(const SolverSettings&);
};

constexpr std::array<Choice, 9> choices{{{"auto", automatic},
                                         {"dopri5", dopri5},
                                         {"fehlberg78", fehlberg78},
                                         {"symplectic_rkn", symplectic_rkn},
                                         {"geodesic_leapfrog", geodesic_leapfrog},
                                         {"bdf", bdf},
                                         {"langevin", langevin},
                                         {"baoab", baoab},
                                         {"euler", euler}}};

constexpr auto names = [] {
  std::array<std::string_view, choices.size()> result;
  for (std::size_t i = 0; i < choices.size(); ++i) result[i] = choices[i].name;
  return result;
}();

void require_positive(std::string_view name, double value, double advice) {
  if (!(value > 0)) {
    throw std::invalid_argument(fmt::format("solver.{} = {}: must be > 0; try {}", name, value, advice));
  }
}

}  // namespace

std::span<const std::string_view> stepper_names() { return names; }

std::unique_ptr<Stepper> stepper(const SolverSettings& settings) {
  require_positive("rel_tol", settings.rel_tol, 1e-9);
  require_positive("abs_tol", settings.abs_tol, 1e-12);
  require_positive("step", settings.step, 0.01);
  require_positive("max_step", settings.max_step, 1);
  if (!std::isfinite(settings.step)) {
    throw std::invalid_argument(fmt::format("solver.step = {}: must be finite; try 0.01", settings.step));
  }
  if (settings.max_order < 1 || settings.max_order > 5) {
    throw std::invalid_argument(fmt::format("solver.max_order = {}: must be from 1 to 5; try 5", settings.max_order));
  }
  for (const auto& [name, make] : choices) {
    if (name == settings.stepper) return make(settings);
  }
  std::string known;
  for (const std::string_view name : names) known.append(known.empty() ? "" : ", ").append(name);
  throw std::invalid_argument(
      fmt::format("solver.stepper = \"{}\": must be one of {}; try dopri5", settings.stepper, known));
}

}  // namespace softmech
