// Many attention rows at one point of parameter space: the observables of a row, and their statistics over rows.
#pragma once

#include <softmech/attention/operators.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <string>
#include <vector>

namespace softmech {

/// One row in equilibrium at temperature T; energies in the unit of T, entropies in nats.
struct EquilibriumRow {
  double keys = 0;  ///< n, allowed keys only
  double temperature = 0;
  double internal_energy = 0;        ///< U = Σ p E
  double entropy = 0;                ///< S of the operator
  double free_energy = 0;            ///< F = U - T S
  double specific_heat = 0;          ///< C = dU/dT at fixed energies; for the softmax computed as Var_p(E)/T²
  double heat_capacity = 0;          ///< the same, found without the fluctuation formula
  double energy_variance = 0;        ///< Var_p(E)
  double inverse_participation = 0;  ///< Σ p²
  double logit_mean = 0;             ///< unweighted mean of z = -E/T over keys
  double logit_variance = 0;         ///< unweighted variance of z over keys
};

/// The row of these energies under an attention operator. The heat capacity is found without the fluctuation formula:
/// for the softmax as T dS/dT by a central difference in T (relative error about 1e-8), for others from their
/// equilibrium condition (`heat_capacity` of attention/operators.hpp).
EquilibriumRow equilibrium_row(const Operator& op, VectorView energies, double temperature);

/// An observable and what rows at one point say of it.
struct RowStatistic {
  std::string name;
  std::string meaning;
  double mean = 0;
  double error = 0;      ///< standard error of the mean (jackknife for quantities derived from several means)
  double deviation = 0;  ///< standard deviation over rows; error·√rows for derived quantities
};

/// Statistics of all observables of independent rows: U, S, F, annealed F, C (canonical, pooled, normalized, over its
/// bound), participation and the candidates for κ (docs/theory.md, sections 3 and 4).
std::vector<RowStatistic> row_statistics(const std::vector<EquilibriumRow>& rows);

}  // namespace softmech
