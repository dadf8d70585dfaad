// Sums over all pairs of n tokens with attention weights: what every token feels from all others.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>
#include <softmech/attention/fast_pair_sums.hpp>
#include <softmech/geometry/vector.hpp>

#include <cstdint>

namespace softmech {

/// Which pairs (query i, key j) attend, and the bias b(r) ≤ 0, r = |i − j|, that is added to their score; b(0) = 0.
struct PairMask {
  enum class Decay { none, exponential, power };

  bool causal = false;      ///< only keys j ≤ i
  Eigen::Index window = 0;  ///< only r < window; 0: no window
  Decay decay = Decay::none;
  double rate = 0;  ///< exponential: b = −rate·r (ALiBi; correlation length 1/rate); power: b = −rate·ln(1 + r)

  bool attends(Eigen::Index query, Eigen::Index key) const;
  double bias(Eigen::Index query, Eigen::Index key) const;
  bool is_full() const { return !causal && window == 0 && decay == Decay::none; }
};

/// The scores of one head, z_ij = β⟨q_i, k_j⟩ + b(|i − j|). Vectors are stored by component: entry (c, i) is component
/// c of token i. The matrices must outlive the scores.
struct PairScores {
  double beta = 1;
  PairMask mask;
  const RowMatrix* queries = nullptr;  ///< d × n
  const RowMatrix* keys = nullptr;     ///< d × n; the same object as `queries` if Q = K = 1 and all are unit vectors
  /// Queries and keys are the same unit vectors: z_ij = z_ji ≤ β, so that half of the pairs are enough.
  bool symmetric() const { return queries == keys; }
  /// Whether half of the pairs are enough and β bounds the scores: symmetric, no mask, β ≥ 0.
  bool symmetric_sums() const { return symmetric() && mask.is_full() && beta >= 0; }
};

/// The partition sums of the rows, Z_i = Σ_j e^{z_ij} = sum_i e^{shift_i}, kept in two factors that do not overflow.
struct PartitionSums {
  Vector shift;
  Vector sum;
};

/// How pair sums are computed.
struct PairSettings {
  enum class Kernel { fast, reference };
  enum class Precision { double_precision, single_precision };

  Kernel kernel = Kernel::fast;
  InstructionSet instructions = best_instruction_set();
  /// Single precision: weights and products in fp32, sums over blocks of keys in fp64.
  Precision precision = Precision::double_precision;
  /// Whether the rows of one system are shared among threads; the bits do not depend on their number.
  bool parallel = false;
};

/// Pair sums over n tokens; keeps its buffers from call to call. The fast kernel holds a tile of scores in registers
/// and never forms the n × n matrix: memory O(nd).
class PairSums {
 public:
  explicit PairSums(PairSettings settings = {});
  const PairSettings& settings() const { return settings_; }

  /// Z_i of every query.
  void partition(const PairScores& scores, PartitionSums& rows);
  /// Z_i and the attention's mean of the values, mean_i = Σ_j A_ij v_j, A_ij = e^{z_ij}/Z_i. values and mean: d_v × n.
  void attend(const PairScores& scores, const RowMatrix& values, PartitionSums& rows, RowMatrix& mean);
  /// The transposed sum, back_j = Σ_i A_ij u_i, given the Z_i that `partition` or `attend` found. sources, back: d_u ×
  /// n.
  void attend_back(const PairScores& scores, const PartitionSums& rows, const RowMatrix& sources, RowMatrix& back);

 private:
  template <class Run>
  bool run_fast(const PairScores& scores, Run run);

  PairSettings settings_;
  FastPairSums<double> double_precision_;
  FastPairSums<float> single_precision_;
};

}  // namespace softmech
