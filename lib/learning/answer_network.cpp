#include <softmech/learning/answer_network.hpp>

#include <softmech/learning/answer_scores.hpp>
#include <softmech/learning/answer_tables.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace softmech {
namespace {

constexpr std::int64_t chunk_bytes = 12 << 20;  // hidden units and logits of the examples that pass together
constexpr std::int64_t sign_examples = 128;     // that decide which units are folded

/// Pairs that cover the table evenly, in the order of a batch. The same for all batches, so that the tables follow from
/// the parameters alone.
Examples evenly_spread_pairs(const NetworkShape& shape) {
  const double operands = static_cast<double>(shape.positions == 3 ? shape.vocabulary - 1 : shape.vocabulary);
  Examples pairs;
  for (std::int64_t i = 0; i < sign_examples; ++i) {
    const double golden = static_cast<double>(i) * (std::numbers::phi - 1);
    pairs.first.push_back(static_cast<std::int32_t>(operands * static_cast<double>(i) / sign_examples));
    pairs.second.push_back(static_cast<std::int32_t>(operands * (golden - std::floor(golden))));
  }
  return pairs;
}

}  // namespace

template <class Number>
struct AnswerNetwork<Number>::Work {
  using Array = WorkspaceArray<Scalar>;

  Work(const NetworkShape& network_shape, const AnswerNetworkSettings& network_settings)
      : shape(network_shape),
        settings(network_settings),
        layout(network_shape),
        kernels(answer_kernels<Scalar>(network_settings.instructions)),
        tables(network_shape, kernels),
        scores(network_shape, kernels),
        sign_pairs(evenly_spread_pairs(network_shape)) {}

  NetworkShape shape;
  AnswerNetworkSettings settings;
  ParameterLayout layout;
  const AnswerKernels<Scalar>& kernels;
  AnswerTables<Scalar> tables;
  AnswerScores<Scalar> scores;
  Examples sign_pairs;
  const Scalar* held = nullptr;  // parameters that do not change
  bool has_tables = false;       // of the held parameters
  bool has_projections = false;  // of the held parameters, for the scores of all rows
  AnswerChunk<Scalar> chunk;
  double touched = 0;

  Array weight[3], weight_gradient[3];  // [example][head] of a key
  Array hidden, logits, gap, others, scratch;
  WorkspaceArray<std::uint32_t> active, correct;
  WorkspaceArray<std::int32_t> by_second, offsets;

  void fold(const Parameters<Scalar>& parameters);
  void keep_or_fold(const Parameters<Scalar>& parameters);
  void choose_signs();
  std::int64_t begin(const Examples& examples);
  std::int64_t chunk_size(std::int64_t examples) const;
  void point_at(const Examples& examples, std::int64_t begin, std::int64_t end);
  void take(std::int64_t examples, const std::int32_t* first, const std::int32_t* second);
  void attend();
  void order_by_second();
  void softmax_gradient();
  void count_touched();
  BatchLoss loss_of_chunk() const;
};

// Activations of `examples` examples, and their attention.
template <class Number>
void AnswerNetwork<Number>::Work::take(std::int64_t examples, const std::int32_t* first, const std::int32_t* second) {
  constexpr std::int64_t columns = block_columns<Scalar>, lanes = 64 / static_cast<std::int64_t>(sizeof(Scalar));
  tables.describe(chunk);
  chunk.examples = examples;
  chunk.first = first;
  chunk.second = second;
  for (std::int64_t key = 0; key < shape.positions; ++key) {
    weight[key].reserve(examples * shape.heads + lanes);
    weight_gradient[key].reserve(examples * shape.heads + lanes);
  }
  hidden.reserve(examples * chunk.hidden_blocks * columns);
  active.reserve(examples * chunk.hidden_blocks);
  logits.reserve(examples * chunk.outputs);
  for (Array* array : {&gap, &others}) array->reserve(examples);
  correct.reserve(examples);
  scratch.reserve((chunk.hidden_blocks + chunk.output_blocks) * shape.heads * columns + 2 * lanes * (shape.heads + 4));
  chunk.weight_first = weight[0].data();
  chunk.weight_second = weight[1].data();
  chunk.weight_first_gradient = weight_gradient[0].data();
  chunk.weight_second_gradient = weight_gradient[1].data();
  chunk.hidden = hidden.data();
  chunk.active = active.data();
  chunk.logits = logits.data();
  chunk.gap = gap.data();
  chunk.others = others.data();
  chunk.correct = correct.data();
  chunk.scratch = scratch.data();
  attend();
}

