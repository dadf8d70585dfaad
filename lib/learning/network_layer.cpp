#include <softmech/learning/network_layer.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace softmech {

using Eigen::Index;

// ---- Normalization ----

template <class Scalar>
NormalizationStep<Scalar>::NormalizationStep(const NetworkShape& shape, const ParameterLayout& layout,
                                             const std::string& name)
    : kind_(shape.normalization) {
  if (kind_ != Normalization::none) weight_ = layout[name + ".w"].offset;
  if (kind_ == Normalization::layer) bias_ = layout[name + ".b"].offset;
}

template <class Scalar>
void NormalizationStep<Scalar>::resize(Index rows, Index width) {
  if (kind_ != Normalization::none) state_.resize(rows, width);
}

template <class Scalar>
ConstRows<Scalar> NormalizationStep<Scalar>::forward(const Parameters<Scalar>& parameters, ConstRows<Scalar> x) {
  if (kind_ == Normalization::none) return x;
  const Scalar* bias = kind_ == Normalization::layer ? parameters.data() + bias_ : nullptr;
  normalize<Scalar>(kind_, x, parameters.data() + weight_, bias, state_);
  return of(x);
}

template <class Scalar>
ConstRows<Scalar> NormalizationStep<Scalar>::of(ConstRows<Scalar> x) const {
  if (kind_ == Normalization::none) return x;
  return state_.out.topRows(x.rows());
}

template <class Scalar>
void NormalizationStep<Scalar>::backward(const Parameters<Scalar>& parameters, MutableRows<Scalar> d_out,
                                         MutableRows<Scalar> dx, Parameters<Scalar>& gradient) const {
  if (kind_ == Normalization::none) {
    dx += d_out;
    return;
  }
  Scalar* d_bias = kind_ == Normalization::layer ? gradient.data() + bias_ : nullptr;
  normalize_backward<Scalar>(kind_, state_, parameters.data() + weight_, d_out, dx, gradient.data() + weight_, d_bias);
}

// ---- Sizes and places ----

template <class Scalar>
BackwardRows<Scalar>::BackwardRows(const NetworkShape& shape, Index examples) {
  const Index rows = examples * shape.positions, query_rows = shape.layers > 1 ? rows : examples;
  const Index head_width = shape.heads * shape.head_dim;
  dx.resize(rows, shape.width);
  d_normalized.resize(rows, shape.width);
  d_mixed.resize(query_rows, head_width);
  d_weights.resize(query_rows, shape.heads * shape.positions);
  dq.resize(query_rows, head_width);
  dkv.resize(rows, 2 * head_width);
  d_hidden.resize(query_rows, shape.mlp_width);
}

template <class Scalar>
void NetworkLayer<Scalar>::Input::resize(const NetworkShape& shape, Index rows) {
  const Index head_width = shape.heads * shape.head_dim;
  x.resize(rows, shape.width);
  ln1.resize(rows, shape.width);
  q.resize(rows, head_width);
  kv.resize(rows, 2 * head_width);
}

template <class Scalar>
NetworkLayer<Scalar>::NetworkLayer(const NetworkShape& shape, const ParameterLayout& layout, std::int64_t number,
                                   Index query_positions, Index largest_tile)
    : shape_(shape),
      query_positions_(query_positions),
      head_width_(shape.heads * shape.head_dim),
      input_{{}, NormalizationStep<Scalar>(shape, layout, fmt::format("blocks.{}.ln1", number)), {}, {}} {
  const auto place = [&](const char* name) { return layout[fmt::format("blocks.{}.{}", number, name)].offset; };
  if (shape.position_code == PositionCode::rope) rotary_.emplace(shape);
  w_qkv_places_[0] = place("attn.W_Q");
  w_qkv_places_[1] = place("attn.W_K");
  w_qkv_places_[2] = place("attn.W_V");
  w_o_ = place("attn.W_O");
  w_qkv_.resize(shape.width, 3 * head_width_);
  d_w_qkv_.resize(shape.width, 3 * head_width_);

  const Index query_rows = largest_tile * query_positions;
  input_.resize(shape, largest_tile * shape.positions);
  weights_.resize(query_rows, shape.heads * shape.positions);
  mixed_.resize(query_rows, head_width_);
  y_.resize(query_rows, shape.width);
  if (shape.mlp_width == 0) return;
  w_in_ = place("mlp.W_in");
  b_in_ = place("mlp.b_in");
  w_out_ = place("mlp.W_out");
  b_out_ = place("mlp.b_out");
  ln2_.emplace(shape, layout, fmt::format("blocks.{}.ln2", number));
  ln2_->resize(query_rows, shape.width);
  hidden_.resize(query_rows, shape.mlp_width);
  slope_.resize(shape.activation == Activation::gelu ? query_rows : 0, shape.mlp_width);
}

