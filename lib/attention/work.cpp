#include "softmech/attention/work.hpp"

#include "softmech/attention/operators.hpp"
#include "softmech/attention/require.hpp"
#include "softmech/attention/summation.hpp"

namespace softmech {

WorkHeat work_and_heat(VectorView energies, VectorView weights, VectorView new_energies, VectorView new_weights) {
  require_size("weights", weights.size(), "energies", energies.size());
  require_size("new_energies", new_energies.size(), "energies", energies.size());
  require_size("new_weights", new_weights.size(), "energies", energies.size());
  const auto work = [&](Eigen::Index key) { return weights[key] * (new_energies[key] - energies[key]); };
  const auto heat = [&](Eigen::Index key) { return new_energies[key] * (new_weights[key] - weights[key]); };
  return {pairwise_sum(0, energies.size(), work), pairwise_sum(0, energies.size(), heat)};
}

SuddenChange sudden_change(VectorView energies, VectorView new_energies, double temperature) {
  const Vector weights = equilibrium(Softmax{}, energies, temperature);
  const double work = work_and_heat(energies, weights, new_energies, weights).work;
  const double dissipation = temperature * kl_to_equilibrium(weights, new_energies, temperature);
  return {work, work - dissipation, dissipation};
}

}  // namespace softmech
