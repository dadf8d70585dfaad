// The loops of AnswerNetwork that take its time, compiled once for AVX2 and once for AVX-512.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>

#include <cstddef>
#include <cstdint>

namespace softmech {

/// Columns of tables and activations come in blocks of 128 bytes.
template <class Scalar>
inline constexpr std::int64_t block_columns = 128 / static_cast<std::int64_t>(sizeof(Scalar));

/// Examples whose logits, hidden units and their gradients are worked on together; at most 64, the bits of a word.
inline constexpr std::int64_t tile_examples = 48;

/// C = A B, or C += A B: A [rows, depth] with any strides, B [depth, columns] and C [rows, columns] row-major.
template <class Scalar>
struct Product {
  std::int64_t rows, depth, columns;
  const Scalar* a;
  std::int64_t a_row, a_depth;  ///< strides of A; 1 and the row's length for a transposed matrix
  const Scalar* b;
  std::int64_t b_row;
  Scalar* c;
  std::int64_t c_row;
  bool add = false;
};

/// Consecutive examples of a batch on their way through the network: where everything of them lies.
///
/// H heads; the columns are those of the hidden units (hidden_blocks) and then those of the logits (output_blocks),
/// both padded to whole blocks. An example (a, b) has in column c, before the activation,
///   y_c = base_c(b) + Σ_h (w0_h (table_h[a] + table_h[difference_row]) + w1_h table_h[b])_c.
template <class Scalar>
struct AnswerChunk {
  std::int64_t examples = 0, heads = 0, hidden_blocks = 0, output_blocks = 0, outputs = 0;
  const std::int32_t* first = nullptr;      ///< [example] sorted
  const std::int32_t* second = nullptr;     ///< [example]
  const std::int32_t* answer = nullptr;     ///< [example]
  const std::int32_t* by_second = nullptr;  ///< [example] the examples' numbers, ordered by second
  const Scalar* weight_first = nullptr;     ///< [example][head] w0
  const Scalar* weight_second = nullptr;    ///< [example][head] w1
  std::int64_t table_rows = 0, difference_row = 0;
  const Scalar* table = nullptr;             ///< [block][row][head][column]
  Scalar* table_gradient = nullptr;          ///< as table
  std::int64_t base_rows = 0;                ///< 1, or one for every token b
  const Scalar* base = nullptr;              ///< [block][base row][column]
  Scalar* base_gradient = nullptr;           ///< as base
  const Scalar* sign = nullptr;              ///< [hidden unit] +1, or -1 where max(-y, 0) is taken
  const Scalar* readout = nullptr;           ///< [hidden unit][output] what an active unit adds to the logits
  Scalar* readout_gradient = nullptr;        ///< as readout
  Scalar* hidden = nullptr;                  ///< [hidden block][example][column] max(±y, 0), later d loss/d y
  std::uint32_t* active = nullptr;           ///< [hidden block][example] bit c: unit c of the block is not 0
  Scalar* logits = nullptr;                  ///< [example][output], padded; later d loss/d logits
  Scalar* gap = nullptr;                     ///< [example] largest logit - the answer's
  Scalar* others = nullptr;                  ///< [example] Σ e^{logit - largest} over all but the answer
  std::uint32_t* correct = nullptr;          ///< [example] 1 if the answer's logit is the first largest
  Scalar* weight_first_gradient = nullptr;   ///< [example][head]
  Scalar* weight_second_gradient = nullptr;  ///< [example][head]
  Scalar* scratch = nullptr;                 ///< [block][head][column], then [2 heads] of 64 bytes
};

/// Scores of an example that need both tokens: z_h(a, b) = ⟨query_h[b], key_h[a]⟩, heads padded to 64 bytes.
template <class Scalar>
struct ExampleScores {
  std::int64_t examples, heads, head_dim;  ///< head_dim with its padding
  const std::int32_t* first;
  const std::int32_t* second;
  const Scalar* query;     ///< [token][head][component]
  const Scalar* key;       ///< [token][head][component]
  Scalar* query_gradient;  ///< as query
  Scalar* key_gradient;    ///< as key
  Scalar* score;           ///< [example][head]; its gradient on the way back
};

/// All sums have the same order for both instruction sets, so that they give the same bits.
template <class Scalar>
struct AnswerKernels {
  void (*multiply)(const Product<Scalar>& product);
  /// Weights e^{z_j}/Σ e^{z_k} of 2 or 3 keys, in place; scores[key] holds `count` numbers, a multiple of 64 bytes.
  void (*softmax)(std::int64_t keys, std::int64_t count, Scalar* const* scores);
  /// y of the blocks from `begin` to `end`: hidden units with their activation and bits, logits as they are.
  void (*mix)(const AnswerChunk<Scalar>& chunk, std::int64_t begin, std::int64_t end);
  /// Adds the active units' rows of `readout` to the logits of the examples from `begin` to `end`.
  void (*add_active)(const AnswerChunk<Scalar>& chunk, std::int64_t begin, std::int64_t end);
  /// gap, others, correct; the logits become d loss/d logits times `scale`.
  void (*cross_entropy)(const AnswerChunk<Scalar>& chunk, std::int64_t begin, std::int64_t end, Scalar scale);
  /// Adds to readout_gradient; the active hidden units become d loss/d y. At most tile_examples at a time.
  void (*active_gradient)(const AnswerChunk<Scalar>& chunk, std::int64_t begin, std::int64_t end);
  /// weight_first_gradient and weight_second_gradient.
  void (*weight_gradient)(const AnswerChunk<Scalar>& chunk);
  /// Adds to table_gradient and base_gradient.
  void (*table_gradient)(const AnswerChunk<Scalar>& chunk);
  void (*pair_scores)(const ExampleScores<Scalar>& pairs);
  void (*pair_scores_gradient)(const ExampleScores<Scalar>& pairs);
};

template <class Scalar>
const AnswerKernels<Scalar>& answer_kernels(InstructionSet instructions);

template <class Scalar>
const AnswerKernels<Scalar>& answer_kernels_avx2();
template <class Scalar>
const AnswerKernels<Scalar>& answer_kernels_avx512();

}  // namespace softmech
