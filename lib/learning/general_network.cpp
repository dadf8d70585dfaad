#include <softmech/learning/general_network.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace softmech {

using Eigen::Index;

namespace {

template <class Scalar>
using ConstWeights = Eigen::Map<const Rows<Scalar>>;
template <class Scalar>
using Weights = Eigen::Map<Rows<Scalar>>;

template <class Scalar>
ConstWeights<Scalar> weights_at(const Parameters<Scalar>& parameters, Index place, Index rows, Index columns) {
  return {parameters.data() + place, rows, columns};
}
template <class Scalar>
Weights<Scalar> weights_at(Parameters<Scalar>& parameters, Index place, Index rows, Index columns) {
  return {parameters.data() + place, rows, columns};
}

// As many examples as keep the widest array of a tile within half of a usual second-level cache, in bytes.
constexpr Index widest_array = 1 << 19;

template <class Scalar>
Index usual_tile(const NetworkShape& s) {
  const Index widest = std::max({s.width, s.mlp_width, 2 * s.heads * s.head_dim, s.vocabulary / s.positions + 1});
  return std::max<Index>(16, widest_array / (s.positions * widest * static_cast<Index>(sizeof(Scalar))));
}

}  // namespace

// ---- Places and sizes ----

template <class Scalar>
GeneralNetwork<Scalar>::GeneralNetwork(const NetworkShape& shape, Index tile)
    : shape_(shape), layout_(shape), head_width_(shape.heads * shape.head_dim) {
  if (shape.position_code == PositionCode::rope) rotary_.emplace(shape);
  find_places();
  layers_.resize(places_.size());
  resize(tile > 0 ? tile : usual_tile<Scalar>(shape));
}

template <class Scalar>
void GeneralNetwork<Scalar>::find_places() {
  const auto place = [&](const std::string& name) { return layout_[name].offset; };
  const auto normalization = [&](const std::string& name) -> NormalizationPlaces {
    if (shape_.normalization == Normalization::none) return {};
    return {place(name + ".w"), shape_.normalization == Normalization::layer ? place(name + ".b") : 0};
  };
  w_e_ = place("embed.W_E");
  if (shape_.position_code == PositionCode::learned) w_pos_ = place("pos_embed.W_pos");
  for (std::int64_t layer = 0; layer < shape_.layers; ++layer) {
    const std::string block = fmt::format("blocks.{}.", layer);
    LayerPlaces places;
    places.ln1 = normalization(block + "ln1");
    places.w_q = place(block + "attn.W_Q");
    places.w_k = place(block + "attn.W_K");
    places.w_v = place(block + "attn.W_V");
    places.w_o = place(block + "attn.W_O");
    if (shape_.mlp_width > 0) {
      places.ln2 = normalization(block + "ln2");
      places.w_in = place(block + "mlp.W_in");
      places.b_in = place(block + "mlp.b_in");
      places.w_out = place(block + "mlp.W_out");
      places.b_out = place(block + "mlp.b_out");
    }
    places_.push_back(places);
  }
  ln_final_places_ = normalization("ln_final");
  w_u_ = place("unembed.W_U");
}

