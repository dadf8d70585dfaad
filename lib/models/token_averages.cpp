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

double mean_of(const NamedQuantity& quantity, std::span<const double> samples) {
  Moments moments;
  for (std::size_t i = 0; i < samples.size(); i += 2) moments.add(quantity.of(samples[i], samples[i + 1]));
  return moments.mean();
}

/// Means of equally long blocks; what is left over at the beginning is nearest to the start and is not used.
Moments block_means(const NamedQuantity& quantity, std::span<const double> samples) {
  Moments means;
  const std::size_t length = samples.size() / (2 * blocks) * 2;
  for (std::size_t block = blocks; block > 0 && length > 0; --block)
    means.add(mean_of(quantity, samples.subspan(samples.size() - block * length, length)));
  return means;
}

}  // namespace

void TokenAverages::add(double order, double potential) {
  samples_.push_back(order);
  samples_.push_back(potential);
}

void record_averages(std::span<const TokenAverages> replicas, Member& member) {
  for (const NamedQuantity& quantity : quantities) {
    Moments means;
    if (replicas.size() == 1) means = block_means(quantity, replicas.front().samples());
    for (const TokenAverages& replica : replicas) {
      if (replicas.size() > 1) means.add(mean_of(quantity, replica.samples()));
    }
    member.record_as_defined(quantity.name, means.mean(), quantity.meaning);
    member.record_as_defined(quantity.error_name, means.standard_error(), "standard error of the mean");
  }
}

}  // namespace softmech