template <class Number>
void AnswerNetwork<Number>::Work::attend() {
  constexpr std::int64_t lanes = 64 / static_cast<std::int64_t>(sizeof(Scalar));
  Scalar* const keys[] = {weight[0].data(), weight[1].data(), weight[2].data()};
  scores.score(chunk.examples, chunk.first, chunk.second, keys);
  const std::int64_t count = chunk.examples * shape.heads, whole = (count + lanes - 1) / lanes * lanes;
  for (std::int64_t key = 0; key < shape.positions; ++key) std::fill(keys[key] + count, keys[key] + whole, Scalar{0});
  kernels.softmax(shape.positions, whole, keys);
}

template <class Number>
std::int64_t AnswerNetwork<Number>::Work::chunk_size(std::int64_t examples) const {
  const std::int64_t row = (chunk.hidden_blocks * block_columns<Scalar> + chunk.outputs) * sizeof(Scalar);
  const std::int64_t most = std::max(tile_examples, chunk_bytes / row / tile_examples * tile_examples);
  return std::min(examples, most);
}

template <class Number>
void AnswerNetwork<Number>::Work::point_at(const Examples& examples, std::int64_t begin, std::int64_t end) {
  take(end - begin, examples.first.data() + begin, examples.second.data() + begin);
  chunk.answer = examples.answer.data() + begin;
}

// Units that are active on most pairs are folded.
template <class Number>
void AnswerNetwork<Number>::Work::choose_signs() {
  constexpr std::int64_t columns = block_columns<Scalar>;
  Scalar* signs = tables.signs();
  std::fill_n(signs, tables.hidden_columns(), Scalar{1});
  if (!settings.fold_signs) return;
  take(sign_examples, sign_pairs.first.data(), sign_pairs.second.data());
  kernels.mix(chunk, 0, chunk.hidden_blocks);
  for (std::int64_t block = 0; block < chunk.hidden_blocks; ++block) {
    std::int64_t count[columns] = {};
    for (std::int64_t n = 0; n < sign_examples; ++n) {
      for (std::uint32_t bits = active[block * sign_examples + n]; bits != 0; bits &= bits - 1)
        ++count[std::countr_zero(bits)];
    }
    for (std::int64_t c = 0; c < columns; ++c) {
      if (2 * count[c] > sign_examples) signs[block * columns + c] = -1;
    }
  }
}

template <class Number>
void AnswerNetwork<Number>::Work::fold(const Parameters<Scalar>& parameters) {
  const AnswerTensors<const Scalar> tensors(layout, parameters.data());
  scores.fold(tensors);
  tables.fold_hidden(tensors);
  choose_signs();
  tables.fold_outputs(tensors);
  has_tables = parameters.data() == held;
}

template <class Number>
void AnswerNetwork<Number>::Work::keep_or_fold(const Parameters<Scalar>& parameters) {
  if (!has_tables || parameters.data() != held) fold(parameters);
}

// The number of examples, before any is worked on.
template <class Number>
std::int64_t AnswerNetwork<Number>::Work::begin(const Examples& examples) {
  if (examples.size() == 0) throw std::invalid_argument("the batch has no examples: give at least one");
  tables.describe(chunk);
  touched = 0;
  return static_cast<std::int64_t>(examples.size());
}

template <class Number>
void AnswerNetwork<Number>::Work::order_by_second() {
  by_second.reserve(chunk.examples);
  offsets.reserve(shape.vocabulary + 1);
  std::fill_n(offsets.data(), shape.vocabulary + 1, 0);
  for (std::int64_t n = 0; n < chunk.examples; ++n) ++offsets[chunk.second[n] + 1];
  for (std::int64_t t = 0; t < shape.vocabulary; ++t) offsets[t + 1] += offsets[t];
  for (std::int64_t n = 0; n < chunk.examples; ++n) {
    by_second[offsets[chunk.second[n]]++] = static_cast<std::int32_t>(n);
  }
  chunk.by_second = by_second.data();
}

