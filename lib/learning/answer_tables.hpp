// A one-layer network folded into tables over tokens, and the gradient's way back through the folding.
#pragma once

#include <softmech/learning/answer_kernels.hpp>
#include <softmech/learning/network_shape.hpp>
#include <softmech/learning/parameters.hpp>
#include <softmech/learning/workspace_array.hpp>

namespace softmech {

/// The tensors of a one-layer network in its array of parameters (or of their gradient); no copy. `positions` is null
/// unless position codes are learned.
template <class Number>
struct AnswerTensors {
  Number *embedding, *positions, *query, *key, *value, *output, *in, *in_bias, *out, *out_bias, *unembedding;

  AnswerTensors(const ParameterLayout& layout, Number* numbers);
};

/// What is linear between attention and the units: with x_j the inputs of the tokens and W = [W_in | W_U'],
///   y = x_last W + Σ_h Σ_j A^h_j x_j W_V^h W_O^h W + bias,   y = [pre-activations | direct part of the logits],
///   logits = direct part + Σ_u g_u M_u,   M = W_out W_U.
///
/// Units that are folded (sign -1) use max(y, 0) = y + max(-y, 0): g_u = max(-y_u, 0), and their linear part is in
/// W_U' = W_U + W_in,F M_F and in its bias. All weights of a row of attention sum to one, so a constant can be moved
/// between the tokens: with three tokens x_last is taken out of the tables' inputs and into the base.
template <class Scalar>
class AnswerTables {
 public:
  AnswerTables(const NetworkShape& shape, const AnswerKernels<Scalar>& kernels);

  /// The tables of the hidden units.
  void fold_hidden(const AnswerTensors<const Scalar>& tensors);
  /// The tables of the logits, with signs as they are set.
  void fold_outputs(const AnswerTensors<const Scalar>& tensors);
  /// Signs of the hidden units, padded: +1, or -1 to fold a unit. To be set between the two foldings.
  Scalar* signs() { return sign_.data(); }

  /// Gradients of tables, base and readout to zero.
  void clear_gradient();
  /// Gradients of all tensors but query and key from those of the tables; embedding and positions are added to.
  void unfold(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient);

  /// Sizes, tables and readout of a chunk of examples.
  void describe(AnswerChunk<Scalar>& chunk);

  /// Makes W_out the readout of a chunk and the residual stream at the last token its outputs; no unit is folded.
  void describe_residual(const AnswerTensors<const Scalar>& tensors, AnswerChunk<Scalar>& chunk);
  /// The residual stream without the MLP's units, x_last + Σ_h Σ_j A^h_j x_j W_V^h W_O^h + b_out, to chunk.logits.
  void attended(const AnswerTensors<const Scalar>& tensors, const AnswerChunk<Scalar>& chunk);
  std::int64_t hidden_columns() const { return hidden_; }
  /// Inputs of the last token as the base has them: row t for every token t, or one row for all.
  const Scalar* last_input() const { return inputs_.data() + (rows_ - 1) * width_; }

 private:
  void fold_values(const AnswerTensors<const Scalar>& tensors);
  void fold_columns(const Scalar* weights, std::int64_t weights_row, std::int64_t columns, const Scalar* bias,
                    std::int64_t first_block);
  void gather_folded(const AnswerTensors<const Scalar>& tensors);
  void unfold_tables(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient);
  void unfold_inputs(const AnswerTensors<Scalar>& gradient);
  void unfold_signs(const AnswerTensors<Scalar>& gradient);
  void unfold_readout(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient);

  const AnswerKernels<Scalar>* kernels_;
  std::int64_t vocabulary_, width_, heads_, head_dim_, components_ /* of all heads */, mlp_, positions_;
  std::int64_t rows_;         ///< of the tables: a token each, the difference of positions, the last input
  std::int64_t base_rows_;    ///< 1, or one for every token
  std::int64_t hidden_;       ///< hidden units, padded to whole blocks
  std::int64_t outputs_;      ///< logits, padded
  std::int64_t columns_;      ///< hidden_ + outputs_

  using Array = WorkspaceArray<Scalar>;
  Array inputs_, inputs_gradient_;                      ///< [row][width]
  Array values_, values_gradient_;                      ///< [row][component of all heads]
  Array weights_out_;                                   ///< [width][output] W_U'
  Array weights_t_, weights_t_gradient_;                ///< [column][width] Wᵀ
  Array outputs_of_heads_, outputs_of_heads_gradient_;  ///< [component][column] W_O W
  Array outputs_of_heads_t_;                            ///< [column][component]
  Array value_t_;                                       ///< [component][width] W_Vᵀ of all heads
  Array unembedding_, unembedding_t_;                   ///< [width][output], [output][width] with padding
  Array table_, table_gradient_;                        ///< [block][row][head][column]
  Array base_, base_gradient_;                          ///< [block][base row][column]
  Array bias_;                                          ///< [column]
  Array sign_;                                          ///< [hidden unit]
  Array readout_, readout_gradient_;                    ///< [hidden unit][output] M
  WorkspaceArray<std::int32_t> folded_;                 ///< numbers of the folded units
  std::int64_t folded_count_ = 0;
  Array folded_in_, folded_readout_;  ///< [folded unit][width] W_inᵀ, [folded unit][output] M
  Array ones_;                        ///< [hidden unit] signs of units that are not folded
  Array out_;                         ///< [hidden unit][width] W_out with padding
  Array scratch_;
};

}  // namespace softmech
