// The shape of a transformer: everything about it but its parameters.
#pragma once

#include <softmech/attention/operator_settings.hpp>
#include <softmech/attention/operators.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>

namespace softmech {

enum class Activation { relu, gelu };             ///< GELU: x Φ(x), with the exact normal distribution function
enum class Normalization { none, layer, rms };    ///< before attention, before the MLP and before the unembedding
enum class PositionCode { learned, rope, none };  ///< learned vectors added to the embeddings, or rotated q and k

/// A decoder of token sequences of one fixed length, read off at the last token.
///
///   x_i = W_E[token_i] (+ W_pos[i])
///   in every layer   x ← x + Σ_h Σ_j A^h_ij (n(x_j) W_V^h) W_O^h,   then   x ← x + φ(n(x) W_in + b_in) W_out + b_out
///   logits = n(x_last) W_U
///
/// A^h_i· = op(z_i·), z_ij = ⟨n(x_i) W_Q^h, n(x_j) W_K^h⟩/√d_h, over j ≤ i if causal, over all j if not. n is the
/// normalization (the identity for none; LayerNorm and RMSNorm with ε = 1e-5 under the root). RoPE turns the pairs
/// (c, c + d_h/2) of components of q_i and k_i by the angle i·base^{-2c/d_h}.
struct NetworkShape {
  std::int64_t layers = 1;
  std::int64_t heads = 4;
  std::int64_t width = 128;      ///< d_model
  std::int64_t head_dim = 32;    ///< d_h
  std::int64_t mlp_width = 512;  ///< 0: attention only
  Activation activation = Activation::relu;
  Normalization normalization = Normalization::none;
  PositionCode position_code = PositionCode::learned;
  double rope_base = 1e4;
  bool causal = true;
  Operator attention = Softmax{};
  std::int64_t positions = 3;     ///< tokens of a sequence: 3 for [a, b, =], 2 for [a, b]
  std::int64_t vocabulary = 114;  ///< tokens, and answers of the unembedding: p + 1 with "=", p without

  /// The number of keys a query sees.
  std::int64_t keys_of(std::int64_t query) const { return causal ? query + 1 : positions; }
};

/// model.* of a network: its shape but for the vocabulary, which the task gives.
struct NetworkSettings {
  std::int64_t layers = 1;
  std::int64_t heads = 4;
  std::int64_t width = 128;
  std::int64_t head_dim = 32;
  std::int64_t mlp_width = 512;
  std::string activation = "relu";
  std::string normalization = "none";
  std::string position_code = "learned";
  double rope_base = 1e4;
  bool causal = true;
  std::string tokens = "a b =";
  double init_scale = 1.0;
  OperatorSettings attention;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;
  NetworkShape shape(std::int64_t modulus) const;
};

}  // namespace softmech
