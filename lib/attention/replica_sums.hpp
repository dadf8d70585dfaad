// Sums over pairs of few tokens on the circle, for many systems at once: every lane of a register is a system.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>
#include <softmech/geometry/vector.hpp>

namespace softmech {

/// R independent systems of n tokens at d = 2, Q = K = V = 1: token i of replica r is the unit vector
/// (x(i, r), y(i, r)) = (cos θ, sin θ). For each,
///   sum(i, r) = Σ_j w_ij, force(i, r) = Σ_j w_ij sin(θ_j − θ_i), w_ij = e^{β(cos(θ_j − θ_i) − 1)},
/// so that SA's θ̇_i is force/sum and USA's force e^β/n. β ≥ 0. Faster than one system after another for n ≤ 32 and R
/// ≥ 8.
///
/// Arrays are n × R. A replica's numbers do not depend on the others, nor on its place among them.
class ReplicaSums {
 public:
  explicit ReplicaSums(InstructionSet instructions = best_instruction_set()) : instructions_(instructions) {}

  void attend(const RowMatrix& x, const RowMatrix& y, double beta, RowMatrix& sum, RowMatrix& force);

 private:
  InstructionSet instructions_;
  RowMatrix last_;  ///< the replicas of the last, incomplete register: x, y, sum, force
};

namespace detail {
/// Replicas side by side, `stride` numbers from a token to the next.
struct Replicas {
  Eigen::Index tokens, stride;
  const double *x, *y;
  double *sum, *force;
};
/// The replicas from `begin` to `end`, a multiple of eight of them.
void replica_sums_avx2(const Replicas& replicas, double beta, Eigen::Index begin, Eigen::Index end);
void replica_sums_avx512(const Replicas& replicas, double beta, Eigen::Index begin, Eigen::Index end);
}  // namespace detail

}  // namespace softmech
