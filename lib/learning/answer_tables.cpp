#include <softmech/learning/answer_tables.hpp>

#include <algorithm>

namespace softmech {
namespace {

// What the padding of the logits gets: no probability, and no gradient.
constexpr double no_logit = -1e30;

template <class Scalar>
std::int64_t padded(std::int64_t columns) {
  constexpr std::int64_t block = block_columns<Scalar>;
  return (columns + block - 1) / block * block;
}

/// to[column][row] = from[row][column]
template <class Scalar>
void transpose(std::int64_t rows, std::int64_t columns, const Scalar* from, std::int64_t from_row, Scalar* to,
               std::int64_t to_row) {
  constexpr std::int64_t tile = 16;
  for (std::int64_t r = 0; r < rows; r += tile) {
    for (std::int64_t c = 0; c < columns; c += tile) {
      for (std::int64_t i = r; i < std::min(r + tile, rows); ++i) {
        for (std::int64_t j = c; j < std::min(c + tile, columns); ++j) to[j * to_row + i] = from[i * from_row + j];
      }
    }
  }
}

template <class Scalar>
void add(std::int64_t count, const Scalar* from, Scalar* to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
}

}  // namespace

template <class Number>
AnswerTensors<Number>::AnswerTensors(const ParameterLayout& layout, Number* numbers) {
  const auto tensor = [&](const char* name) { return numbers + layout[name].offset; };
  embedding = tensor("embed.W_E");
  positions = nullptr;
  for (const Tensor& t : layout.tensors()) {
    if (t.name == "pos_embed.W_pos") positions = numbers + t.offset;
  }
  query = tensor("blocks.0.attn.W_Q");
  key = tensor("blocks.0.attn.W_K");
  value = tensor("blocks.0.attn.W_V");
  output = tensor("blocks.0.attn.W_O");
  in = tensor("blocks.0.mlp.W_in");
  in_bias = tensor("blocks.0.mlp.b_in");
  out = tensor("blocks.0.mlp.W_out");
  out_bias = tensor("blocks.0.mlp.b_out");
  unembedding = tensor("unembed.W_U");
}

template <class Scalar>
AnswerTables<Scalar>::AnswerTables(const NetworkShape& shape, const AnswerKernels<Scalar>& kernels)
    : kernels_(&kernels),
      vocabulary_(shape.vocabulary),
      width_(shape.width),
      heads_(shape.heads),
      head_dim_(shape.head_dim),
      components_(shape.heads * shape.head_dim),
      mlp_(shape.mlp_width),
      positions_(shape.positions),
      rows_(shape.vocabulary + 2),
      base_rows_(shape.positions == 3 ? 1 : shape.vocabulary),
      hidden_(padded<Scalar>(shape.mlp_width)),
      outputs_(padded<Scalar>(shape.vocabulary)),
      columns_(hidden_ + outputs_) {
  inputs_.reserve(rows_ * width_);
  values_.reserve(rows_ * components_);
  sign_.reserve(hidden_);
  std::fill_n(sign_.data(), hidden_, Scalar{1});
  ones_.reserve(hidden_);
  std::fill_n(ones_.data(), hidden_, Scalar{1});
  folded_.reserve(hidden_);
}

// Rows of the inputs: a token at the second position; what the first position differs by; the last token. With three
// tokens the last one's input is constant and is taken out of the others'.
template <class Scalar>
void AnswerTables<Scalar>::fold_values(const AnswerTensors<const Scalar>& tensors) {
  const auto position = [&](std::int64_t i, std::int64_t c) {
    return tensors.positions == nullptr ? Scalar{0} : tensors.positions[i * width_ + c];
  };
  Scalar* difference = inputs_.data() + vocabulary_ * width_;
  Scalar* last = difference + width_;
  for (std::int64_t c = 0; c < width_; ++c) {
    difference[c] = position(0, c) - position(1, c);
    last[c] = positions_ == 3 ? tensors.embedding[(vocabulary_ - 1) * width_ + c] + position(2, c) : Scalar{0};
  }
  for (std::int64_t t = 0; t < vocabulary_; ++t) {
    for (std::int64_t c = 0; c < width_; ++c) {
      inputs_[t * width_ + c] = tensors.embedding[t * width_ + c] + (position(1, c) - last[c]);
    }
  }
  for (std::int64_t h = 0; h < heads_; ++h) {
    kernels_->multiply({.rows = rows_, .depth = width_, .columns = head_dim_,
                        .a = inputs_.data(), .a_row = width_, .a_depth = 1,
                        .b = tensors.value + h * width_ * head_dim_, .b_row = head_dim_,
                        .c = values_.data() + h * head_dim_, .c_row = components_});
  }
}

// Tables and base of the columns of `weights` [width, columns], beginning with a block.
template <class Scalar>
void AnswerTables<Scalar>::fold_columns(const Scalar* weights, std::int64_t weights_row, std::int64_t columns,
                                        const Scalar* bias, std::int64_t first_block) {
  constexpr std::int64_t block = block_columns<Scalar>;
  const std::int64_t row = heads_ * block, last_row = rows_ - 1;
  for (std::int64_t begin = 0; begin < columns; begin += block) {
    const std::int64_t count = std::min(block, columns - begin), k = first_block + begin / block;
    Scalar* table = table_.data() + k * rows_ * row;
    for (std::int64_t h = 0; h < heads_; ++h) {
      kernels_->multiply({.rows = rows_, .depth = head_dim_, .columns = count,
                          .a = values_.data() + h * head_dim_, .a_row = components_, .a_depth = 1,
                          .b = outputs_of_heads_.data() + h * head_dim_ * columns_ + k * block, .b_row = columns_,
                          .c = table + h * block, .c_row = row});
    }
    Scalar* base = base_.data() + k * base_rows_ * block;
    const std::int64_t first_input = base_rows_ == 1 ? last_row : 0;
    kernels_->multiply({.rows = base_rows_, .depth = width_, .columns = count,
                        .a = inputs_.data() + first_input * width_, .a_row = width_, .a_depth = 1,
                        .b = weights + begin, .b_row = weights_row, .c = base, .c_row = block});
    for (std::int64_t r = 0; r < base_rows_; ++r) {
      for (std::int64_t c = 0; c < block; ++c) {
        Scalar& entry = base[r * block + c];
        entry += bias[begin + c];
        for (std::int64_t h = 0; base_rows_ == 1 && h < heads_; ++h) entry += table[last_row * row + h * block + c];
      }
    }
  }
}

template <class Scalar>
void AnswerTables<Scalar>::fold_hidden(const AnswerTensors<const Scalar>& tensors) {
  outputs_of_heads_.reserve(components_ * columns_);
  weights_t_.reserve(columns_ * width_);
  table_.reserve(rows_ * heads_ * columns_);
  base_.reserve(base_rows_ * columns_);
  bias_.reserve(columns_);
  fold_values(tensors);
  kernels_->multiply({.rows = components_, .depth = width_, .columns = mlp_,
                      .a = tensors.output, .a_row = width_, .a_depth = 1, .b = tensors.in, .b_row = mlp_,
                      .c = outputs_of_heads_.data(), .c_row = columns_});
  std::copy_n(tensors.in_bias, mlp_, bias_.data());
  fold_columns(tensors.in, mlp_, mlp_, bias_.data(), 0);
  transpose(width_, mlp_, tensors.in, mlp_, weights_t_.data(), width_);
}

template <class Scalar>
void AnswerTables<Scalar>::gather_folded(const AnswerTensors<const Scalar>&) {
  folded_count_ = 0;
  for (std::int64_t u = 0; u < mlp_; ++u) {
    if (sign_[u] < 0) folded_[folded_count_++] = static_cast<std::int32_t>(u);
  }
  folded_in_.reserve(hidden_ * width_);
  folded_readout_.reserve(hidden_ * outputs_);
  for (std::int64_t i = 0; i < folded_count_; ++i) {
    std::copy_n(weights_t_.data() + folded_[i] * width_, width_, folded_in_.data() + i * width_);
    std::copy_n(readout_.data() + folded_[i] * outputs_, outputs_, folded_readout_.data() + i * outputs_);
  }
}

template <class Scalar>
void AnswerTables<Scalar>::fold_outputs(const AnswerTensors<const Scalar>& tensors) {
  for (Array* array : {&weights_out_, &unembedding_, &unembedding_t_}) array->reserve(width_ * outputs_);
  readout_.reserve(hidden_ * outputs_);
  for (std::int64_t c = 0; c < width_; ++c) {
    Scalar* row = unembedding_.data() + c * outputs_;
    std::fill(std::copy_n(tensors.unembedding + c * vocabulary_, vocabulary_, row), row + outputs_, Scalar{0});
  }
  kernels_->multiply({.rows = mlp_, .depth = width_, .columns = outputs_,
                      .a = tensors.out, .a_row = width_, .a_depth = 1, .b = unembedding_.data(), .b_row = outputs_,
                      .c = readout_.data(), .c_row = outputs_});
  gather_folded(tensors);

  // W_U' = W_U + W_in,F M_F; its bias is b_out W_U + b_in,F M_F.
  std::copy_n(unembedding_.data(), width_ * outputs_, weights_out_.data());
  kernels_->multiply({.rows = width_, .depth = folded_count_, .columns = outputs_,
                      .a = folded_in_.data(), .a_row = 1, .a_depth = width_,
                      .b = folded_readout_.data(), .b_row = outputs_,
                      .c = weights_out_.data(), .c_row = outputs_, .add = true});
  Scalar* bias = bias_.data() + hidden_;
  kernels_->multiply({.rows = 1, .depth = width_, .columns = outputs_,
                      .a = tensors.out_bias, .a_row = 0, .a_depth = 1, .b = unembedding_.data(), .b_row = outputs_,
                      .c = bias, .c_row = outputs_});
  for (std::int64_t i = 0; i < folded_count_; ++i) {
    const Scalar b = tensors.in_bias[folded_[i]];
    const Scalar* row = folded_readout_.data() + i * outputs_;
    for (std::int64_t c = 0; c < outputs_; ++c) bias[c] += b * row[c];
  }
  std::fill(bias + vocabulary_, bias + outputs_, static_cast<Scalar>(no_logit));

  kernels_->multiply({.rows = components_, .depth = width_, .columns = outputs_,
                      .a = tensors.output, .a_row = width_, .a_depth = 1,
                      .b = weights_out_.data(), .b_row = outputs_,
                      .c = outputs_of_heads_.data() + hidden_, .c_row = columns_});
  fold_columns(weights_out_.data(), outputs_, outputs_, bias, hidden_ / block_columns<Scalar>);
}

template <class Scalar>
void AnswerTables<Scalar>::describe(AnswerChunk<Scalar>& chunk) {
  constexpr std::int64_t block = block_columns<Scalar>;
  chunk.heads = heads_;
  chunk.hidden_blocks = hidden_ / block;
  chunk.output_blocks = outputs_ / block;
  chunk.outputs = outputs_;
  chunk.table_rows = rows_;
  chunk.difference_row = vocabulary_;
  chunk.table = table_.data();
  chunk.table_gradient = table_gradient_.data();
  chunk.base_rows = base_rows_;
  chunk.base = base_.data();
  chunk.base_gradient = base_gradient_.data();
  chunk.sign = sign_.data();
  chunk.readout = readout_.data();
  chunk.readout_gradient = readout_gradient_.data();
}

template <class Scalar>
void AnswerTables<Scalar>::describe_residual(const AnswerTensors<const Scalar>& tensors, AnswerChunk<Scalar>& chunk) {
  chunk.outputs = padded<Scalar>(width_);
  chunk.output_blocks = chunk.outputs / block_columns<Scalar>;
  chunk.readout = tensors.out;
  chunk.sign = ones_.data();
  if (chunk.outputs == width_) return;
  out_.reserve(hidden_ * chunk.outputs);
  for (std::int64_t u = 0; u < mlp_; ++u) {
    std::copy_n(tensors.out + u * width_, width_, out_.data() + u * chunk.outputs);
  }
  chunk.readout = out_.data();
}

template <class Scalar>
void AnswerTables<Scalar>::attended(const AnswerTensors<const Scalar>& tensors, const AnswerChunk<Scalar>& chunk) {
  const std::int64_t row = heads_ * width_;
  scratch_.reserve(rows_ * row);  // [row][head][width] x W_V^h W_O^h
  for (std::int64_t h = 0; h < heads_; ++h) {
    kernels_->multiply({.rows = rows_, .depth = head_dim_, .columns = width_,
                        .a = values_.data() + h * head_dim_, .a_row = components_, .a_depth = 1,
                        .b = tensors.output + h * head_dim_ * width_, .b_row = width_,
                        .c = scratch_.data() + h * width_, .c_row = row});
  }
  const Scalar* difference = scratch_.data() + vocabulary_ * row;
  const Scalar* last = difference + row;  // zero but for three tokens
  for (std::int64_t n = 0; n < chunk.examples; ++n) {
    const Scalar* first = scratch_.data() + chunk.first[n] * row;
    const Scalar* second = scratch_.data() + chunk.second[n] * row;
    const Scalar* input = inputs_.data() + (base_rows_ == 1 ? rows_ - 1 : chunk.second[n]) * width_;
    Scalar* to = chunk.logits + n * chunk.outputs;
    std::fill_n(to, chunk.outputs, Scalar{0});
    for (std::int64_t c = 0; c < width_; ++c) to[c] = input[c] + tensors.out_bias[c];
    for (std::int64_t h = 0; h < heads_; ++h) {
      const Scalar w0 = chunk.weight_first[n * heads_ + h], w1 = chunk.weight_second[n * heads_ + h];
      for (std::int64_t c = 0; c < width_; ++c) {
        const std::int64_t i = h * width_ + c;
        to[c] += last[i] + w0 * (first[i] + difference[i]) + w1 * second[i];
      }
    }
  }
}

template <class Scalar>
void AnswerTables<Scalar>::clear_gradient() {
  const std::int64_t used = hidden_ + outputs_;
  const auto clear = [](Array& array, std::int64_t count) {
    array.reserve(count);
    std::fill_n(array.data(), count, Scalar{0});
  };
  clear(table_gradient_, rows_ * heads_ * used);
  clear(base_gradient_, base_rows_ * used);
  clear(readout_gradient_, hidden_ * outputs_);
}

template <class Scalar>
void AnswerTables<Scalar>::unfold(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient) {
  inputs_gradient_.reserve(rows_ * width_);
  values_gradient_.reserve(rows_ * components_);
  weights_t_gradient_.reserve(columns_ * width_);
  outputs_of_heads_gradient_.reserve(components_ * columns_);
  outputs_of_heads_t_.reserve(columns_ * components_);
  value_t_.reserve(components_ * width_);
  scratch_.reserve(std::max(hidden_, width_) * std::max(outputs_, width_) + columns_);
  unfold_tables(tensors, gradient);
  unfold_inputs(gradient);
  std::fill_n(bias_.data(), columns_, Scalar{0});  // from here on the gradient of the bias
  constexpr std::int64_t block = block_columns<Scalar>;
  for (std::int64_t column = 0; column < hidden_ + outputs_; column += block) {
    for (std::int64_t r = 0; r < base_rows_; ++r) {
      add(block, base_gradient_.data() + column * base_rows_ + r * block, bias_.data() + column);
    }
  }
  std::copy_n(bias_.data(), mlp_, gradient.in_bias);
  unfold_signs(gradient);
  unfold_readout(tensors, gradient);
}

// Through table_h = values_h (W_O^h W), values_h = inputs W_V^h and base = inputs W + ….
template <class Scalar>
void AnswerTables<Scalar>::unfold_tables(const AnswerTensors<const Scalar>& tensors,
                                         const AnswerTensors<Scalar>& gradient) {
  constexpr std::int64_t block = block_columns<Scalar>;
  const std::int64_t used = hidden_ + outputs_, row = heads_ * block, last_row = rows_ - 1;
  const std::int64_t first_input = base_rows_ == 1 ? last_row : 0;
  transpose(components_, used, outputs_of_heads_.data(), columns_, outputs_of_heads_t_.data(), components_);
  transpose(width_, outputs_, weights_out_.data(), outputs_, weights_t_.data() + hidden_ * width_, width_);
  for (std::int64_t h = 0; h < heads_; ++h) {
    transpose(width_, head_dim_, tensors.value + h * width_ * head_dim_, head_dim_,
              value_t_.data() + h * head_dim_ * width_, width_);
  }
  for (std::int64_t column = 0; column < used; column += block) {
    Scalar* table = table_gradient_.data() + column * rows_ * heads_;
    const Scalar* base = base_gradient_.data() + column * base_rows_;
    for (std::int64_t h = 0; h < heads_; ++h) {
      if (base_rows_ == 1) std::copy_n(base, block, table + last_row * row + h * block);
      kernels_->multiply({.rows = head_dim_, .depth = rows_, .columns = block,
                          .a = values_.data() + h * head_dim_, .a_row = 1, .a_depth = components_,
                          .b = table + h * block, .b_row = row,
                          .c = outputs_of_heads_gradient_.data() + h * head_dim_ * columns_ + column,
                          .c_row = columns_});
      kernels_->multiply({.rows = rows_, .depth = block, .columns = head_dim_,
                          .a = table + h * block, .a_row = row, .a_depth = 1,
                          .b = outputs_of_heads_t_.data() + column * components_ + h * head_dim_,
                          .b_row = components_,
                          .c = values_gradient_.data() + h * head_dim_, .c_row = components_, .add = column > 0});
    }
    kernels_->multiply({.rows = base_rows_, .depth = block, .columns = width_,
                        .a = base, .a_row = block, .a_depth = 1,
                        .b = weights_t_.data() + column * width_, .b_row = width_,
                        .c = inputs_gradient_.data() + first_input * width_, .c_row = width_, .add = column > 0});
    kernels_->multiply({.rows = block, .depth = base_rows_, .columns = width_,
                        .a = base, .a_row = 1, .a_depth = block,
                        .b = inputs_.data() + first_input * width_, .b_row = width_,
                        .c = weights_t_gradient_.data() + column * width_, .c_row = width_});
  }
  // The rows of the inputs that are in no base.
  if (base_rows_ == 1) {
    std::fill_n(inputs_gradient_.data(), last_row * width_, Scalar{0});
  } else {
    std::fill_n(inputs_gradient_.data() + base_rows_ * width_, 2 * width_, Scalar{0});
  }
  kernels_->multiply({.rows = rows_, .depth = components_, .columns = width_,
                      .a = values_gradient_.data(), .a_row = components_, .a_depth = 1,
                      .b = value_t_.data(), .b_row = width_,
                      .c = inputs_gradient_.data(), .c_row = width_, .add = true});
  for (std::int64_t h = 0; h < heads_; ++h) {
    kernels_->multiply({.rows = width_, .depth = rows_, .columns = head_dim_,
                        .a = inputs_.data(), .a_row = 1, .a_depth = width_,
                        .b = values_gradient_.data() + h * head_dim_, .b_row = components_,
                        .c = gradient.value + h * width_ * head_dim_, .c_row = head_dim_});
  }
  kernels_->multiply({.rows = components_, .depth = used, .columns = width_,
                      .a = outputs_of_heads_gradient_.data(), .a_row = columns_, .a_depth = 1,
                      .b = weights_t_.data(), .b_row = width_, .c = gradient.output, .c_row = width_});
  kernels_->multiply({.rows = used, .depth = components_, .columns = width_,
                      .a = outputs_of_heads_gradient_.data(), .a_row = 1, .a_depth = columns_,
                      .b = tensors.output, .b_row = width_,
                      .c = weights_t_gradient_.data(), .c_row = width_, .add = true});
}

// Through fold_values' inputs to embedding and positions.
template <class Scalar>
void AnswerTables<Scalar>::unfold_inputs(const AnswerTensors<Scalar>& gradient) {
  const Scalar* difference = inputs_gradient_.data() + vocabulary_ * width_;
  const Scalar* last = difference + width_;
  Scalar* shift = scratch_.data();  // of all tokens' inputs: + position 1, - the last input
  std::fill_n(shift, width_, Scalar{0});
  for (std::int64_t t = 0; t < vocabulary_; ++t) add(width_, inputs_gradient_.data() + t * width_, shift);
  add(vocabulary_ * width_, inputs_gradient_.data(), gradient.embedding);
  for (std::int64_t c = 0; c < width_; ++c) {
    const Scalar of_last = last[c] - shift[c];
    if (positions_ == 3) gradient.embedding[(vocabulary_ - 1) * width_ + c] += of_last;
    if (gradient.positions == nullptr) continue;
    gradient.positions[c] += difference[c];
    gradient.positions[width_ + c] += shift[c] - difference[c];
    if (positions_ == 3) gradient.positions[2 * width_ + c] += of_last;
  }
}

// Through W_U' = W_U + W_in,F M_F and its bias, into M, W_in and b_in of the folded units.
template <class Scalar>
void AnswerTables<Scalar>::unfold_signs(const AnswerTensors<Scalar>& gradient) {
  const Scalar* weights_out_t = weights_t_gradient_.data() + hidden_ * width_;  // [output][width]
  const Scalar* bias = bias_.data() + hidden_;
  // weights_out_ now takes the gradient of W_U'.
  transpose(outputs_, width_, weights_out_t, width_, weights_out_.data(), outputs_);
  kernels_->multiply({.rows = folded_count_, .depth = width_, .columns = outputs_,
                      .a = folded_in_.data(), .a_row = width_, .a_depth = 1,
                      .b = weights_out_.data(), .b_row = outputs_, .c = scratch_.data(), .c_row = outputs_});
  for (std::int64_t i = 0; i < folded_count_; ++i) {
    add(outputs_, scratch_.data() + i * outputs_, readout_gradient_.data() + folded_[i] * outputs_);
  }
  kernels_->multiply({.rows = folded_count_, .depth = outputs_, .columns = width_,
                      .a = folded_readout_.data(), .a_row = outputs_, .a_depth = 1,
                      .b = weights_out_t, .b_row = width_, .c = scratch_.data(), .c_row = width_});
  for (std::int64_t i = 0; i < folded_count_; ++i) {
    add(width_, scratch_.data() + i * width_, weights_t_gradient_.data() + folded_[i] * width_);
  }
  kernels_->multiply({.rows = folded_count_, .depth = outputs_, .columns = 1,
                      .a = folded_readout_.data(), .a_row = outputs_, .a_depth = 1, .b = bias, .b_row = 1,
                      .c = scratch_.data(), .c_row = 1});
  for (std::int64_t i = 0; i < folded_count_; ++i) gradient.in_bias[folded_[i]] += scratch_[i];
  transpose(mlp_, width_, weights_t_gradient_.data(), width_, gradient.in, mlp_);
}

// Through M = W_out W_U and the bias b_out W_U.
template <class Scalar>
void AnswerTables<Scalar>::unfold_readout(const AnswerTensors<const Scalar>& tensors,
                                          const AnswerTensors<Scalar>& gradient) {
  const Scalar* bias = bias_.data() + hidden_;
  // b_in,F M_F is the second way by which the bias reaches M.
  for (std::int64_t i = 0; i < folded_count_; ++i) {
    const Scalar b = tensors.in_bias[folded_[i]];
    Scalar* row = readout_gradient_.data() + folded_[i] * outputs_;
    for (std::int64_t c = 0; c < outputs_; ++c) row[c] += b * bias[c];
  }
  transpose(width_, outputs_, unembedding_.data(), outputs_, unembedding_t_.data(), width_);
  kernels_->multiply({.rows = mlp_, .depth = outputs_, .columns = width_,
                      .a = readout_gradient_.data(), .a_row = outputs_, .a_depth = 1,
                      .b = unembedding_t_.data(), .b_row = width_, .c = gradient.out, .c_row = width_});
  kernels_->multiply({.rows = 1, .depth = outputs_, .columns = width_,
                      .a = bias, .a_row = 0, .a_depth = 1, .b = unembedding_t_.data(), .b_row = width_,
                      .c = gradient.out_bias, .c_row = width_});
  kernels_->multiply({.rows = width_, .depth = mlp_, .columns = outputs_,
                      .a = tensors.out, .a_row = 1, .a_depth = width_,
                      .b = readout_gradient_.data(), .b_row = outputs_,
                      .c = weights_out_.data(), .c_row = outputs_, .add = true});
  kernels_->multiply({.rows = width_, .depth = 1, .columns = outputs_,
                      .a = tensors.out_bias, .a_row = 1, .a_depth = 0, .b = bias, .b_row = outputs_,
                      .c = weights_out_.data(), .c_row = outputs_, .add = true});
  for (std::int64_t c = 0; c < width_; ++c) {
    std::copy_n(weights_out_.data() + c * outputs_, vocabulary_, gradient.unembedding + c * vocabulary_);
  }
}

template struct AnswerTensors<const float>;
template struct AnswerTensors<const double>;
template struct AnswerTensors<float>;
template struct AnswerTensors<double>;
template class AnswerTables<float>;
template class AnswerTables<double>;

}  // namespace softmech
