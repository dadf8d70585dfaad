// A run that stopped making sense: what went wrong, where along the depth, and what to try.
#pragma once

#include <stdexcept>
#include <string>

namespace softmech {

/// A simulation failed numerically: a quantity is not finite, the step size collapsed, or there were too many steps.
/// The message reads "velocity at depth 3.25 (step 0.01): not finite; try a smaller solver.step".
class NumericalError : public std::runtime_error {
 public:
  NumericalError(std::string quantity, std::string failure, double depth, double step, std::string advice);

  /// What failed: "position", "velocity", "step size", "number of steps".
  const std::string& quantity() const { return quantity_; }
  /// The depth t at which it failed.
  double depth() const { return depth_; }
  /// The step size in use.
  double step() const { return step_; }
  /// What to try.
  const std::string& advice() const { return advice_; }

 private:
  std::string quantity_;
  double depth_;
  double step_;
  std::string advice_;
};

}  // namespace softmech
