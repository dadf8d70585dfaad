// First and second law of one attention row: work, heat and dissipation of a change of energies and weights.
#pragma once

#include "softmech/geometry/vector.hpp"

namespace softmech {

struct WorkHeat {
  double work = 0;
  double heat = 0;
};

/// W = Σ p_i (E'_i - E_i) and Q = Σ E'_i (p'_i - p_i) of a change (E, p) → (E', p'): ΔU = W + Q, up to round-off.
/// Work comes first, at the old weights; then the weights change, at the new energies. Units of energy.
WorkHeat work_and_heat(VectorView energies, VectorView weights, VectorView new_energies, VectorView new_weights);

struct SuddenChange {
  double work = 0;         // W = Σ p_i (E'_i - E_i), p = softmax(-E/T)
  double free_energy = 0;  // ΔF = F(E') - F(E)
  double dissipation = 0;  // W - ΔF ≥ 0
};

/// Energies jump E → E' from equilibrium at temperature T, then the row relaxes at E'.
///
/// W - ΔF = T·KL(p‖p'), p' = softmax(-E'/T) (Kawai, Parrondo & Van den Broeck, PRL 98 (2007) 080602). The dissipation
/// is computed from that sum of terms ≥ 0, so it keeps its relative accuracy for small jumps, where it is of second
/// order.
SuddenChange sudden_change(VectorView energies, VectorView new_energies, double temperature);

}  // namespace softmech
