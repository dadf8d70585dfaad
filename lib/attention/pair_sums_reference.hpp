// The sums over pairs of tokens as their formulas say: plain loops with std::exp, one row at a time.
#pragma once

#include <softmech/attention/pair_sums.hpp>

namespace softmech {

/// z_ij = β⟨q_i, k_j⟩ + b(|i − j|) of every key; −∞ where the query does not attend.
Vector pair_scores_reference(const PairScores& scores, Eigen::Index query);

/// shift_i = max_j z_ij, sum_i = Σ_j e^{z_ij − shift_i}.
void partition_reference(const PairScores& scores, PartitionSums& rows);
/// mean_i = Σ_j A_ij v_j, A_ij = e^{z_ij}/Z_i.
void attend_reference(const PairScores& scores, const RowMatrix& values, PartitionSums& rows, RowMatrix& mean);
/// back_j = Σ_i A_ij u_i.
void attend_back_reference(const PairScores& scores, const PartitionSums& rows, const RowMatrix& sources,
                           RowMatrix& back);

}  // namespace softmech
