#include "softmech/attention/thermodynamics.hpp"

#include <fmt/format.h>

#include <cmath>
#include <span>
#include <stdexcept>

#include "softmech/attention/boltzmann_sums.hpp"
#include "softmech/attention/bound.hpp"
#include "softmech/attention/require.hpp"

namespace softmech {
namespace {

using Row = Eigen::Map<const Vector>;

// What depends on the number of keys only: computed once per batch.
struct Scales {
  explicit Scales(Eigen::Index keys)
      : log_keys(std::log(static_cast<double>(keys))),
        bound(specific_heat_bound(static_cast<double>(keys)).specific_heat) {}
  double log_keys, bound;
};

RowThermodynamics evaluate(const Row& energies, double temperature, const Scales& scales, Kernel kernel) {
  const double lowest = energies.minCoeff();
  const std::span<const double> row(energies.data(), static_cast<std::size_t>(energies.size()));
  const BoltzmannSums sums = kernel == Kernel::fast ? boltzmann_sums(row, lowest, temperature)
                                                    : boltzmann_sums_reference(row, lowest, temperature);
  if (!std::isfinite(sums.deviations)) {  // any NaN or infinity among the energies ends here
    require_energies(energies);
    throw std::invalid_argument(fmt::format(
        "energies spread over {} at temperature = {}: (E_max - E_min)/T must be < 1e150; raise the temperature",
        energies.maxCoeff() - lowest, temperature));
  }
  const double log_partition = std::log1p(sums.excess);  // of Z e^{E_min/T}
  const double specific_heat = sums.weighted_deviations / sums.weight;
  const bool single = energies.size() == 1;
  return {.log_partition = log_partition - lowest / temperature,
          .free_energy = lowest - temperature * log_partition,
          .internal_energy = lowest + temperature * sums.weighted_mean,
          .entropy = log_partition + sums.weighted_mean,
          .specific_heat = specific_heat,
          .specific_heat_normalized = single ? 0 : specific_heat / (scales.log_keys * scales.log_keys),
          .specific_heat_over_bound = single ? 0 : specific_heat / scales.bound,
          .energy_variance = temperature * temperature * specific_heat,
          .participation = sums.weight * sums.weight / sums.squares,
          .max_weight = 1 / sums.weight,
          .logit_mean = -(lowest / temperature + sums.mean),
          .logit_variance = sums.deviations / sums.keys};
}

template <class TemperatureOf>
BatchThermodynamics evaluate_batch(const RowMatrixView& energies, const TemperatureOf& temperature_of, Kernel kernel) {
  BatchThermodynamics batch;
  const auto fields = BatchThermodynamics::quantities();
  const auto row_fields = RowThermodynamics::quantities();
  for (const auto& [name, field] : fields) (batch.*field).resize(energies.rows());
  if (energies.rows() == 0) return batch;
  if (energies.cols() == 0) require_energies(Vector());
  const Scales scales(energies.cols());
  for (Eigen::Index row = 0; row < energies.rows(); ++row) {
    const double temperature = temperature_of(row);
    require_temperature(temperature);
    const Row values(energies.data() + row * energies.outerStride(), energies.cols());
    const RowThermodynamics result = evaluate(values, temperature, scales, kernel);
    for (std::size_t q = 0; q < fields.size(); ++q) (batch.*fields[q].second)[row] = result.*row_fields[q].second;
  }
  return batch;
}

}  // namespace

RowThermodynamics thermodynamics(VectorView energies, double temperature, Kernel kernel) {
  require_temperature(temperature);
  if (energies.size() == 0) require_energies(energies);
  return evaluate(Row(energies.data(), energies.size()), temperature, Scales(energies.size()), kernel);
}

BatchThermodynamics thermodynamics_batch(RowMatrixView energies, double temperature, Kernel kernel) {
  return evaluate_batch(
      energies, [=](Eigen::Index) { return temperature; }, kernel);
}

BatchThermodynamics thermodynamics_batch(RowMatrixView energies, VectorView temperatures, Kernel kernel) {
  require_size("temperatures", temperatures.size(), "rows of energies", energies.rows());
  return evaluate_batch(
      energies, [&](Eigen::Index row) { return temperatures[row]; }, kernel);
}

VarianceSplit energy_variance_split(const BatchThermodynamics& rows) {
  const double within = rows.energy_variance.mean();
  const double between = (rows.internal_energy.array() - rows.internal_energy.mean()).square().mean();
  return {within, between, within + between};
}

double specific_heat_pooled(const BatchThermodynamics& rows) {
  return rows.logit_variance.mean() + (rows.logit_mean.array() - rows.logit_mean.mean()).square().mean();
}

}  // namespace softmech
