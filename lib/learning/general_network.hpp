// A transformer of any shape, and its gradient: the readable reference of everything that learns.
#pragma once

#include <softmech/learning/network.hpp>
#include <softmech/learning/network_layer.hpp>

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

  const ParameterLayout& layout() const { return layout_; }

 private:
  using Index = Eigen::Index;

  /// The first layer's q, k and v depend on token and position only: they are computed once for every token that
  /// occurs, and gathered. Row: position · size() + slot(token).
  struct TokenTable {
    std::vector<std::int32_t> tokens;
    std::vector<Index> slot;  // [vocabulary]
    typename NetworkLayer<Scalar>::Input input;
    Rows<Scalar> dx, dq, dkv;  // as input's x, q, kv

    Index size() const { return static_cast<Index>(tokens.size()); }
  };
  /// Examples [begin, begin + size) of a batch.
  struct Tile {
    std::size_t begin = 0;
    Index size = 0;
  };

  template <class Function>
  void for_each_tile(const Examples& examples, Function&& function) const;
  BatchLoss mean(const LossSum& sum, const Examples& examples) const;

  void find_tokens(const Examples& examples);
  Index table_row(const Examples& examples, std::size_t example, Index position) const;
  void embed(const Parameters<Scalar>& parameters);
  void embed_backward(Parameters<Scalar>& gradient) const;
  void gather(const Examples& examples, Tile tile, Index query_positions);
  void scatter_backward(const Examples& examples, Tile tile);
  void unembed(const Parameters<Scalar>& parameters, Index n);
  void unembed_backward(const Parameters<Scalar>& parameters, Index n, Parameters<Scalar>& gradient);

  void begin(const Parameters<Scalar>& parameters, const Examples& examples);
  void forward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile);
  void backward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile,
                Parameters<Scalar>& gradient);
  void end_backward(const Parameters<Scalar>& parameters, Parameters<Scalar>& gradient);

  NetworkShape shape_;
  ParameterLayout layout_;
  Index tile_;
  Index w_e_, w_pos_ = 0, w_u_;  // places

  std::vector<NetworkLayer<Scalar>> layers_;
  TokenTable table_;
  Rows<Scalar> last_;                   // [example, width]  residual stream at the last token
  NormalizationStep<Scalar> ln_final_;  // [example, width]
  Rows<Scalar> logits_;                 // [example, vocabulary]  then their gradient
  BackwardRows<Scalar> back_;
};

}  // namespace softmech
