#include <softmech/models/token_averages.hpp>

#include <softmech/statistics/moments.hpp>

namespace softmech {

namespace {

constexpr std::size_t blocks = 16;

double order(const TokenSample& s) { return s.order; }
double order2(const TokenSample& s) { return s.order * s.order; }
double order4(const TokenSample& s) { return order2(s) * order2(s); }

struct NamedQuantity {
  const char* name;
  const char* error_name;
  const char* meaning;
  double (*of)(const TokenSample& sample);
};

constexpr NamedQuantity quantities[] = {
    {"order_parameter_mean", "order_parameter_mean_error", "mean of the order parameter R over the stationary depths",
     order},
    {"order_parameter2", "order_parameter2_error", "mean of R^2", order2},
    {"order_parameter4", "order_parameter4_error", "mean of R^4", order4},
    {"magnetization", "magnetization_error", "mean of the magnetization |M| = R", order},
    {"magnetization2", "magnetization2_error", "mean of M^2", order2},
    {"magnetization4", "magnetization4_error", "mean of M^4", order4},
    {"energy_mean", "energy_mean_error", "mean of the potential energy",
     [](const TokenSample& s) { return s.potential; }},
    {"energy2", "energy2_error", "mean of the squared potential energy",
     [](const TokenSample& s) { return s.potential * s.potential; }},
    {"kinetic_temperature", "kinetic_temperature_error",
     "mean of twice the kinetic energy per coordinate; 0 without inertia",
     [](const TokenSample& s) { return s.kinetic_temperature; }},
};

double mean_of(const NamedQuantity& quantity, std::span<const TokenSample> samples) {
  Moments moments;
  for (const TokenSample& sample : samples) moments.add(quantity.of(sample));
  return moments.mean();
}

/// Means of equally long blocks; what is left over at the beginning is nearest to the start and is not used.
Moments block_means(const NamedQuantity& quantity, std::span<const TokenSample> samples) {
  Moments means;
  const std::size_t length = samples.size() / blocks;
  for (std::size_t block = blocks; block > 0 && length > 0; --block)
    means.add(mean_of(quantity, samples.subspan(samples.size() - block * length, length)));
  return means;
}

}  // namespace

std::vector<double> TokenAverages::save() const {
  std::vector<double> saved;
  for (const TokenSample& s : samples_) saved.insert(saved.end(), {s.order, s.potential, s.kinetic_temperature});
  return saved;
}

void TokenAverages::restore(std::span<const double> saved) {
  samples_.clear();
  for (std::size_t i = 0; i + 2 < saved.size(); i += 3) add({saved[i], saved[i + 1], saved[i + 2]});
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