template <class Scalar>
void GeneralNetwork<Scalar>::resize(Index tile) {
  tile_ = tile;
  const Index rows = tile * shape_.positions, width = shape_.width;
  const auto resize_normalized = [&](Normalized<Scalar>& state, Index count) {
    if (shape_.normalization != Normalization::none) state.resize(count, width);
  };
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    LayerState& state = layers_[layer];
    const Index query_rows = tile * queries(layer);
    resize(state.input, rows, rows);  // attention_scores wants all queries, of the last layer too
    state.weights.resize(query_rows, shape_.heads * shape_.positions);
    state.mixed.resize(query_rows, head_width_);
    state.y.resize(query_rows, width);
    resize_normalized(state.ln2, query_rows);
    state.hidden.resize(query_rows, shape_.mlp_width);
    if (shape_.activation == Activation::gelu) state.slope.resize(query_rows, shape_.mlp_width);
    state.w_qkv.resize(width, 3 * head_width_);
    state.d_w_qkv.resize(width, 3 * head_width_);
  }
  last_.resize(tile, width);
  resize_normalized(ln_final_, tile);
  logits_.resize(tile, shape_.vocabulary);

  const Index query_rows = tile * queries(0);
  dx_.resize(rows, width);
  d_normalized_.resize(rows, width);
  d_mixed_.resize(query_rows, head_width_);
  d_weights_.resize(query_rows, shape_.heads * shape_.positions);
  dq_.resize(query_rows, head_width_);
  dkv_.resize(rows, 2 * head_width_);
  d_hidden_.resize(query_rows, shape_.mlp_width);
}

template <class Scalar>
void GeneralNetwork<Scalar>::resize(Projection& input, Index rows, Index query_rows) const {
  input.x.resize(rows, shape_.width);
  if (shape_.normalization != Normalization::none) input.ln1.resize(rows, shape_.width);
  input.q.resize(query_rows, head_width_);
  input.kv.resize(rows, 2 * head_width_);
}

// ---- Queries, keys and values are one matrix product: their weights stand side by side ----

template <class Scalar>
void GeneralNetwork<Scalar>::pack(const Parameters<Scalar>& parameters) {
  const Index d_h = shape_.head_dim;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const Index sources[] = {places_[layer].w_q, places_[layer].w_k, places_[layer].w_v};
    Index column = 0;
    for (const Index source : sources) {
      for (Index head = 0; head < shape_.heads; ++head, column += d_h) {
        layers_[layer].w_qkv.middleCols(column, d_h) =
            weights_at(parameters, source + head * shape_.width * d_h, shape_.width, d_h);
      }
    }
  }
}

template <class Scalar>
void GeneralNetwork<Scalar>::unpack_gradient(Parameters<Scalar>& gradient) const {
  const Index d_h = shape_.head_dim;
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const Index targets[] = {places_[layer].w_q, places_[layer].w_k, places_[layer].w_v};
    Index column = 0;
    for (const Index target : targets) {
      for (Index head = 0; head < shape_.heads; ++head, column += d_h) {
        weights_at(gradient, target + head * shape_.width * d_h, shape_.width, d_h) =
            layers_[layer].d_w_qkv.middleCols(column, d_h);
      }
    }
  }
}

// ---- Normalization: the identity without one ----

template <class Scalar>
ConstRows<Scalar> GeneralNetwork<Scalar>::normalized(const Parameters<Scalar>& parameters,
                                                     const NormalizationPlaces& places, ConstRows<Scalar> x,
                                                     Normalized<Scalar>& state) const {
  if (shape_.normalization == Normalization::none) return x;
  const Scalar* bias = shape_.normalization == Normalization::layer ? parameters.data() + places.bias : nullptr;
  normalize<Scalar>(shape_.normalization, x, parameters.data() + places.weight, bias, state);
  return state.out.topRows(x.rows());
}

template <class Scalar>
ConstRows<Scalar> GeneralNetwork<Scalar>::normalized(ConstRows<Scalar> x, const Normalized<Scalar>& state) const {
  if (shape_.normalization == Normalization::none) return x;
  return state.out.topRows(x.rows());
}

template <class Scalar>
MutableRows<Scalar> GeneralNetwork<Scalar>::slope(LayerState& state, Index rows) const {
  return state.slope.topRows(std::min(rows, state.slope.rows()));  // none with ReLU
}

