// Sums over all pairs of n tokens on the circle in O(n √β): e^{β cos t} as its Fourier series.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>
#include <softmech/attention/pair_sums.hpp>
#include <softmech/geometry/vector.hpp>

namespace softmech {

/// Pair sums for d = 2, Q = K = V = 1, without a mask: tokens x_i = (cos θ_i, sin θ_i), weights e^{β cos(θ_j − θ_i)}.
///
/// e^{β cos t} = I_0(β) + 2 Σ_m I_m(β) cos mt (Jacobi and Anger; Abramowitz & Stegun 9.6.34), so that
///   Z_i = Σ_m (2 − δ_m0) I_m Re(z̄_i^m P_m), P_m = Σ_j z_j^m, z = e^{iθ}: one pass for the P_m, one for the Z_i.
/// 9√β + 16 terms or so leave less than 1e-16; they cost as much as pairs do where they are as many as the tokens.
/// Round-off changes Z_i by about 1e-16 β, relatively, as it does in sums over pairs; that of a token far from all
/// others, whose Z_i e^{-β} is near 1, by 3e-17 n.
class CircleSums {
 public:
  explicit CircleSums(InstructionSet instructions = best_instruction_set()) : instructions_(instructions) {}

  /// β up to which the functions below may be called.
  static constexpr double largest_beta = 1e4;

  /// Z_i (shift = β) and the tangential component of the attention's mean, tangent_i = Σ_j A_ij sin(θ_j − θ_i).
  /// tokens: 2 × n, unit vectors; 0 ≤ β ≤ largest_beta.
  void attend(const RowMatrix& tokens, double beta, PartitionSums& rows, Vector& tangent);
  /// The tangential component of the transposed sum, back_i = Σ_j A_ji sin(θ_j − θ_i), given the Z_i that `attend`
  /// found.
  void attend_back(const RowMatrix& tokens, double beta, const PartitionSums& rows, Vector& back);

  /// Terms of the series at the last β.
  Eigen::Index terms() const { return terms_; }

 private:
  using Array = Eigen::ArrayXd;

  void prepare(const RowMatrix& tokens, double beta);
  void find_moments();
  void set_series();
  void evaluate();

  InstructionSet instructions_;
  double beta_ = -1;
  Eigen::Index tokens_ = 0, padded_ = 0, terms_ = 0;
  Array bessel_;                  ///< e^{-β} I_m, m = 0 … terms
  Array cosine_, sine_, factor_;  ///< [padded] of the tokens; a token's factor in the moments
  Array moments_;                 ///< [m − 1] Re P_m, then [m − 1] Im P_m
  Array lanes_;                   ///< sums of lanes on the way to moments
  Array series_;                  ///< [m − 1][4] coefficients of Re z^m and Im z^m: of Z, of the tangent
  Array sum_, tangent_;           ///< [padded]
};

}  // namespace softmech