// ---- Queries, keys, values ----

template <class Scalar>
void NetworkLayer<Scalar>::pack(const Parameters<Scalar>& parameters) {
  const Index d_h = shape_.head_dim;
  Index column = 0;
  for (const Index place : w_qkv_places_) {
    for (Index head = 0; head < shape_.heads; ++head, column += d_h) {
      w_qkv_.middleCols(column, d_h) = weights_at(parameters, place + head * shape_.width * d_h, shape_.width, d_h);
    }
  }
  d_w_qkv_.setZero();
}

template <class Scalar>
void NetworkLayer<Scalar>::unpack_gradient(Parameters<Scalar>& gradient) const {
  const Index d_h = shape_.head_dim;
  Index column = 0;
  for (const Index place : w_qkv_places_) {
    for (Index head = 0; head < shape_.heads; ++head, column += d_h) {
      weights_at(gradient, place + head * shape_.width * d_h, shape_.width, d_h) = d_w_qkv_.middleCols(column, d_h);
    }
  }
}

template <class Scalar>
void NetworkLayer<Scalar>::project(const Parameters<Scalar>& parameters, Input& input, Index n,
                                   Index query_positions) const {
  const Index rows = n * shape_.positions, query_rows = n * query_positions;
  const auto x = input.ln1.forward(parameters, input.x.topRows(rows));
  auto q = input.q.topRows(query_rows);
  auto kv = input.kv.topRows(rows);
  q.noalias() = x.bottomRows(query_rows) * w_qkv_.leftCols(head_width_);
  kv.noalias() = x * w_qkv_.rightCols(2 * head_width_);
  if (rotary_) {
    rotate<Scalar>(*rotary_, n, q);
    rotate<Scalar>(*rotary_, n, kv.leftCols(head_width_));
  }
}

template <class Scalar>
void NetworkLayer<Scalar>::project_backward(const Parameters<Scalar>& parameters, const Input& input, Index n,
                                            MutableRows<Scalar> dq, MutableRows<Scalar> dkv, MutableRows<Scalar> dx,
                                            Rows<Scalar>& d_normalized, Parameters<Scalar>& gradient) {
  if (rotary_) {
    rotate_backward<Scalar>(*rotary_, n, dq);
    rotate_backward<Scalar>(*rotary_, n, dkv.leftCols(head_width_));
  }
  const Index rows = n * shape_.positions, query_rows = dq.rows();
  const auto x = input.ln1.of(input.x.topRows(rows));
  d_w_qkv_.leftCols(head_width_).noalias() += x.bottomRows(query_rows).transpose() * dq;
  d_w_qkv_.rightCols(2 * head_width_).noalias() += x.transpose() * dkv;
  auto d_x = d_normalized.topRows(rows);
  d_x.noalias() = dkv * w_qkv_.rightCols(2 * head_width_).transpose();
  d_x.bottomRows(query_rows).noalias() += dq * w_qkv_.leftCols(head_width_).transpose();
  input.ln1.backward(parameters, d_x, dx, gradient);
}

// ---- Attention ----

template <class Scalar>
void NetworkLayer<Scalar>::attention(const Parameters<Scalar>& parameters, Index n) {
  const Index rows = n * shape_.positions, query_rows = n * query_positions_;
  const auto kv = input_.kv.topRows(rows);
  auto mixed = mixed_.topRows(query_rows);
  attend<Scalar>(shape_, input_.q.topRows(query_rows), kv.leftCols(head_width_), kv.rightCols(head_width_),
                 weights_.topRows(query_rows), mixed);
  auto y = y_.topRows(query_rows);
  y = input_.x.middleRows(rows - query_rows, query_rows);
  y.noalias() += mixed * weights_at(parameters, w_o_, head_width_, shape_.width);
}

