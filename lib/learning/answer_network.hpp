// One layer, read at the last token, fast: by tables over tokens and the active hidden units alone.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>
#include <softmech/learning/network.hpp>

#include <memory>

namespace softmech {

/// How AnswerNetwork computes; the mathematics is the same for all of them.
struct AnswerNetworkSettings {
  /// The bits are the same for all.
  InstructionSet instructions = best_instruction_set();
  /// Units that are active on most examples use max(y, 0) = y + max(-y, 0): fewer numbers to touch. In single
  /// precision the gradient's error grows by up to a quarter (measured over whole runs at p = 31 and 113), which is why
  /// it is on.
  bool fold_signs = true;
};

/// The network of NetworkShape with one layer, for batches whose sequences are [a, b] or [a, b, =]. Exact, not an
/// approximation: the network is linear in the tokens but for the attention weights, the ReLU and the softmax, so all
/// other products are formed for tokens, not for examples (AnswerTables, AnswerScores).
///
/// The same arguments give the same bits, whatever was called before. A batch must be sorted as Examples says; an empty
/// one throws std::invalid_argument.
template <class Number>
class AnswerNetwork {
 public:
  using Scalar = Number;

  /// One layer, softmax, ReLU units, no normalization, two or three tokens.
  static bool supports(const NetworkShape& shape);

  /// Throws std::invalid_argument for a shape that is not supported.
  explicit AnswerNetwork(const NetworkShape& shape, const AnswerNetworkSettings& settings = {});
  ~AnswerNetwork();
  AnswerNetwork(AnswerNetwork&&) noexcept;
  AnswerNetwork& operator=(AnswerNetwork&&) noexcept;

  BatchLoss loss_and_gradient(const Parameters<Scalar>& parameters, const Examples& examples,
                              Parameters<Scalar>& gradient);
  BatchLoss loss(const Parameters<Scalar>& parameters, const Examples& examples);
  void attention_scores(const Parameters<Scalar>& parameters, const Examples& examples,
                        AttentionScores<Scalar>& scores);
  Representations<Scalar> representations(const Parameters<Scalar>& parameters, const Examples& examples);

  /// Until release(), the numbers in this array do not change: calls that get it find its tables if an earlier one made
  /// them. See HeldParameters.
  void hold(const Parameters<Scalar>& parameters);
  void release();

  /// Share of the (example, hidden unit) entries that the last call had to touch.
  double touched_share() const;

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

extern template class AnswerNetwork<float>;
extern template class AnswerNetwork<double>;

}  // namespace softmech
