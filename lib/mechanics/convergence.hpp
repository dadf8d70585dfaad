// Convergence tables: error against step, and the order between the lines.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace softmech {

/// How the error of a method falls with its step.
struct Convergence {
  std::string name;
  std::vector<double> steps;
  std::vector<double> errors;

  /// The order between lines i and i + 1, ln(e_i/e_{i+1}) / ln(h_i/h_{i+1}).
  double order(std::size_t i) const;
  /// The order of the last two lines.
  double order() const;
};

/// Measures the error at each of the steps.
Convergence measure_convergence(std::string name, std::span<const double> steps,
                                const std::function<double(double step)>& error);

/// A table of step, error and order.
std::string to_string(const Convergence& convergence);

}  // namespace softmech
