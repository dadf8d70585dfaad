// Scores of the last token's query, by tables over tokens, and their gradient's way back.
#pragma once

#include <softmech/learning/answer_tables.hpp>
#include <softmech/learning/network.hpp>

#include <vector>

namespace softmech {

/// z_hj = ⟨R_l q_h, R_j k_hj⟩/√d_h of the last token l with the keys j of an example, R_i the rotation of RoPE (or
/// none).
///
/// With three tokens the query is one vector, and a key's score is linear in its token's input: x_j · u_hj with
/// u_hj = W_K^h R_jᵀ R_l q_h/√d_h. With two tokens the query is the second one's.
template <class Scalar>
class AnswerScores {
 public:
  AnswerScores(const NetworkShape& shape, const AnswerKernels<Scalar>& kernels);

  void fold(const AnswerTensors<const Scalar>& tensors);
  /// scores[key][example * heads + head]
  void score(std::int64_t examples, const std::int32_t* first, const std::int32_t* second, Scalar* const* scores);

  /// The scores of all rows of attention, not only the last token's: first the tokens' queries and keys at every
  /// position, then the examples.
  void project_all(const AnswerTensors<const Scalar>& tensors);
  void score_all(const Examples& examples, AttentionScores<Scalar>& scores);

  void clear_gradient();
  /// Adds the gradient of the scores of some examples; overwrites it.
  void add_gradient(std::int64_t examples, const std::int32_t* first, const std::int32_t* second,
                    Scalar* const* gradient);
  /// Gradients of query and key; embedding and positions are added to.
  void unfold(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient);

 private:
  using Array = WorkspaceArray<Scalar>;

  void sum_inputs(const AnswerTensors<const Scalar>& tensors, std::int64_t position, Array& inputs);
  void score_tokens(const Scalar* query, bool last_query, const Scalar* key, bool last_key, Scalar* to) const;
  void fold_constant_query(const AnswerTensors<const Scalar>& tensors);
  void unfold_constant_query(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient);
  void fold_pairs(const AnswerTensors<const Scalar>& tensors);
  void unfold_pairs(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient);
  void unfold_projection(const Scalar* weights, const Scalar* gradient, const Scalar* inputs, std::int64_t position,
                         Scalar factor, Scalar* weights_gradient, const AnswerTensors<Scalar>& tensors_gradient);
  void project(const Scalar* weights, std::int64_t position, Scalar factor, const Scalar* inputs, Scalar* to,
               std::int64_t first_token = 0);
  void rotate(Scalar* components, std::int64_t steps) const;
  void transpose_keys(const Scalar* weights);

  const AnswerKernels<Scalar>* kernels_;
  std::int64_t vocabulary_, width_, heads_, head_dim_, padded_dim_, positions_;
  bool causal_;
  Scalar inverse_temperature_;  ///< 1/√d_h
  struct Turn {
    Scalar cosine, sine;
  };
  std::vector<Turn> turns_[2];  ///< [steps - 1][component pair] by one and by two positions; empty without RoPE

  // Three tokens
  Array last_input_, query_, query_gradient_;           ///< [width], [component of all heads]
  Array turned_, turned_gradient_;                      ///< [key][head][component] R_jᵀ R_l q_h/√d_h
  Array direction_, direction_gradient_, direction_t_;  ///< [key][head][width] u_hj; [width][key][head] of two keys
  Array weights_t_;                                     ///< [head][component][width]
  Array by_token_, by_token_gradient_;                  ///< [token][key][head] scores of the first two keys
  Array constant_, constant_gradient_;                  ///< [key][head] what no token changes
  // Two tokens
  Array inputs_[3], projected_[3], projected_gradient_[3];  ///< [token][width]; Q1, K0, K1 [token][head][component]
  Array own_, own_gradient_;                                ///< [token][head] score of the second token with itself
  Array scratch_, all_queries_[3], all_keys_[3];
};

}  // namespace softmech
