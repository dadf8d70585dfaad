#include <softmech/models/row_ensemble.hpp>

#include <softmech/attention/bound.hpp>
#include <softmech/attention/thermodynamics.hpp>
#include <softmech/statistics/moments.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

namespace softmech {

namespace {

using Row = EquilibriumRow;

/// An observable of a single row; a new one is one line of `observables`.
struct RowObservable {
  const char* name;
  const char* meaning;
  double (*value)(const Row&);
};

constexpr std::array observables{
    RowObservable{"internal_energy", "internal energy U = sum p E", [](const Row& r) { return r.internal_energy; }},
    RowObservable{"entropy", "entropy S of the operator, in nats", [](const Row& r) { return r.entropy; }},
    RowObservable{"free_energy", "free energy F = U - T S", [](const Row& r) { return r.free_energy; }},
    RowObservable{"specific_heat", "specific heat C = dU/dT = Var_p(E)/T^2 for the softmax",
                  [](const Row& r) { return r.specific_heat; }},
    RowObservable{"specific_heat_normalized", "specific heat over (ln n)^2",
                  [](const Row& r) { return r.specific_heat / std::pow(std::log(r.keys), 2); }},
    RowObservable{"specific_heat_over_bound", "specific heat over its bound C*_n",
                  [](const Row& r) { return r.specific_heat / specific_heat_bound(r.keys).specific_heat; }},
    RowObservable{"participation", "participation ratio 1 / sum p^2: effective number of keys",
                  [](const Row& r) { return 1 / r.inverse_participation; }},
    RowObservable{"inverse_participation", "inverse participation ratio sum p^2: 1 - T/T_c in the condensed phase",
                  [](const Row& r) { return r.inverse_participation; }},
    RowObservable{"kappa_s", "entropy per log context size, S / ln n",
                  [](const Row& r) { return r.entropy / std::log(r.keys); }},
    RowObservable{"kappa_f", "free energy per log context size, -F / (T ln n)",
                  [](const Row& r) { return -r.free_energy / (r.temperature * std::log(r.keys)); }},
    RowObservable{"kappa_c", "specific heat per log context size, C / ln n",
                  [](const Row& r) { return r.specific_heat / std::log(r.keys); }},
};

RowStatistic statistic(const RowObservable& observable, const std::vector<Row>& rows) {
  Moments moments;
  for (const Row& row : rows) moments.add(observable.value(row));
  return {observable.name, observable.meaning, moments.mean(), moments.standard_error(), moments.standard_deviation()};
}

/// A quantity that combines means over rows; each row contributes the numbers of `sample`.
template <std::size_t Columns>
RowStatistic derived(const char* name, const char* meaning, const std::vector<Row>& rows,
                     const std::function<std::array<double, Columns>(const Row&)>& sample,
                     const std::function<double(const Vector&)>& combine) {
  RowMatrix samples(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(Columns));
  for (Eigen::Index i = 0; i < samples.rows(); ++i) {
    const auto values = sample(rows[static_cast<std::size_t>(i)]);
    for (std::size_t j = 0; j < Columns; ++j) samples(i, static_cast<Eigen::Index>(j)) = values[j];
  }
  Estimate estimate = jackknife(samples, combine);
  // Without one dominating row nothing may be left of a mean: then the estimate or its error is not defined.
  if (!std::isfinite(estimate.value)) estimate.value = std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(estimate.error)) estimate.error = std::numeric_limits<double>::quiet_NaN();
  return {name, meaning, estimate.value, estimate.error, estimate.error * std::sqrt(static_cast<double>(rows.size()))};
}

/// -T ln <Z> with Z = e^{-F/T}, taken relative to the lowest F.
RowStatistic annealed(const std::vector<Row>& rows) {
  double lowest = std::numeric_limits<double>::infinity();
  for (const Row& row : rows) lowest = std::min(lowest, row.free_energy);
  const double temperature = rows.front().temperature;
  return derived<1>(
      "free_energy_annealed", "annealed free energy -T ln <Z> over rows", rows,
      [&](const Row& r) { return std::array{std::exp(-(r.free_energy - lowest) / temperature)}; },
      [&](const Vector& mean) { return lowest - temperature * std::log(mean[0]); });
}

/// The unweighted variance of all logits of all rows: mean variance within rows plus variance of the row means.
RowStatistic pooled(const std::vector<Row>& rows) {
  const double origin = rows.front().logit_mean;
  return derived<2>(
      "specific_heat_pooled", "pooled specific heat: unweighted variance of all logits -E/T over keys and rows", rows,
      [&](const Row& r) {
        const double shift = r.logit_mean - origin;
        return std::array{shift, r.logit_variance + shift * shift};
      },
      [](const Vector& mean) { return mean[1] - mean[0] * mean[0]; });
}

RowStatistic fluctuation_ratio(const std::vector<Row>& rows) {
  return derived<2>(
      "kappa_fdt", "fluctuation-dissipation ratio <Var_p(E)> / (T^2 <dU/dT>): 1 for the softmax", rows,
      [](const Row& r) {
        return std::array{r.energy_variance / (r.temperature * r.temperature), r.heat_capacity};
      },
      [](const Vector& mean) { return mean[0] / mean[1]; });
}

/// dU/dT, or T dS/dT, which is the same: S keeps its digits where the row is frozen, U where it is nearly uniform.
double heat_capacity_by_difference(VectorView energies, double temperature) {
  const double step = 1e-5 * temperature;
  const RowThermodynamics above = thermodynamics(energies, temperature + step);
  const RowThermodynamics below = thermodynamics(energies, temperature - step);
  const bool nearly_uniform = above.entropy > 0.9 * std::log(static_cast<double>(energies.size()));
  const double heat =
      nearly_uniform ? above.internal_energy - below.internal_energy : temperature * (above.entropy - below.entropy);
  return heat / (2 * step);
}

}  // namespace

EquilibriumRow equilibrium_row(const Operator& op, VectorView energies, double temperature) {
  const RowThermodynamics softmax = thermodynamics(energies, temperature);
  EquilibriumRow row;
  row.keys = static_cast<double>(energies.size());
  row.temperature = temperature;
  row.logit_mean = softmax.logit_mean;
  row.logit_variance = softmax.logit_variance;
  if (std::holds_alternative<Softmax>(op)) {
    row.internal_energy = softmax.internal_energy;
    row.entropy = softmax.entropy;
    row.free_energy = softmax.free_energy;
    row.specific_heat = softmax.specific_heat;
    row.heat_capacity = heat_capacity_by_difference(energies, temperature);
    row.energy_variance = softmax.specific_heat * temperature * temperature;
    row.inverse_participation = 1 / softmax.participation;
    return row;
  }
  const Vector weights = equilibrium(op, energies, temperature);
  row.internal_energy = weights.dot(energies);
  row.entropy = entropy(op, weights);
  row.free_energy = row.internal_energy - temperature * row.entropy;
  row.specific_heat = row.heat_capacity = heat_capacity(op, energies, temperature);
  row.energy_variance = (weights.array() * (energies.array() - row.internal_energy).square()).sum();
  row.inverse_participation = weights.squaredNorm();
  return row;
}

std::vector<RowStatistic> row_statistics(const std::vector<EquilibriumRow>& rows) {
  std::vector<RowStatistic> statistics;
  for (const RowObservable& observable : observables) statistics.push_back(statistic(observable, rows));
  statistics.push_back(annealed(rows));
  statistics.push_back(pooled(rows));
  statistics.push_back(fluctuation_ratio(rows));
  return statistics;
}

}  // namespace softmech
