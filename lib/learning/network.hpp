// What every network offers to training and to the observables.
#pragma once

#include <softmech/learning/examples.hpp>
#include <softmech/learning/network_shape.hpp>
#include <softmech/learning/parameters.hpp>

#include <concepts>
#include <cstdint>
#include <vector>

namespace softmech {

/// Means over a batch, from the logits at the last token.
struct BatchLoss {
  double loss = 0;      ///< cross entropy −ln p(answer), nats
  double accuracy = 0;  ///< share of examples whose largest logit is the answer's (ties: the first counts)
};

/// The scores z = ⟨q, k⟩/√d_h of every attention row: energies are E = −√d_h z, the temperature is T = √d_h.
template <class Scalar>
class AttentionScores {
 public:
  using Block = Eigen::Array<Scalar, Eigen::Dynamic, Eigen::Dynamic>;  // column-major: [example, key]

  AttentionScores() = default;
  AttentionScores(const NetworkShape& shape, std::size_t examples)
      : heads_(shape.heads),
        positions_(shape.positions),
        blocks_(static_cast<std::size_t>(shape.layers * shape.heads * shape.positions)) {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      const auto query = static_cast<std::int64_t>(i) % positions_;
      blocks_[i].resize(static_cast<Eigen::Index>(examples), shape.keys_of(query));
    }
  }

  /// z of one head's rows at one query position, [example, key]: a key's scores are contiguous over the examples, which
  /// stand in the order of the batch.
  Block& operator()(std::int64_t layer, std::int64_t head, std::int64_t query) {
    return blocks_[static_cast<std::size_t>((layer * heads_ + head) * positions_ + query)];
  }
  const Block& operator()(std::int64_t layer, std::int64_t head, std::int64_t query) const {
    return blocks_[static_cast<std::size_t>((layer * heads_ + head) * positions_ + query)];
  }

 private:
  std::int64_t heads_ = 0, positions_ = 0;
  std::vector<Block> blocks_;  // [layer][head][query]
};

/// One row per example.
template <class Scalar>
using Representations = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A transformer with its workspace; single-threaded. `parameters` and `gradient` are laid out by ParameterLayout.
template <class N>
concept Network = requires(N& network, const Parameters<typename N::Scalar>& parameters, const Examples& examples,
                           Parameters<typename N::Scalar>& gradient, AttentionScores<typename N::Scalar>& scores) {
  /// The mean loss of the batch and its gradient, which is overwritten.
  { network.loss_and_gradient(parameters, examples, gradient) } -> std::same_as<BatchLoss>;
  /// The mean loss alone.
  { network.loss(parameters, examples) } -> std::same_as<BatchLoss>;
  /// Fills the scores of all rows.
  { network.attention_scores(parameters, examples, scores) } -> std::same_as<void>;
  /// The residual stream at the last token as the unembedding reads it, [example, width].
  { network.representations(parameters, examples) } -> std::same_as<Representations<typename N::Scalar>>;
};

/// While it lives, the parameters stay as they are, and a network that can keeps what follows from them alone from one
/// call to the next. Changes no bit.
template <Network N>
class HeldParameters {
 public:
  HeldParameters(N& network, const Parameters<typename N::Scalar>& parameters) : network_(network) {
    if constexpr (requires { network.hold(parameters); }) network.hold(parameters);
  }
  ~HeldParameters() {
    if constexpr (requires { network_.release(); }) network_.release();
  }
  HeldParameters(const HeldParameters&) = delete;
  HeldParameters& operator=(const HeldParameters&) = delete;

 private:
  N& network_;
};

}  // namespace softmech