template <class Scalar>
void NetworkLayer<Scalar>::attention_backward(const Parameters<Scalar>& parameters, Index n, BackwardRows<Scalar>& back,
                                              Parameters<Scalar>& gradient) const {
  const Index rows = n * shape_.positions, query_rows = n * query_positions_;
  back.dx.topRows(rows - query_rows).setZero();
  const auto dy = back.dx.middleRows(rows - query_rows, query_rows);
  auto d_mixed = back.d_mixed.topRows(query_rows);
  d_mixed.noalias() = dy * weights_at(parameters, w_o_, head_width_, shape_.width).transpose();
  weights_at(gradient, w_o_, head_width_, shape_.width).noalias() += mixed_.topRows(query_rows).transpose() * dy;

  const auto kv = input_.kv.topRows(rows);
  auto dkv = back.dkv.topRows(rows);
  attend_backward<Scalar>(shape_, input_.q.topRows(query_rows), kv.leftCols(head_width_), kv.rightCols(head_width_),
                          weights_.topRows(query_rows), d_mixed, back.d_weights.topRows(query_rows),
                          back.dq.topRows(query_rows), dkv.leftCols(head_width_), dkv.rightCols(head_width_));
}

template <class Scalar>
void NetworkLayer<Scalar>::scores(std::int64_t number, Index n, Index first_example,
                                  AttentionScores<Scalar>& scores) const {
  const Index rows = n * shape_.positions;
  fill_scores<Scalar>(shape_, input_.q.topRows(rows), input_.kv.topRows(rows).leftCols(head_width_), number,
                      first_example, scores);
}

// ---- MLP ----

template <class Scalar>
void NetworkLayer<Scalar>::mlp(const Parameters<Scalar>& parameters, Index n, Rows<Scalar>& out) {
  const Index query_rows = n * query_positions_, width = shape_.width, mlp_width = shape_.mlp_width;
  const auto y = y_.topRows(query_rows);
  auto x = out.topRows(query_rows);
  x = y;
  if (mlp_width == 0) return;

  auto hidden = hidden_.topRows(query_rows);
  hidden.noalias() = ln2_->forward(parameters, y) * weights_at(parameters, w_in_, width, mlp_width);
  activate<Scalar>(shape_.activation, parameters.data() + b_in_, hidden, slope(query_rows));
  x.rowwise() += weights_at(parameters, b_out_, 1, width).row(0);
  x.noalias() += hidden * weights_at(parameters, w_out_, mlp_width, width);
}

template <class Scalar>
void NetworkLayer<Scalar>::mlp_backward(const Parameters<Scalar>& parameters, Index n, BackwardRows<Scalar>& back,
                                        Parameters<Scalar>& gradient) {
  const Index query_rows = n * query_positions_, width = shape_.width, mlp_width = shape_.mlp_width;
  if (mlp_width == 0) return;
  auto dx = back.dx.middleRows(n * shape_.positions - query_rows, query_rows);
  const auto hidden = hidden_.topRows(query_rows);
  auto d_hidden = back.d_hidden.topRows(query_rows);
  d_hidden.noalias() = dx * weights_at(parameters, w_out_, mlp_width, width).transpose();
  weights_at(gradient, w_out_, mlp_width, width).noalias() += hidden.transpose() * dx;
  weights_at(gradient, b_out_, 1, width) += dx.colwise().sum();
  activate_backward<Scalar>(shape_.activation, hidden, slope(query_rows), d_hidden, gradient.data() + b_in_);

  auto d_normalized = back.d_normalized.topRows(query_rows);
  d_normalized.noalias() = d_hidden * weights_at(parameters, w_in_, width, mlp_width).transpose();
  weights_at(gradient, w_in_, width, mlp_width).noalias() += ln2_->of(y_.topRows(query_rows)).transpose() * d_hidden;
  ln2_->backward(parameters, d_normalized, dx, gradient);
}

template class NormalizationStep<float>;
template class NormalizationStep<double>;
template struct BackwardRows<float>;
template struct BackwardRows<double>;
template class NetworkLayer<float>;
template class NetworkLayer<double>;

}  // namespace softmech
