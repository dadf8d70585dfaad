#include <softmech/models/token_averages.hpp>

#include <softmech/statistics/moments.hpp>

namespace softmech {

namespace {

constexpr std::size_t blocks = 16;

using Quantity = double (*)(double order, double potential);

struct NamedQuantity {
  const char* name;
  const char* error_name;
  const char* meaning;
  Quantity of;
};

constexpr NamedQuantity quantities[] = {
    {"order_parameter_mean", "order_parameter_mean_error", "mean of the order parameter R over the stationary depths",
     [](double order, double) { return order; }},
    {"order_parameter2", "order_parameter2_error", "mean of R^2", [](double order, double) { return order * order; }},
    {"order_parameter4", "order_parameter4_error", "mean of R^4",
     [](double order, double) { return order * order * order * order; }},
    {"energy_mean", "energy_mean_error", "mean of the potential energy",
     [](double, double potential) { return potential; }},
    {"energy2", "energy2_error", "mean of the squared potential energy",
     [](double, double potential) { return potential * potential; }},
};

}  // namespace

void TokenAverages::add(double order, double potential) {
  samples_.push_back(order);
  samples_.push_back(potential);
}

void TokenAverages::record(Member& member) const {
  const std::size_t count = samples_.size() / 2;
  for (const NamedQuantity& quantity : quantities) {
    Moments of_blocks;
    // The blocks are equally long; what is left over at the beginning is nearest to the start and is not used.
    const std::size_t length = count / blocks;
    std::size_t next = count - blocks * length;
    for (std::size_t block = 0; block < blocks && length > 0; ++block) {
      Moments in_block;
      for (std::size_t i = 0; i < length; ++i, ++next)
        in_block.add(quantity.of(samples_[2 * next], samples_[2 * next + 1]));
      of_blocks.add(in_block.mean());
    }
    member.record_as_defined(quantity.name, of_blocks.mean(), quantity.meaning);
    member.record_as_defined(quantity.error_name, of_blocks.standard_error(), "standard error of the mean");
  }
}

}  // namespace softmech
