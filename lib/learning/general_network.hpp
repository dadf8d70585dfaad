// A transformer of any shape, and its gradient: the readable reference of everything that learns.
#pragma once

#include <softmech/learning/network.hpp>
#include <softmech/learning/network_parts.hpp>

#include <optional>
#include <vector>

namespace softmech {

/// The network of NetworkShape. Examples go through it in tiles, so its memory does not grow with their number; in the
/// last layer only the last token's query and MLP are computed, since nothing reads the others. Single-threaded.
template <class Scalar_>
class GeneralNetwork {
 public:
  using Scalar = Scalar_;

  /// `tile` is the number of examples computed at a time; 0 chooses it to fit the cache. It changes round-off only.
  explicit GeneralNetwork(const NetworkShape& shape, Eigen::Index tile = 0);

  BatchLoss loss_and_gradient(const Parameters<Scalar>& parameters, const Examples& examples,
                              Parameters<Scalar>& gradient);
  BatchLoss loss(const Parameters<Scalar>& parameters, const Examples& examples);
  void attention_scores(const Parameters<Scalar>& parameters, const Examples& examples,
                        AttentionScores<Scalar>& scores);
  Representations<Scalar> representations(const Parameters<Scalar>& parameters, const Examples& examples);

  const NetworkShape& shape() const { return shape_; }
  const ParameterLayout& layout() const { return layout_; }

 private:
  using Index = Eigen::Index;

  struct NormalizationPlaces {
    Index weight = 0, bias = 0;
  };
  /// Where the tensors of a layer lie in the parameters.
  struct LayerPlaces {
    NormalizationPlaces ln1, ln2;
    Index w_q = 0, w_k = 0, w_v = 0, w_o = 0, w_in = 0, b_in = 0, w_out = 0, b_out = 0;
  };
  /// The input of a layer's attention. Query rows: those of all positions, in the last layer of the last position only.
  struct Projection {
    Rows<Scalar> x;          // [row, width]                  residual stream
    Normalized<Scalar> ln1;  // [row, width]
    Rows<Scalar> q;          // [query row, head · head_dim]
    Rows<Scalar> kv;         // [row, 2 · head · head_dim]    keys, then values
  };
  /// What else the forward pass of a layer leaves for the backward pass.
  struct LayerState {
    Projection input;
    Rows<Scalar> weights;    // [query row, head · position]
    Rows<Scalar> mixed;      // [query row, head · head_dim]
    Rows<Scalar> y;          // [query row, width]            residual stream before the MLP
    Normalized<Scalar> ln2;  // [query row, width]
    Rows<Scalar> hidden;     // [query row, mlp_width]
    Rows<Scalar> slope;      // [query row, mlp_width]        GELU only
    Rows<Scalar> w_qkv;      // [width, 3 · head · head_dim]  W_Q, W_K, W_V side by side
    Rows<Scalar> d_w_qkv;    // [width, 3 · head · head_dim]
  };
  /// The first layer's input depends on token and position only: it is computed once for every token that occurs, and
  /// gathered. Row position · size() + slot(token).
  struct TokenTable {
    std::vector<std::int32_t> tokens;
    std::vector<Index> slot;  // [vocabulary]
    Projection input;
    Rows<Scalar> dx, dq, dkv;

    Index size() const { return static_cast<Index>(tokens.size()); }
  };
  /// Examples [begin, begin + size) of a batch.
  struct Tile {
    std::size_t begin = 0;
    Index size = 0;
  };

  void find_places();
  void resize(Index tile);
  void resize(Projection& input, Index rows, Index query_rows) const;
  BatchLoss mean(const LossSum& sum, const Examples& examples) const;
  template <class Function>
  void for_each_tile(const Examples& examples, Function&& function) const;

  void pack(const Parameters<Scalar>& parameters);
  void unpack_gradient(Parameters<Scalar>& gradient) const;

  void find_tokens(const Examples& examples);
  void embed(const Parameters<Scalar>& parameters);
  void embed_backward(Parameters<Scalar>& gradient) const;
  void gather(const Examples& examples, Tile tile, Index query_positions);
  void scatter_backward(const Examples& examples, Tile tile);

  void project(const Parameters<Scalar>& parameters, std::size_t layer, Projection& input, Index n,
               Index query_positions);
  void project_backward(const Parameters<Scalar>& parameters, std::size_t layer, const Projection& input, Index n,
                        MutableRows<Scalar> dq, MutableRows<Scalar> dkv, MutableRows<Scalar> dx,
                        Parameters<Scalar>& gradient);
  void attention(const Parameters<Scalar>& parameters, std::size_t layer, Index n);
  void attention_backward(const Parameters<Scalar>& parameters, std::size_t layer, Index n,
                          Parameters<Scalar>& gradient);
  void mlp(const Parameters<Scalar>& parameters, std::size_t layer, Index n);
  void mlp_backward(const Parameters<Scalar>& parameters, std::size_t layer, Index n, Parameters<Scalar>& gradient);
  void unembed(const Parameters<Scalar>& parameters, Index n);
  void unembed_backward(const Parameters<Scalar>& parameters, Index n, Parameters<Scalar>& gradient);

  void begin(const Parameters<Scalar>& parameters, const Examples& examples);
  void forward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile);
  void backward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile,
                Parameters<Scalar>& gradient);
  void end_backward(const Parameters<Scalar>& parameters, Parameters<Scalar>& gradient);

  ConstRows<Scalar> normalized(const Parameters<Scalar>& parameters, const NormalizationPlaces& places,
                               ConstRows<Scalar> x, Normalized<Scalar>& state) const;
  /// n(x) again, after the forward pass.
  ConstRows<Scalar> normalized(ConstRows<Scalar> x, const Normalized<Scalar>& state) const;
  void normalized_backward(const Parameters<Scalar>& parameters, const NormalizationPlaces& places,
                           const Normalized<Scalar>& state, MutableRows<Scalar> d_out, MutableRows<Scalar> dx,
                           Parameters<Scalar>& gradient) const;
  MutableRows<Scalar> slope(LayerState& state, Index rows) const;
  /// The positions whose queries are computed in a layer.
  Index queries(std::size_t layer) const { return layer + 1 < layers_.size() ? shape_.positions : 1; }
  /// Where the table has the token at a position of an example.
  Index table_row(const Examples& examples, std::size_t example, Index position) const;

  NetworkShape shape_;
  ParameterLayout layout_;
  Index head_width_ = 0;  // heads · head_dim
  Index tile_ = 0;
  std::optional<RotaryTable<Scalar>> rotary_;
  Index w_e_ = 0, w_pos_ = 0, w_u_ = 0;
  NormalizationPlaces ln_final_places_;
  std::vector<LayerPlaces> places_;

  TokenTable table_;
  std::vector<LayerState> layers_;
  Rows<Scalar> last_;            // [example, width]  residual stream at the last token
  Normalized<Scalar> ln_final_;  // [example, width]
  Rows<Scalar> logits_;          // [example, vocabulary]  then their gradient
  Rows<Scalar> dx_;              // [row, width]  gradient of the residual stream
  Rows<Scalar> d_normalized_;    // [row, width]  as many rows as a tile or the table of tokens has
  Rows<Scalar> d_mixed_;         // [query row, head · head_dim]
  Rows<Scalar> d_weights_;       // [query row, head · position]
  Rows<Scalar> dq_, dkv_;        // as q, kv
  Rows<Scalar> d_hidden_;        // [query row, mlp_width]
};

}  // namespace softmech
