#include <softmech/mechanics/convergence.hpp>

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace softmech {

double Convergence::order(std::size_t i) const {
  return std::log(errors.at(i) / errors.at(i + 1)) / std::log(steps.at(i) / steps.at(i + 1));
}

double Convergence::order() const { return order(steps.size() - 2); }

Convergence measure_convergence(std::string name, std::span<const double> steps,
                                const std::function<double(double)>& error) {
  Convergence result{std::move(name), {steps.begin(), steps.end()}, {}};
  for (const double step : steps) result.errors.push_back(error(step));
  return result;
}

std::string to_string(const Convergence& convergence) {
  std::string table = fmt::format("{}\n{:>12}  {:>10}  {:>6}\n", convergence.name, "step", "error", "order");
  for (std::size_t i = 0; i < convergence.steps.size(); ++i) {
    table += fmt::format("{:>12.6g}  {:>10.3e}", convergence.steps[i], convergence.errors[i]);
    table += i == 0 ? "\n" : fmt::format("  {:>6.3f}\n", convergence.order(i - 1));
  }
  return table;
}

}  // namespace softmech
