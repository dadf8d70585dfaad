// The loops of PairSums that take its time, compiled once for AVX2 and once for AVX-512.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>

#include <cstdint>

namespace softmech {

/// Weights of all pairs of a token a, one to a lane of a register, with a token b, the same for all lanes:
///   w_ab = e^{y_ab}, y_ab = ⟨lanes_a, keys_b⟩ + bias(a − b) + offset, in units of 1/score_units nats,
/// and their sums over b: sums_a = Σ_b w_ab, totals_a = Σ_b w_ab values_b.
///
/// The components of lanes_a (and totals_a) lie together for a block of tokens a, so that they share no set of the
/// cache: [block][component] stands for [block of tokens][component][token of the block].
///
/// `padded` is the number of tokens n rounded up to blocks of lanes; what is said of [padded] tokens is 0 beyond n, but
/// lane_offset, which is `lowest` there, so that their weights are all but 0.
template <class Scalar>
struct PairProblem {
  std::int64_t tokens = 0, padded = 0, dim = 0;
  std::int64_t value_dim = 0, value_stride = 0;  ///< value_stride: value_dim rounded up to whole registers
  const Scalar* lanes = nullptr;                 ///< [block][dim]
  const Scalar* keys = nullptr;                  ///< [token][dim]
  const Scalar* values = nullptr;                ///< [padded][value_stride]; for symmetric sums
  const Scalar* fours = nullptr;                 ///< [value/4][padded][value mod 4]
  const Scalar* lane_values = nullptr;           ///< [block][value_dim]; for symmetric sums
  /// No y_ab without a bias is below PairKernels::lowest, that of a beyond n included.
  bool scores_are_near = false;
  const Scalar* lane_offset = nullptr;  ///< [padded]
  const Scalar* key_offset = nullptr;   ///< [token]; if given, it is the offset instead of lane_offset_a
  /// Pairs with least ≤ a − b ≤ most attend. bias[r], least − padded < r < most + padded, is very low where they do
  /// not; nullptr: all attend, without bias.
  std::int64_t least = 0, most = 0;
  const Scalar* bias = nullptr;
  bool bias_inside = false;  ///< whether pairs that attend have a bias, too
};

/// Where sums over b go.
struct PairTotals {
  double* sums = nullptr;    ///< [padded]
  double* totals = nullptr;  ///< [block][value_dim]
};

template <class Scalar>
struct PairKernels {
  double score_units;  ///< per nat: what makes the exponential fast
  double lowest;       ///< y below it counts as this; its weight is 2^-1000 (single precision: 2^-120)
  std::int64_t block;  ///< tokens a that are worked on together
  std::int64_t strip;  ///< tokens b of a strip: a multiple of `block`
  std::int64_t lanes;  ///< numbers in a register

  /// The tokens a of the blocks from `begin` to `end` against all b.
  void (*rows)(const PairProblem<Scalar>& problem, std::int64_t begin, std::int64_t end, const PairTotals& into);
  /// The largest ⟨lanes_a, keys_b⟩ + bias over b, in `sums`.
  void (*maxima)(const PairProblem<Scalar>& problem, std::int64_t begin, std::int64_t end, const PairTotals& into);
  /// For w_ab = w_ba: adds the sums of all pairs of b in the strip and a ≥ b to both a's sums and b's.
  /// scratch: strip_scratch numbers.
  void (*symmetric_strip)(const PairProblem<Scalar>& problem, std::int64_t strip, const PairTotals& into,
                          double* scratch);
  std::int64_t (*strip_scratch)(std::int64_t value_dim);
  /// e^{y/score_units} of y ≥ lowest, in place; count: a multiple of `lanes`. What the others take their weights from.
  void (*exponentials)(std::int64_t count, Scalar* y);
};

template <class Scalar>
const PairKernels<Scalar>& pair_kernels(InstructionSet instructions);
template <>
const PairKernels<float>& pair_kernels(InstructionSet instructions);
template <>
const PairKernels<double>& pair_kernels(InstructionSet instructions);

template <class Scalar>
const PairKernels<Scalar>& pair_kernels_avx2();
template <class Scalar>
const PairKernels<Scalar>& pair_kernels_avx512();

}  // namespace softmech