// Adds to dx what comes through n(x), given ∂L/∂n(x), which is overwritten.
template <class Scalar>
void GeneralNetwork<Scalar>::normalized_backward(const Parameters<Scalar>& parameters,
                                                 const NormalizationPlaces& places, const Normalized<Scalar>& state,
                                                 MutableRows<Scalar> d_out, MutableRows<Scalar> dx,
                                                 Parameters<Scalar>& gradient) const {
  if (shape_.normalization == Normalization::none) {
    dx += d_out;
    return;
  }
  Scalar* d_bias = shape_.normalization == Normalization::layer ? gradient.data() + places.bias : nullptr;
  normalize_backward<Scalar>(shape_.normalization, state, parameters.data() + places.weight, d_out, dx,
                             gradient.data() + places.weight, d_bias);
}

// ---- Tokens: x_i = W_E[token_i] + W_pos[i] ----

template <class Scalar>
void GeneralNetwork<Scalar>::find_tokens(const Examples& examples) {
  table_.tokens.clear();
  table_.slot.assign(static_cast<std::size_t>(shape_.vocabulary), -1);
  const auto add = [&](std::int32_t token) {
    Index& slot = table_.slot[static_cast<std::size_t>(token)];
    if (slot >= 0) return;
    slot = table_.size();
    table_.tokens.push_back(token);
  };
  for (const std::int32_t token : examples.first) add(token);
  for (const std::int32_t token : examples.second) add(token);
  if (shape_.positions > 2) add(static_cast<std::int32_t>(shape_.vocabulary - 1));  // "="

  const Index rows = table_.size() * shape_.positions;
  if (rows <= table_.dx.rows()) return;
  resize(table_.input, rows, rows);
  table_.dx.resize(rows, shape_.width);
  table_.dq.resize(rows, head_width_);
  table_.dkv.resize(rows, 2 * head_width_);
  if (rows > d_normalized_.rows()) d_normalized_.resize(rows, shape_.width);
}

template <class Scalar>
Index GeneralNetwork<Scalar>::table_row(const Examples& examples, std::size_t example, Index position) const {
  const std::int32_t token = position == 0   ? examples.first[example]
                             : position == 1 ? examples.second[example]
                                             : static_cast<std::int32_t>(shape_.vocabulary - 1);
  return position * table_.size() + table_.slot[static_cast<std::size_t>(token)];
}

template <class Scalar>
void GeneralNetwork<Scalar>::embed(const Parameters<Scalar>& parameters) {
  const auto w_e = weights_at(parameters, w_e_, shape_.vocabulary, shape_.width);
  const auto w_pos = weights_at(parameters, w_pos_, shape_.positions, shape_.width);
  for (Index position = 0, row = 0; position < shape_.positions; ++position) {
    for (const std::int32_t token : table_.tokens) {
      auto x = table_.input.x.row(row++);
      x = w_e.row(token);
      if (shape_.position_code == PositionCode::learned) x += w_pos.row(position);
    }
  }
}

template <class Scalar>
void GeneralNetwork<Scalar>::embed_backward(Parameters<Scalar>& gradient) const {
  auto d_w_e = weights_at(gradient, w_e_, shape_.vocabulary, shape_.width);
  auto d_w_pos = weights_at(gradient, w_pos_, shape_.positions, shape_.width);
  for (Index position = 0, row = 0; position < shape_.positions; ++position) {
    for (const std::int32_t token : table_.tokens) {
      const auto dx = table_.dx.row(row++);
      d_w_e.row(token) += dx;
      if (shape_.position_code == PositionCode::learned) d_w_pos.row(position) += dx;
    }
  }
}

// The first layer's input, from the table.
template <class Scalar>
void GeneralNetwork<Scalar>::gather(const Examples& examples, Tile tile, Index query_positions) {
  Projection& input = layers_.front().input;
  const Index first_query = shape_.positions - query_positions;
  for (Index position = 0, row = 0; position < shape_.positions; ++position) {
    for (Index example = 0; example < tile.size; ++example, ++row) {
      const Index source = table_row(examples, tile.begin + static_cast<std::size_t>(example), position);
      input.x.row(row) = table_.input.x.row(source);
      input.kv.row(row) = table_.input.kv.row(source);
      if (position >= first_query) input.q.row(row - first_query * tile.size) = table_.input.q.row(source);
    }
  }
}