// dz_j = w_j (dw_j - Σ_k w_k dw_k). The last token's weight was eliminated: its derivative is zero.
template <class Number>
void AnswerNetwork<Number>::Work::softmax_gradient() {
  for (std::int64_t i = 0; i < chunk.examples * shape.heads; ++i) {
    const Scalar w0 = weight[0][i], w1 = weight[1][i], g0 = weight_gradient[0][i], g1 = weight_gradient[1][i];
    const Scalar mean = w0 * g0 + w1 * g1;
    weight_gradient[0][i] = w0 * (g0 - mean);
    weight_gradient[1][i] = w1 * (g1 - mean);
    if (shape.positions == 3) weight_gradient[2][i] = -weight[2][i] * mean;
  }
}

template <class Number>
void AnswerNetwork<Number>::Work::count_touched() {
  std::int64_t bits = 0;
  for (std::int64_t i = 0; i < chunk.hidden_blocks * chunk.examples; ++i) bits += std::popcount(active[i]);
  touched += static_cast<double>(bits) / static_cast<double>(shape.mlp_width);
}

// -ln p(answer) = gap + ln(1 + others) with the answer as the largest logit, and gap + ln(Σ e^…) in general.
template <class Number>
BatchLoss AnswerNetwork<Number>::Work::loss_of_chunk() const {
  BatchLoss sum;
  for (std::int64_t n = 0; n < chunk.examples; ++n) {
    const double margin = gap[n], rest = others[n];
    sum.loss += margin == 0 ? std::log1p(rest) : margin + std::log(rest + std::exp(-margin));
    sum.accuracy += correct[n];
  }
  return sum;
}

template <class Number>
bool AnswerNetwork<Number>::supports(const NetworkShape& shape) {
  return shape.layers == 1 && shape.normalization == Normalization::none && shape.activation == Activation::relu &&
         std::holds_alternative<Softmax>(shape.attention) && shape.mlp_width > 0 &&
         (shape.positions == 2 || shape.positions == 3);
}

template <class Number>
AnswerNetwork<Number>::AnswerNetwork(const NetworkShape& shape, const AnswerNetworkSettings& settings) {
  if (!supports(shape)) {
    throw std::invalid_argument(
        "AnswerNetwork: needs one layer, softmax attention, ReLU units, no normalization and two or three tokens; use "
        "GeneralNetwork");
  }
  work_ = std::make_unique<Work>(shape, settings);
}

template <class Number>
AnswerNetwork<Number>::~AnswerNetwork() = default;
template <class Number>
AnswerNetwork<Number>::AnswerNetwork(AnswerNetwork&&) noexcept = default;
template <class Number>
AnswerNetwork<Number>& AnswerNetwork<Number>::operator=(AnswerNetwork&&) noexcept = default;

template <class Number>
BatchLoss AnswerNetwork<Number>::loss_and_gradient(const Parameters<Scalar>& parameters, const Examples& examples,
                                                   Parameters<Scalar>& gradient) {
  Work& work = *work_;
  AnswerChunk<Scalar>& chunk = work.chunk;
  const AnswerTensors<const Scalar> tensors(work.layout, parameters.data());
  gradient.setZero(work.layout.size());
  const AnswerTensors<Scalar> tensors_gradient(work.layout, gradient.data());
  work.fold(parameters);  // always: the way back needs more than the tables that are kept
  const std::int64_t all = work.begin(examples), size = work.chunk_size(all);
  work.tables.clear_gradient();
  work.scores.clear_gradient();

  BatchLoss sum;
  const auto scale = static_cast<Scalar>(1 / static_cast<double>(all));
  for (std::int64_t begin = 0; begin < all; begin += size) {
    work.point_at(examples, begin, std::min(begin + size, all));
    work.order_by_second();
    work.kernels.mix(chunk, 0, chunk.hidden_blocks + chunk.output_blocks);
    for (std::int64_t n = 0; n < chunk.examples; n += tile_examples) {
      const std::int64_t end = std::min(n + tile_examples, chunk.examples);
      work.kernels.add_active(chunk, n, end);
      work.kernels.cross_entropy(chunk, n, end, scale);
      work.kernels.active_gradient(chunk, n, end);
    }
    work.kernels.weight_gradient(chunk);
    work.kernels.table_gradient(chunk);
    work.softmax_gradient();
    Scalar* const of_scores[] = {work.weight_gradient[0].data(), work.weight_gradient[1].data(),
                                 work.weight_gradient[2].data()};
    work.scores.add_gradient(chunk.examples, chunk.first, chunk.second, of_scores);
    work.count_touched();
    const BatchLoss of_chunk = work.loss_of_chunk();
    sum.loss += of_chunk.loss;
    sum.accuracy += of_chunk.accuracy;
  }
  work.tables.unfold(tensors, tensors_gradient);
  work.scores.unfold(tensors, tensors_gradient);
  work.touched /= static_cast<double>(all);
  return {sum.loss / static_cast<double>(all), sum.accuracy / static_cast<double>(all)};
}

