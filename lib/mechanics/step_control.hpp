// What the error-controlled steppers share besides Odeint.
#pragma once

#include <cstddef>
#include <string_view>

namespace softmech {

/// Watches one step of an error-controlled stepper for a collapse of the step size.
class StepGuard {
 public:
  /// For a step that begins at depth t.
  explicit StepGuard(double t) : t_(t) {}
  /// A try was rejected and the next one has this size.
  /// @throws NumericalError if the step is too small to move on, or after too many rejections; the reason is the error,
  /// or that a velocity was not finite.
  void rejected(double next_step, bool finite = true);

 private:
  double t_;
  int rejections_ = 0;
  bool finite_ = true;
};

/// @throws std::invalid_argument unless the numbers of a saved stepper are as many as expected.
void require_saved_size(std::string_view stepper, std::size_t size, std::size_t expected);

}  // namespace softmech
