// What the rows of attention among tokens are like: their thermodynamics, and how far they are from symmetric.
#pragma once

#include <softmech/attention/pair_sums.hpp>

namespace softmech {

/// Means over the n rows of one head.
struct AttentionMeans {
  double free_energy = 0;      ///< F = −T ln Z
  double internal_energy = 0;  ///< U = ⟨E⟩
  double entropy = 0;          ///< S, in nats
  double specific_heat = 0;    ///< C = Var(E)/T²
};

/// The thermodynamics of every row at T = 1/β, over the keys that its query may attend to, with energies
/// E_ij = −z_ij/β = −⟨q_i, k_j⟩ − b(|i − j|)/β; averaged over rows. O(n²d) time, O(n · block) memory.
/// @throws std::invalid_argument unless β > 0 and finite (no temperature otherwise) and the vectors are finite.
AttentionMeans attention_means(const PairScores& scores);

/// ‖A − Aᵀ‖_F/‖A‖_F of the attention matrix A_ij = e^{z_ij − shift_i}/sum_i, in [0, √2]: 0 if every pair attends to
/// each other equally, √2 if nowhere both ways. `rows` is what PairSums::partition found. Summed entry by entry, so
/// that small defects are not lost in rounding. O(n²d) time, O(block²) memory.
/// @throws std::invalid_argument if rows and scores differ in size.
double reciprocity_defect(const PairScores& scores, const PartitionSums& rows);

/// (1/n) Σ_i A_ii, in [0, 1]; O(nd). `rows` as above.
double mean_self_weight(const PairScores& scores, const PartitionSums& rows);

}  // namespace softmech
