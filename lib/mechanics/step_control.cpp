#include <softmech/mechanics/step_control.hpp>

#include <softmech/mechanics/numerical_error.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

void StepGuard::rejected(double next_step, bool finite) {
  // A rejected step shrinks by up to 5: forty of them are 28 decades. Below 100 rounding errors of t nothing is gained.
  constexpr int most_rejections = 40;
  const double smallest_step = 100 * std::numeric_limits<double>::epsilon() * std::abs(t_);
  finite_ = finite_ && finite;
  if (++rejections_ <= most_rejections && next_step > smallest_step) return;
  if (!finite_) {
    throw NumericalError("velocity", "not finite", t_, next_step,
                         "try a smaller solver.step or tolerance, and check the parameters of the model");
  }
  throw NumericalError("step size", "collapsed: the error stays above the tolerance", t_, next_step,
                       "try a larger solver.rel_tol or solver.abs_tol, and check whether the force is smooth there");
}

void require_saved_size(std::string_view stepper, std::size_t size, std::size_t expected) {
  if (size != expected) {
    throw std::invalid_argument(
        fmt::format("saved state of {} = {} numbers: must be {}; restore it with the settings "
                    "it was saved with",
                    stepper, size, expected));
  }
}

}  // namespace softmech