template <class Scalar>
void GeneralNetwork<Scalar>::scatter_backward(const Examples& examples, Tile tile) {
  const Index first_query = shape_.positions - queries(0);
  for (Index position = 0, row = 0; position < shape_.positions; ++position) {
    for (Index example = 0; example < tile.size; ++example, ++row) {
      const Index target = table_row(examples, tile.begin + static_cast<std::size_t>(example), position);
      table_.dkv.row(target) += dkv_.row(row);
      if (position < first_query) continue;
      table_.dx.row(target) += dx_.row(row);
      table_.dq.row(target) += dq_.row(row - first_query * tile.size);
    }
  }
}

// ---- q = n(x) W_Q, k = n(x) W_K, v = n(x) W_V; q and k turned with RoPE ----

// q for the last `query_positions` positions of the n examples.
template <class Scalar>
void GeneralNetwork<Scalar>::project(const Parameters<Scalar>& parameters, std::size_t layer, Projection& input,
                                     Index n, Index query_positions) {
  const Index rows = n * shape_.positions, query_rows = n * query_positions;
  const Rows<Scalar>& w_qkv = layers_[layer].w_qkv;
  const auto x = normalized(parameters, places_[layer].ln1, input.x.topRows(rows), input.ln1);
  auto q = input.q.topRows(query_rows);
  auto kv = input.kv.topRows(rows);
  q.noalias() = x.bottomRows(query_rows) * w_qkv.leftCols(head_width_);
  kv.noalias() = x * w_qkv.rightCols(2 * head_width_);
  if (rotary_) {
    rotate<Scalar>(*rotary_, n, q);
    rotate<Scalar>(*rotary_, n, kv.leftCols(head_width_));
  }
}

// Adds to dx; dq and dkv are overwritten.
template <class Scalar>
void GeneralNetwork<Scalar>::project_backward(const Parameters<Scalar>& parameters, std::size_t layer,
                                              const Projection& input, Index n, MutableRows<Scalar> dq,
                                              MutableRows<Scalar> dkv, MutableRows<Scalar> dx,
                                              Parameters<Scalar>& gradient) {
  if (rotary_) {
    rotate_backward<Scalar>(*rotary_, n, dq);
    rotate_backward<Scalar>(*rotary_, n, dkv.leftCols(head_width_));
  }
  const Rows<Scalar>& w_qkv = layers_[layer].w_qkv;
  Rows<Scalar>& d_w_qkv = layers_[layer].d_w_qkv;
  const auto x = normalized(input.x.topRows(dx.rows()), input.ln1);
  d_w_qkv.leftCols(head_width_).noalias() += x.bottomRows(dq.rows()).transpose() * dq;
  d_w_qkv.rightCols(2 * head_width_).noalias() += x.transpose() * dkv;
  auto d_normalized = d_normalized_.topRows(dx.rows());
  d_normalized.noalias() = dkv * w_qkv.rightCols(2 * head_width_).transpose();
  d_normalized.bottomRows(dq.rows()).noalias() += dq * w_qkv.leftCols(head_width_).transpose();
  normalized_backward(parameters, places_[layer].ln1, input.ln1, d_normalized, dx, gradient);
}

// ---- Attention: y = x + Σ_h Σ_j A^h_ij v^h_j W_O^h ----

