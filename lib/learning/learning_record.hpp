// The curves of a training run: losses, attention thermodynamics, norms and spectra, sampled along the updates.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/learning/attention_record.hpp>
#include <softmech/learning/spectra.hpp>
#include <softmech/learning/task.hpp>
#include <softmech/learning/training.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace softmech {

/// Which inputs a curve is about: names of held-out ones end in "_test".
enum class Side { train, test };

/// Losses of one side, and its heads.
void record_loss(Series& series, Side side, const BatchLoss& loss);
void record_heads(Series& series, Side side, const std::vector<HeadThermodynamics>& heads, const Axis& head);
/// ‖θ‖₂ of all parameters and of three groups: embeddings (W_E, W_pos, W_U), attention and MLP; of the batch's
/// gradient.
template <class Scalar>
void record_norms(Series& series, const ParameterLayout& layout, const Parameters<Scalar>& parameters,
                  const Parameters<Scalar>& gradient);

/// Records a run. Works on a fixed random choice of at most `pairs` examples of each side (0: all), except for the
/// training loss where every batch holds all examples: there the update computes it anyway.
template <Network N>
class LearningRecord {
 public:
  using Scalar = typename N::Scalar;

  LearningRecord(N& network, const NetworkShape& shape, const ParameterLayout& layout,
                 const Parameters<Scalar>& initial, const Split& split, std::int64_t modulus, std::int64_t pairs,
                 const Member& member)
      : shape_(shape),
        layout_(layout),
        modulus_(modulus),
        fourier_(modulus),
        head_(
            index_axis("head", static_cast<std::size_t>(shape.layers * shape.heads), "attention head, layer by layer")),
        sides_{SideState(network, shape, initial, thinned(split.train, pairs, member.random("recorded train pairs")),
                         thinned(split.train, represented, member.random("represented train pairs"))),
               SideState(network, shape, initial, thinned(split.test, pairs, member.random("recorded test pairs")),
                         thinned(split.test, represented, member.random("represented test pairs")))} {}

  /// Adds a row to every curve and returns the test accuracy.
  double sample(Training<N>& training, Series& series) {
    N& network = training.network();
    const auto& parameters = training.parameters();
    const HeldParameters held(network, parameters);
    const Parameters<Scalar>& gradient = training.gradient();  // first: what it computes of the parameters is kept
    const BatchLoss test_loss = network.loss(parameters, sides_[1].recorded);
    record_loss(series, Side::train,
                training.is_full_batch() ? training.train_loss() : network.loss(parameters, sides_[0].recorded));
    record_loss(series, Side::test, test_loss);
    for (const Side side : {Side::train, Side::test}) record_side(network, parameters, side, series);

    record_norms(series, layout_, parameters, gradient);
    const Tensor& embeddings = layout_["embed.W_E"];
    const Eigen::Map<const Representations<Scalar>> residues(parameters.data() + embeddings.offset, modulus_,
                                                             shape_.width);
    series.record("fourier_participation", fourier_(residues.template cast<double>()),
                  "participation number of the embeddings' Fourier frequencies");
    return test_loss.accuracy;
  }

 private:
  // Examples behind the spectra: more would cost more than all other curves at p = 31.
  static constexpr std::int64_t represented = 64;

  struct SideState {
    Examples recorded, represented;
    AttentionScores<Scalar> scores, initial_scores;
    std::vector<HeadThermodynamics> initial_heads;

    SideState(N& network, const NetworkShape& shape, const Parameters<Scalar>& initial, Examples for_scores,
              Examples for_spectra)
        : recorded(std::move(for_scores)),
          represented(std::move(for_spectra)),
          scores(shape, recorded.size()),
          initial_scores(shape, recorded.size()) {
      network.attention_scores(initial, recorded, initial_scores);
      initial_heads = head_thermodynamics(initial_scores, shape);
    }
  };

  void record_side(N& network, const Parameters<Scalar>& parameters, Side side, Series& series) {
    SideState& state = sides_[side == Side::train ? 0 : 1];
    const std::string suffix = side == Side::train ? "" : "_test";
    network.attention_scores(parameters, state.recorded, state.scores);
    const std::vector<HeadThermodynamics> heads = head_thermodynamics(state.scores, shape_);
    record_heads(series, side, heads, head_);
    series.record("specific_heat_scale_matched" + suffix,
                  scale_matched_specific_heat(state.initial_scores, shape_, state.initial_heads, heads),
                  "control: C of the initial network's scores, scaled head by head to the present logit_spread");
    series.record("head_tail_contrast" + suffix,
                  head_tail_contrast<Scalar>(network.representations(parameters, state.represented)),
                  "head-tail contrast of the spectrum of the representations");
  }

  NetworkShape shape_;
  ParameterLayout layout_;
  std::int64_t modulus_;
  FourierParticipation fourier_;
  Axis head_;
  std::array<SideState, 2> sides_;
};

}  // namespace softmech
