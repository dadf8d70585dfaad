#include <softmech/mechanics/numerical_error.hpp>

#include <fmt/format.h>

#include <utility>

namespace softmech {

NumericalError::NumericalError(std::string quantity, std::string failure, double depth, double step, std::string advice)
    : std::runtime_error(fmt::format("{} at depth {} (step {:.3g}): {}; {}", quantity, depth, step, failure, advice)),
      quantity_(std::move(quantity)),
      depth_(depth),
      step_(step),
      advice_(std::move(advice)) {}

}  // namespace softmech