template <class Scalar>
void GeneralNetwork<Scalar>::attention(const Parameters<Scalar>& parameters, std::size_t layer, Index n) {
  LayerState& state = layers_[layer];
  const Index rows = n * shape_.positions, query_rows = n * queries(layer);
  const auto kv = state.input.kv.topRows(rows);
  auto mixed = state.mixed.topRows(query_rows);
  attend<Scalar>(shape_, state.input.q.topRows(query_rows), kv.leftCols(head_width_), kv.rightCols(head_width_),
                 state.weights.topRows(query_rows), mixed);
  auto y = state.y.topRows(query_rows);
  y = state.input.x.topRows(rows).bottomRows(query_rows);
  y.noalias() += mixed * weights_at(parameters, places_[layer].w_o, head_width_, shape_.width);
}

// dx: gradient of y in the query rows, then that of x in all rows, but for what comes through q, k and v.
template <class Scalar>
void GeneralNetwork<Scalar>::attention_backward(const Parameters<Scalar>& parameters, std::size_t layer, Index n,
                                                Parameters<Scalar>& gradient) {
  LayerState& state = layers_[layer];
  const LayerPlaces& places = places_[layer];
  const Index rows = n * shape_.positions, query_rows = n * queries(layer);
  auto dx = dx_.topRows(rows);
  dx.topRows(rows - query_rows).setZero();
  const auto dy = dx.bottomRows(query_rows);

  const auto w_o = weights_at(parameters, places.w_o, head_width_, shape_.width);
  auto d_w_o = weights_at(gradient, places.w_o, head_width_, shape_.width);
  auto d_mixed = d_mixed_.topRows(query_rows);
  d_mixed.noalias() = dy * w_o.transpose();
  d_w_o.noalias() += state.mixed.topRows(query_rows).transpose() * dy;

  const auto kv = state.input.kv.topRows(rows);
  auto dq = dq_.topRows(query_rows);
  auto dkv = dkv_.topRows(rows);
  attend_backward<Scalar>(shape_, state.input.q.topRows(query_rows), kv.leftCols(head_width_), kv.rightCols(head_width_),
                          state.weights.topRows(query_rows), d_mixed, d_weights_.topRows(query_rows), dq,
                          dkv.leftCols(head_width_), dkv.rightCols(head_width_));
}

// ---- MLP: x = y + φ(n(y) W_in + b_in) W_out + b_out, in the query rows ----

template <class Scalar>
void GeneralNetwork<Scalar>::mlp(const Parameters<Scalar>& parameters, std::size_t layer, Index n) {
  LayerState& state = layers_[layer];
  const LayerPlaces& places = places_[layer];
  const Index query_rows = n * queries(layer);
  const auto y = state.y.topRows(query_rows);
  auto x = (layer + 1 < layers_.size() ? layers_[layer + 1].input.x : last_).topRows(query_rows);
  x = y;
  if (shape_.mlp_width == 0) return;

  const auto input = normalized(parameters, places.ln2, y, state.ln2);
  auto hidden = state.hidden.topRows(query_rows);
  hidden.noalias() = input * weights_at(parameters, places.w_in, shape_.width, shape_.mlp_width);
  activate<Scalar>(shape_.activation, parameters.data() + places.b_in, hidden, slope(state, query_rows));
  x.rowwise() += weights_at(parameters, places.b_out, 1, shape_.width).row(0);
  x.noalias() += hidden * weights_at(parameters, places.w_out, shape_.mlp_width, shape_.width);
}

