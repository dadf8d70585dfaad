// Pair sums by the kernels of pair_kernels.hpp, in one precision.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>
#include <softmech/geometry/vector.hpp>

#include <cstdint>

namespace softmech {

struct PairScores;
struct PairMask;
struct PartitionSums;
template <class Scalar>
struct PairKernels;
template <class Scalar>
struct PairProblem;
struct PairTotals;

/// The functions of PairSums; arguments are checked there. `values` and `mean` may be null: partition sums only.
template <class Scalar>
class FastPairSums {
 public:
  FastPairSums(InstructionSet instructions, bool parallel);

  /// Whether round-off leaves the largest scores a meaning, |z| < 1e15 (single precision: 1e8); they are refused
  /// otherwise.
  bool can_do(const PairScores& scores) const;
  void attend(const PairScores& scores, const RowMatrix* values, PartitionSums& rows, RowMatrix* mean);
  void attend_back(const PairScores& scores, const PartitionSums& rows, const RowMatrix& sources, RowMatrix& back);

 private:
  using Numbers = Eigen::Array<Scalar, Eigen::Dynamic, 1>;
  using Doubles = Eigen::ArrayXd;
  using Problem = PairProblem<Scalar>;
  enum class Direction { forward, back };

  Problem pack(const RowMatrix& lanes, const RowMatrix& keys, double beta);
  void pack_values(const RowMatrix& values, const Vector* factors, Problem& problem);
  void pack_lane_offset(const Vector& shift, Problem& problem);
  void pack_bias(const PairMask& mask, Direction direction, Problem& problem);
  void find_shift(const PairScores& scores, Problem& problem, Vector& shift);
  void sum_rows(const Problem& problem);
  void sum_symmetric(const Problem& problem);
  void unpack(const Problem& problem, RowMatrix& means, const Vector* divisors) const;
  template <class Body>
  void for_each_component(const Problem& problem, Eigen::Index dim, Body body) const;
  PairTotals totals_in(Doubles& sums, std::int64_t offset, const Problem& problem) const;
  template <class Body>
  void for_each(std::int64_t count, Body body) const;

  const PairKernels<Scalar>* kernels_;
  bool parallel_;
  Numbers lanes_, keys_, values_, fours_, lane_values_, lane_offset_, key_offset_, bias_;
  Doubles sums_;          ///< [padded] sums, then [block][value] totals
  Doubles private_sums_;  ///< of a group of strips, or of each: the same, then the strip's scratch
};

}  // namespace softmech
