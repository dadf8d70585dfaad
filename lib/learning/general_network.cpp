#include <softmech/learning/general_network.hpp>

#include <algorithm>

namespace softmech {

using Eigen::Index;

namespace {

// As many examples as keep the widest array of a tile within half of a usual second-level cache, in bytes.
constexpr Index widest_array = 1 << 19;

template <class Scalar>
Index usual_tile(const NetworkShape& s) {
  const Index widest = std::max({s.width, s.mlp_width, 2 * s.heads * s.head_dim, s.vocabulary / s.positions + 1});
  return std::max<Index>(16, widest_array / (s.positions * widest * static_cast<Index>(sizeof(Scalar))));
}

// In the last layer only the last position is a query.
template <class Scalar>
std::vector<NetworkLayer<Scalar>> make_layers(const NetworkShape& shape, const ParameterLayout& layout, Index tile) {
  std::vector<NetworkLayer<Scalar>> layers;
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    layers.emplace_back(shape, layout, layer, layer + 1 < shape.layers ? shape.positions : 1, tile);
  }
  return layers;
}

}  // namespace

template <class Scalar>
GeneralNetwork<Scalar>::GeneralNetwork(const NetworkShape& shape, Index tile)
    : shape_(shape),
      layout_(shape),
      tile_(tile > 0 ? tile : usual_tile<Scalar>(shape)),
      w_e_(layout_["embed.W_E"].offset),
      w_u_(layout_["unembed.W_U"].offset),
      layers_(make_layers<Scalar>(shape, layout_, tile_)),
      table_{{}, {}, layers_.front().empty_input(), {}, {}, {}},
      last_(tile_, shape.width),
      ln_final_(shape, layout_, "ln_final"),
      logits_(tile_, shape.vocabulary),
      back_(shape, tile_) {
  if (shape.position_code == PositionCode::learned) w_pos_ = layout_["pos_embed.W_pos"].offset;
  ln_final_.resize(tile_, shape.width);
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
  table_.input.resize(shape_, rows);
  table_.dx.resizeLike(table_.input.x);
  table_.dq.resizeLike(table_.input.q);
  table_.dkv.resizeLike(table_.input.kv);
  if (rows > back_.d_normalized.rows()) back_.d_normalized.resize(rows, shape_.width);
}

// Where the table has the token at a position of an example.
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
  auto& input = layers_.front().input();
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
  const Index first_query = shape_.positions - layers_.front().query_positions();
  for (Index position = 0, row = 0; position < shape_.positions; ++position) {
    for (Index example = 0; example < tile.size; ++example, ++row) {
      const Index target = table_row(examples, tile.begin + static_cast<std::size_t>(example), position);
      table_.dkv.row(target) += back_.dkv.row(row);
      if (position < first_query) continue;
      table_.dx.row(target) += back_.dx.row(row);
      table_.dq.row(target) += back_.dq.row(row - first_query * tile.size);
    }
  }
}

// ---- Unembedding: logits = n(x_last) W_U ----

template <class Scalar>
void GeneralNetwork<Scalar>::unembed(const Parameters<Scalar>& parameters, Index n) {
  const auto x = ln_final_.forward(parameters, last_.topRows(n));
  logits_.topRows(n).noalias() = x * weights_at(parameters, w_u_, shape_.width, shape_.vocabulary);
}

template <class Scalar>
void GeneralNetwork<Scalar>::unembed_backward(const Parameters<Scalar>& parameters, Index n,
                                              Parameters<Scalar>& gradient) {
  const auto d_logits = logits_.topRows(n);
  const auto x = ln_final_.of(last_.topRows(n));
  weights_at(gradient, w_u_, shape_.width, shape_.vocabulary).noalias() += x.transpose() * d_logits;
  auto d_x = back_.d_normalized.topRows(n);
  d_x.noalias() = d_logits * weights_at(parameters, w_u_, shape_.width, shape_.vocabulary).transpose();
  auto dx = back_.dx.middleRows(n * (shape_.positions - 1), n);
  dx.setZero();
  ln_final_.backward(parameters, d_x, dx, gradient);
}

// ---- The whole ----

template <class Scalar>
void GeneralNetwork<Scalar>::begin(const Parameters<Scalar>& parameters, const Examples& examples) {
  for (auto& layer : layers_) layer.pack(parameters);
  find_tokens(examples);
  embed(parameters);
  layers_.front().project(parameters, table_.input, table_.size(), shape_.positions);
}

template <class Scalar>
void GeneralNetwork<Scalar>::forward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile) {
  const Index n = tile.size;
  gather(examples, tile, layers_.front().query_positions());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    auto& layer = layers_[i];
    if (i > 0) layer.project(parameters, layer.input(), n, layer.query_positions());
    layer.attention(parameters, n);
    layer.mlp(parameters, n, i + 1 < layers_.size() ? layers_[i + 1].input().x : last_);
  }
  unembed(parameters, n);
}

template <class Scalar>
void GeneralNetwork<Scalar>::backward(const Parameters<Scalar>& parameters, const Examples& examples, Tile tile,
                                      Parameters<Scalar>& gradient) {
  const Index n = tile.size, rows = n * shape_.positions;
  unembed_backward(parameters, n, gradient);
  for (std::size_t i = layers_.size(); i-- > 0;) {
    auto& layer = layers_[i];
    layer.mlp_backward(parameters, n, back_, gradient);
    layer.attention_backward(parameters, n, back_, gradient);
    if (i == 0) break;
    layer.project_backward(parameters, layer.input(), n, back_.dq.topRows(n * layer.query_positions()),
                           back_.dkv.topRows(rows), back_.dx.topRows(rows), back_.d_normalized, gradient);
  }
  scatter_backward(examples, tile);
}

template <class Scalar>
void GeneralNetwork<Scalar>::end_backward(const Parameters<Scalar>& parameters, Parameters<Scalar>& gradient) {
  const Index rows = table_.size() * shape_.positions;
  layers_.front().project_backward(parameters, table_.input, table_.size(), table_.dq.topRows(rows),
                                   table_.dkv.topRows(rows), table_.dx.topRows(rows), back_.d_normalized, gradient);
  embed_backward(gradient);
  for (const auto& layer : layers_) layer.unpack_gradient(gradient);
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
    const Index n = tile.size;
    gather(examples, tile, shape_.positions);
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      auto& layer = layers_[i];
      if (i > 0) layer.project(parameters, layer.input(), n, shape_.positions);
      layer.scores(static_cast<std::int64_t>(i), n, static_cast<Index>(tile.begin), scores);
      if (i + 1 == layers_.size()) break;
      layer.attention(parameters, n);
      layer.mlp(parameters, n, layers_[i + 1].input().x);
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
    result.middleRows(static_cast<Index>(tile.begin), tile.size) = ln_final_.of(last_.topRows(tile.size));
  });
  return result;
}

template class GeneralNetwork<float>;
template class GeneralNetwork<double>;
static_assert(Network<GeneralNetwork<float>> && Network<GeneralNetwork<double>>);

}  // namespace softmech