// dx: gradient of x, then of y.
template <class Scalar>
void GeneralNetwork<Scalar>::mlp_backward(const Parameters<Scalar>& parameters, std::size_t layer, Index n,
                                          Parameters<Scalar>& gradient) {
  if (shape_.mlp_width == 0) return;
  LayerState& state = layers_[layer];
  const LayerPlaces& places = places_[layer];
  const Index query_rows = n * queries(layer), width = shape_.width, mlp_width = shape_.mlp_width;
  auto dx = dx_.topRows(n * shape_.positions).bottomRows(query_rows);

  const auto hidden = state.hidden.topRows(query_rows);
  auto d_hidden = d_hidden_.topRows(query_rows);
  d_hidden.noalias() = dx * weights_at(parameters, places.w_out, mlp_width, width).transpose();
  weights_at(gradient, places.w_out, mlp_width, width).noalias() += hidden.transpose() * dx;
  weights_at(gradient, places.b_out, 1, width) += dx.colwise().sum();
  activate_backward<Scalar>(shape_.activation, hidden, slope(state, query_rows), d_hidden,
                            gradient.data() + places.b_in);

  const auto input = normalized(state.y.topRows(query_rows), state.ln2);
  auto d_input = d_normalized_.topRows(query_rows);
  d_input.noalias() = d_hidden * weights_at(parameters, places.w_in, width, mlp_width).transpose();
  weights_at(gradient, places.w_in, width, mlp_width).noalias() += input.transpose() * d_hidden;
  normalized_backward(parameters, places.ln2, state.ln2, d_input, dx, gradient);
}

// ---- Unembedding: logits = n(x_last) W_U ----

template <class Scalar>
void GeneralNetwork<Scalar>::unembed(const Parameters<Scalar>& parameters, Index n) {
  const auto input = normalized(parameters, ln_final_places_, last_.topRows(n), ln_final_);
  logits_.topRows(n).noalias() = input * weights_at(parameters, w_u_, shape_.width, shape_.vocabulary);
}

template <class Scalar>
void GeneralNetwork<Scalar>::unembed_backward(const Parameters<Scalar>& parameters, Index n,
                                              Parameters<Scalar>& gradient) {
  const auto d_logits = logits_.topRows(n);
  const auto input = normalized(last_.topRows(n), ln_final_);
  weights_at(gradient, w_u_, shape_.width, shape_.vocabulary).noalias() += input.transpose() * d_logits;
  auto d_input = d_normalized_.topRows(n);
  d_input.noalias() = d_logits * weights_at(parameters, w_u_, shape_.width, shape_.vocabulary).transpose();
  auto dx = dx_.topRows(n * shape_.positions).bottomRows(n);
  dx.setZero();
  normalized_backward(parameters, ln_final_places_, ln_final_, d_input, dx, gradient);
}

// ---- The whole ----

template <class Scalar>
void GeneralNetwork<Scalar>::begin(const Parameters<Scalar>& parameters, const Examples& examples) {
  pack(parameters);
  find_tokens(examples);
  embed(parameters);
  project(parameters, 0, table_.input, table_.size(), shape_.positions);
}

template <class Scalar>
void GeneralNetwork<Scalar>::forward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile) {
  gather(examples, tile, queries(0));
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    if (layer > 0) project(parameters, layer, layers_[layer].input, tile.size, queries(layer));
    attention(parameters, layer, tile.size);
    mlp(parameters, layer, tile.size);
  }
  unembed(parameters, tile.size);
}

template <class Scalar>
void GeneralNetwork<Scalar>::backward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile,
                                      Parameters<Scalar>& gradient) {
  unembed_backward(parameters, tile.size, gradient);
  for (std::size_t layer = layers_.size(); layer-- > 0;) {
    mlp_backward(parameters, layer, tile.size, gradient);
    attention_backward(parameters, layer, tile.size, gradient);
    if (layer == 0) break;
    const Index rows = tile.size * shape_.positions;
    project_backward(parameters, layer, layers_[layer].input, tile.size, dq_.topRows(tile.size * queries(layer)),
                     dkv_.topRows(rows), dx_.topRows(rows), gradient);
  }
  scatter_backward(examples, tile);
}

template <class Scalar>
void GeneralNetwork<Scalar>::end_backward(const Parameters<Scalar>& parameters, Parameters<Scalar>& gradient) {
  const Index rows = table_.size() * shape_.positions;
  project_backward(parameters, 0, table_.input, table_.size(), table_.dq.topRows(rows), table_.dkv.topRows(rows),
                   table_.dx.topRows(rows), gradient);
  embed_backward(gradient);
  unpack_gradient(gradient);
}