template <class Number>
BatchLoss AnswerNetwork<Number>::loss(const Parameters<Scalar>& parameters, const Examples& examples) {
  Work& work = *work_;
  AnswerChunk<Scalar>& chunk = work.chunk;
  work.keep_or_fold(parameters);
  const std::int64_t all = work.begin(examples), size = work.chunk_size(all);
  BatchLoss sum;
  for (std::int64_t begin = 0; begin < all; begin += size) {
    work.point_at(examples, begin, std::min(begin + size, all));
    work.kernels.mix(chunk, 0, chunk.hidden_blocks + chunk.output_blocks);
    for (std::int64_t n = 0; n < chunk.examples; n += tile_examples) {
      const std::int64_t end = std::min(n + tile_examples, chunk.examples);
      work.kernels.add_active(chunk, n, end);
      work.kernels.cross_entropy(chunk, n, end, 1);
    }
    const BatchLoss of_chunk = work.loss_of_chunk();
    sum.loss += of_chunk.loss;
    sum.accuracy += of_chunk.accuracy;
    work.count_touched();
  }
  work.touched /= static_cast<double>(all);
  return {sum.loss / static_cast<double>(all), sum.accuracy / static_cast<double>(all)};
}

template <class Number>
void AnswerNetwork<Number>::attention_scores(const Parameters<Scalar>& parameters, const Examples& examples,
                                             AttentionScores<Scalar>& scores) {
  Work& work = *work_;
  if (!work.has_projections || parameters.data() != work.held) {
    work.scores.project_all(AnswerTensors<const Scalar>(work.layout, parameters.data()));
    work.has_projections = parameters.data() == work.held;
  }
  work.scores.score_all(examples, scores);
}

template <class Number>
Representations<Number> AnswerNetwork<Number>::representations(const Parameters<Scalar>& parameters,
                                                               const Examples& examples) {
  Work& work = *work_;
  AnswerChunk<Scalar>& chunk = work.chunk;
  const std::int64_t width = work.shape.width;
  const AnswerTensors<const Scalar> tensors(work.layout, parameters.data());
  work.keep_or_fold(parameters);
  const std::int64_t all = work.begin(examples), size = work.chunk_size(all);
  Representations<Scalar> result(all, width);
  for (std::int64_t begin = 0; begin < all; begin += size) {
    work.point_at(examples, begin, std::min(begin + size, all));
    work.tables.describe_residual(tensors, chunk);
    work.logits.reserve(chunk.examples * chunk.outputs);
    chunk.logits = work.logits.data();
    work.tables.attended(tensors, chunk);
    work.kernels.mix(chunk, 0, chunk.hidden_blocks);
    work.kernels.add_active(chunk, 0, chunk.examples);
    for (std::int64_t n = 0; n < chunk.examples; ++n) {
      std::copy_n(chunk.logits + n * chunk.outputs, width, result.data() + (begin + n) * width);
    }
  }
  return result;
}

template <class Number>
void AnswerNetwork<Number>::hold(const Parameters<Scalar>& parameters) {
  release();
  work_->held = parameters.data();
}

template <class Number>
void AnswerNetwork<Number>::release() {
  work_->held = nullptr;
  work_->has_tables = work_->has_projections = false;
}

template <class Number>
double AnswerNetwork<Number>::touched_share() const {
  return work_->touched;
}

template class AnswerNetwork<float>;
template class AnswerNetwork<double>;

}  // namespace softmech