// Calls function(tile) for tiles of nearly equal sizes.
template <class Scalar>
template <class Function>
void GeneralNetwork<Scalar>::for_each_tile(const Examples& examples, Function&& function) const {
  const std::size_t count = examples.size(), largest = static_cast<std::size_t>(tile_);
  const std::size_t tiles = (count + largest - 1) / largest;
  for (std::size_t tile = 0; tile < tiles; ++tile) {
    const std::size_t begin = count * tile / tiles, end = count * (tile + 1) / tiles;
    function(Tile{begin, static_cast<Index>(end - begin)});
  }
}

template <class Scalar>
BatchLoss GeneralNetwork<Scalar>::mean(const LossSum& sum, const Examples& examples) const {
  const auto count = static_cast<double>(examples.size());
  return {sum.loss / count, static_cast<double>(sum.correct) / count};
}

template <class Scalar>
BatchLoss GeneralNetwork<Scalar>::loss_and_gradient(const Parameters<Scalar>& parameters, const Examples& examples,
                                                    Parameters<Scalar>& gradient) {
  gradient.setZero(layout_.size());
  for (LayerState& state : layers_) state.d_w_qkv.setZero();
  begin(parameters, examples);
  table_.dx.setZero(), table_.dq.setZero(), table_.dkv.setZero();
  const auto factor = static_cast<Scalar>(1 / static_cast<double>(examples.size()));
  LossSum sum;
  for_each_tile(examples, [&](Tile tile) {
    forward(parameters, examples, tile);
    cross_entropy<Scalar>(logits_.topRows(tile.size), &examples.answer[tile.begin], factor, sum);
    backward(parameters, examples, tile, gradient);
  });
  end_backward(parameters, gradient);
  return mean(sum, examples);
}

template <class Scalar>
BatchLoss GeneralNetwork<Scalar>::loss(const Parameters<Scalar>& parameters, const Examples& examples) {
  begin(parameters, examples);
  LossSum sum;
  for_each_tile(examples, [&](Tile tile) {
    forward(parameters, examples, tile);
    cross_entropy<Scalar>(logits_.topRows(tile.size), &examples.answer[tile.begin], Scalar{1}, sum);
  });
  return mean(sum, examples);
}

template <class Scalar>
void GeneralNetwork<Scalar>::attention_scores(const Parameters<Scalar>& parameters, const Examples& examples,
                                              AttentionScores<Scalar>& scores) {
  begin(parameters, examples);
  for_each_tile(examples, [&](Tile tile) {
    const Index n = tile.size, rows = n * shape_.positions;
    gather(examples, tile, shape_.positions);
    for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
      const Projection& input = layers_[layer].input;
      if (layer > 0) project(parameters, layer, layers_[layer].input, n, shape_.positions);
      fill_scores<Scalar>(shape_, input.q.topRows(rows), input.kv.topRows(rows).leftCols(head_width_),
                          static_cast<std::int64_t>(layer), static_cast<Index>(tile.begin), scores);
      if (layer + 1 == layers_.size()) break;
      attention(parameters, layer, n);
      mlp(parameters, layer, n);
    }
  });
}

template <class Scalar>
Representations<Scalar> GeneralNetwork<Scalar>::representations(const Parameters<Scalar>& parameters,
                                                                const Examples& examples) {
  begin(parameters, examples);
  Representations<Scalar> result(static_cast<Index>(examples.size()), shape_.width);
  for_each_tile(examples, [&](Tile tile) {
    forward(parameters, examples, tile);
    result.middleRows(static_cast<Index>(tile.begin), tile.size) = normalized(last_.topRows(tile.size), ln_final_);
  });
  return result;
}

template class GeneralNetwork<float>;
template class GeneralNetwork<double>;
static_assert(Network<GeneralNetwork<float>> && Network<GeneralNetwork<double>>);

}  // namespace softmech
