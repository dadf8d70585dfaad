#include <softmech/learning/answer_scores.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {
namespace {

enum Projection { query_of_second, key_of_first, key_of_second };

template <class Scalar>
void clear(WorkspaceArray<Scalar>& array, std::int64_t count) {
  array.reserve(count);
  std::fill_n(array.data(), count, Scalar{0});
}

template <class Scalar>
void transpose(std::int64_t rows, std::int64_t columns, const Scalar* from, Scalar* to) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) to[c * rows + r] = from[r * columns + c];
  }
}

}  // namespace

template <class Scalar>
AnswerScores<Scalar>::AnswerScores(const NetworkShape& shape, const AnswerKernels<Scalar>& kernels)
    : kernels_(&kernels),
      vocabulary_(shape.vocabulary),
      width_(shape.width),
      heads_(shape.heads),
      head_dim_(shape.head_dim),
      positions_(shape.positions),
      causal_(shape.causal),
      inverse_temperature_(static_cast<Scalar>(1 / std::sqrt(static_cast<double>(shape.head_dim)))) {
  constexpr std::int64_t lanes = 64 / static_cast<std::int64_t>(sizeof(Scalar));
  padded_dim_ = (head_dim_ + lanes - 1) / lanes * lanes;
  for (std::int64_t steps = 1; shape.position_code == PositionCode::rope && steps <= 2; ++steps) {
    for (std::int64_t c = 0; c < head_dim_ / 2; ++c) {
      const double angle = static_cast<double>(steps) *
                           std::pow(shape.rope_base, -2.0 * static_cast<double>(c) / static_cast<double>(head_dim_));
      turns_[steps - 1].push_back({static_cast<Scalar>(std::cos(angle)), static_cast<Scalar>(std::sin(angle))});
    }
  }
}

// Turns one head's vector by -2 … 2 positions.
template <class Scalar>
void AnswerScores<Scalar>::rotate(Scalar* components, std::int64_t steps) const {
  if (steps == 0 || turns_[0].empty()) return;
  const std::int64_t half = head_dim_ / 2;
  const std::vector<Turn>& turns = turns_[std::abs(steps) - 1];
  for (std::int64_t c = 0; c < half; ++c) {
    const Scalar cosine = turns[c].cosine, sine = steps > 0 ? turns[c].sine : -turns[c].sine;
    const Scalar x = components[c], y = components[c + half];
    components[c] = x * cosine - y * sine;
    components[c + half] = x * sine + y * cosine;
  }
}

template <class Scalar>
void AnswerScores<Scalar>::fold(const AnswerTensors<const Scalar>& tensors) {
  positions_ == 3 ? fold_constant_query(tensors) : fold_pairs(tensors);
}

template <class Scalar>
void AnswerScores<Scalar>::unfold(const AnswerTensors<const Scalar>& tensors, const AnswerTensors<Scalar>& gradient) {
  positions_ == 3 ? unfold_constant_query(tensors, gradient) : unfold_pairs(tensors, gradient);
}

template <class Scalar>
void AnswerScores<Scalar>::transpose_keys(const Scalar* weights) {
  weights_t_.reserve(heads_ * width_ * head_dim_);
  for (std::int64_t h = 0; h < heads_; ++h) {
    const std::int64_t at = h * width_ * head_dim_;
    transpose(width_, head_dim_, weights + at, weights_t_.data() + at);
  }
}

template <class Scalar>
void AnswerScores<Scalar>::fold_constant_query(const AnswerTensors<const Scalar>& tensors) {
  const std::int64_t components = heads_ * head_dim_, keys = 3;
  last_input_.reserve(width_);
  query_.reserve(components);
  turned_.reserve(keys * components);
  direction_.reserve(keys * heads_ * width_);
  direction_t_.reserve(width_ * 2 * heads_);
  by_token_.reserve(vocabulary_ * 2 * heads_);
  constant_.reserve(keys * heads_);
  std::copy_n(tensors.embedding + (vocabulary_ - 1) * width_, width_, last_input_.data());
  for (std::int64_t c = 0; tensors.positions != nullptr && c < width_; ++c) {
    last_input_[c] += tensors.positions[2 * width_ + c];
  }
  transpose_keys(tensors.key);
  for (std::int64_t h = 0; h < heads_; ++h) {
    Scalar* query = query_.data() + h * head_dim_;
    const std::int64_t weights = h * width_ * head_dim_;
    kernels_->multiply({.rows = 1,
                        .depth = width_,
                        .columns = head_dim_,
                        .a = last_input_.data(),
                        .a_row = 0,
                        .a_depth = 1,
                        .b = tensors.query + weights,
                        .b_row = head_dim_,
                        .c = query,
                        .c_row = head_dim_});
    for (std::int64_t j = 0; j < keys; ++j) {
      Scalar* turned = turned_.data() + j * components + h * head_dim_;
      for (std::int64_t c = 0; c < head_dim_; ++c) turned[c] = query[c] * inverse_temperature_;
      rotate(turned, 2 - j);
    }
    kernels_->multiply({.rows = keys,
                        .depth = head_dim_,
                        .columns = width_,
                        .a = turned_.data() + h * head_dim_,
                        .a_row = components,
                        .a_depth = 1,
                        .b = weights_t_.data() + weights,
                        .b_row = width_,
                        .c = direction_.data() + h * width_,
                        .c_row = heads_ * width_});
  }
  transpose(2 * heads_, width_, direction_.data(), direction_t_.data());
  kernels_->multiply({.rows = vocabulary_,
                      .depth = width_,
                      .columns = 2 * heads_,
                      .a = tensors.embedding,
                      .a_row = width_,
                      .a_depth = 1,
                      .b = direction_t_.data(),
                      .b_row = 2 * heads_,
                      .c = by_token_.data(),
                      .c_row = 2 * heads_});
  for (std::int64_t j = 0; j < keys; ++j) {
    const Scalar* position = tensors.positions == nullptr ? nullptr : tensors.positions + j * width_;
    const Scalar* input = j == 2 ? last_input_.data() : position;
    for (std::int64_t h = 0; h < heads_; ++h) {
      const Scalar* direction = direction_.data() + (j * heads_ + h) * width_;
      Scalar sum = 0;
      for (std::int64_t c = 0; input != nullptr && c < width_; ++c) sum += direction[c] * input[c];
      constant_[j * heads_ + h] = sum;
    }
  }
}

template <class Scalar>
void AnswerScores<Scalar>::unfold_constant_query(const AnswerTensors<const Scalar>& tensors,
                                                 const AnswerTensors<Scalar>& gradient) {
  const std::int64_t components = heads_ * head_dim_, keys = 3;
  direction_gradient_.reserve(keys * heads_ * width_);
  turned_gradient_.reserve(keys * components);
  query_gradient_.reserve(components);
  // The first two keys' constants are shared by all tokens.
  for (std::int64_t t = 0; t < vocabulary_; ++t) {
    for (std::int64_t i = 0; i < 2 * heads_; ++i) constant_gradient_[i] += by_token_gradient_[t * 2 * heads_ + i];
  }
  kernels_->multiply({.rows = 2 * heads_,
                      .depth = vocabulary_,
                      .columns = width_,
                      .a = by_token_gradient_.data(),
                      .a_row = 1,
                      .a_depth = 2 * heads_,
                      .b = tensors.embedding,
                      .b_row = width_,
                      .c = direction_gradient_.data(),
                      .c_row = width_});
  kernels_->multiply({.rows = vocabulary_,
                      .depth = 2 * heads_,
                      .columns = width_,
                      .a = by_token_gradient_.data(),
                      .a_row = 2 * heads_,
                      .a_depth = 1,
                      .b = direction_.data(),
                      .b_row = width_,
                      .c = gradient.embedding,
                      .c_row = width_,
                      .add = true});
  std::fill_n(direction_gradient_.data() + 2 * heads_ * width_, heads_ * width_, Scalar{0});
  Scalar* last = gradient.embedding + (vocabulary_ - 1) * width_;
  Scalar* last_position = gradient.positions == nullptr ? nullptr : gradient.positions + 2 * width_;
  const auto add_to_last = [&](std::int64_t c, Scalar x) {
    last[c] += x;
    if (last_position != nullptr) last_position[c] += x;
  };
  for (std::int64_t j = 0; j < keys; ++j) {
    for (std::int64_t h = 0; h < heads_; ++h) {
      const Scalar g = constant_gradient_[j * heads_ + h];
      const Scalar* direction = direction_.data() + (j * heads_ + h) * width_;
      Scalar* direction_gradient = direction_gradient_.data() + (j * heads_ + h) * width_;
      for (std::int64_t c = 0; c < width_; ++c) {
        if (j == 2) {
          direction_gradient[c] += g * last_input_[c];
          add_to_last(c, g * direction[c]);
        } else if (tensors.positions != nullptr) {
          direction_gradient[c] += g * tensors.positions[j * width_ + c];
          gradient.positions[j * width_ + c] += g * direction[c];
        }
      }
    }
  }
  scratch_.reserve(width_ * (head_dim_ + 1));
  for (std::int64_t h = 0; h < heads_; ++h) {
    const std::int64_t weights = h * width_ * head_dim_;
    kernels_->multiply({.rows = width_,
                        .depth = keys,
                        .columns = head_dim_,
                        .a = direction_gradient_.data() + h * width_,
                        .a_row = 1,
                        .a_depth = heads_ * width_,
                        .b = turned_.data() + h * head_dim_,
                        .b_row = components,
                        .c = gradient.key + weights,
                        .c_row = head_dim_});
    kernels_->multiply({.rows = keys,
                        .depth = width_,
                        .columns = head_dim_,
                        .a = direction_gradient_.data() + h * width_,
                        .a_row = heads_ * width_,
                        .a_depth = 1,
                        .b = tensors.key + weights,
                        .b_row = head_dim_,
                        .c = turned_gradient_.data() + h * head_dim_,
                        .c_row = components});
    Scalar* query = query_gradient_.data() + h * head_dim_;
    std::fill_n(query, head_dim_, Scalar{0});
    for (std::int64_t j = 0; j < keys; ++j) {
      Scalar* turned = turned_gradient_.data() + j * components + h * head_dim_;
      rotate(turned, j - 2);
      for (std::int64_t c = 0; c < head_dim_; ++c) query[c] += turned[c] * inverse_temperature_;
    }
    kernels_->multiply({.rows = width_,
                        .depth = 1,
                        .columns = head_dim_,
                        .a = last_input_.data(),
                        .a_row = 1,
                        .a_depth = 0,
                        .b = query,
                        .b_row = head_dim_,
                        .c = gradient.query + weights,
                        .c_row = head_dim_});
    transpose(width_, head_dim_, tensors.query + weights, scratch_.data());
    Scalar* input = scratch_.data() + width_ * head_dim_;
    kernels_->multiply({.rows = 1,
                        .depth = head_dim_,
                        .columns = width_,
                        .a = query,
                        .a_row = 0,
                        .a_depth = 1,
                        .b = scratch_.data(),
                        .b_row = width_,
                        .c = input,
                        .c_row = width_});
    for (std::int64_t c = 0; c < width_; ++c) add_to_last(c, input[c]);
  }
}

// to[token][head][component] = R_position (input W_h) factor, from a token on.
template <class Scalar>
void AnswerScores<Scalar>::project(const Scalar* weights, std::int64_t position, Scalar factor, const Scalar* inputs,
                                   Scalar* to, std::int64_t first_token) {
  const std::int64_t row = heads_ * padded_dim_;
  for (std::int64_t h = 0; h < heads_; ++h) {
    kernels_->multiply({.rows = vocabulary_ - first_token,
                        .depth = width_,
                        .columns = head_dim_,
                        .a = inputs + first_token * width_,
                        .a_row = width_,
                        .a_depth = 1,
                        .b = weights + h * width_ * head_dim_,
                        .b_row = head_dim_,
                        .c = to + first_token * row + h * padded_dim_,
                        .c_row = row});
    for (std::int64_t t = first_token; t < vocabulary_; ++t) {
      Scalar* components = to + t * row + h * padded_dim_;
      rotate(components, position);
      for (std::int64_t c = 0; c < head_dim_; ++c) components[c] *= factor;
    }
  }
}

// The tokens' inputs at a position, [token][width].
template <class Scalar>
void AnswerScores<Scalar>::sum_inputs(const AnswerTensors<const Scalar>& tensors, std::int64_t position,
                                      Array& inputs) {
  inputs.reserve(vocabulary_ * width_);
  for (std::int64_t t = 0; t < vocabulary_; ++t) {
    for (std::int64_t c = 0; c < width_; ++c) {
      inputs[t * width_ + c] = tensors.embedding[t * width_ + c] +
                               (tensors.positions == nullptr ? Scalar{0} : tensors.positions[position * width_ + c]);
    }
  }
}

template <class Scalar>
void AnswerScores<Scalar>::fold_pairs(const AnswerTensors<const Scalar>& tensors) {
  const std::int64_t row = heads_ * padded_dim_;
  for (std::int64_t position : {0, 1}) sum_inputs(tensors, position, inputs_[position]);
  for (Array& array : projected_) array.reserve(vocabulary_ * row);
  project(tensors.query, 1, inverse_temperature_, inputs_[1].data(), projected_[query_of_second].data());
  project(tensors.key, 0, 1, inputs_[0].data(), projected_[key_of_first].data());
  project(tensors.key, 1, 1, inputs_[1].data(), projected_[key_of_second].data());
  own_.reserve(vocabulary_ * heads_);
  for (std::int64_t i = 0; i < vocabulary_ * heads_; ++i) {
    const Scalar* query = projected_[query_of_second].data() + i * padded_dim_;
    const Scalar* key = projected_[key_of_second].data() + i * padded_dim_;
    Scalar sum = 0;
    for (std::int64_t c = 0; c < head_dim_; ++c) sum += query[c] * key[c];
    own_[i] = sum;
  }
}

// The way back through project(); the gradient of the projection is overwritten.
template <class Scalar>
void AnswerScores<Scalar>::unfold_projection(const Scalar* weights, const Scalar* gradient, const Scalar* inputs,
                                             std::int64_t position, Scalar factor, Scalar* weights_gradient,
                                             const AnswerTensors<Scalar>& tensors_gradient) {
  const std::int64_t row = heads_ * padded_dim_;
  auto* turned = const_cast<Scalar*>(gradient);
  clear(scratch_, vocabulary_ * width_);
  for (std::int64_t h = 0; h < heads_; ++h) {
    for (std::int64_t t = 0; t < vocabulary_; ++t) {
      Scalar* components = turned + t * row + h * padded_dim_;
      rotate(components, -position);
      for (std::int64_t c = 0; c < head_dim_; ++c) components[c] *= factor;
    }
    const std::int64_t at = h * width_ * head_dim_;
    kernels_->multiply({.rows = width_,
                        .depth = vocabulary_,
                        .columns = head_dim_,
                        .a = inputs,
                        .a_row = 1,
                        .a_depth = width_,
                        .b = turned + h * padded_dim_,
                        .b_row = row,
                        .c = weights_gradient + at,
                        .c_row = head_dim_,
                        .add = true});
    transpose(width_, head_dim_, weights + at, weights_t_.data());
    kernels_->multiply({.rows = vocabulary_,
                        .depth = head_dim_,
                        .columns = width_,
                        .a = turned + h * padded_dim_,
                        .a_row = row,
                        .a_depth = 1,
                        .b = weights_t_.data(),
                        .b_row = width_,
                        .c = scratch_.data(),
                        .c_row = width_,
                        .add = true});
  }
  for (std::int64_t t = 0; t < vocabulary_; ++t) {
    for (std::int64_t c = 0; c < width_; ++c) {
      const Scalar g = scratch_[t * width_ + c];
      tensors_gradient.embedding[t * width_ + c] += g;
      if (tensors_gradient.positions != nullptr) tensors_gradient.positions[position * width_ + c] += g;
    }
  }
}

template <class Scalar>
void AnswerScores<Scalar>::unfold_pairs(const AnswerTensors<const Scalar>& tensors,
                                        const AnswerTensors<Scalar>& gradient) {
  weights_t_.reserve(width_ * head_dim_);
  for (std::int64_t i = 0; i < vocabulary_ * heads_; ++i) {
    const std::int64_t at = i * padded_dim_;
    for (std::int64_t c = 0; c < head_dim_; ++c) {
      projected_gradient_[query_of_second][at + c] += own_gradient_[i] * projected_[key_of_second][at + c];
      projected_gradient_[key_of_second][at + c] += own_gradient_[i] * projected_[query_of_second][at + c];
    }
  }
  unfold_projection(tensors.query, projected_gradient_[query_of_second].data(), inputs_[1].data(), 1,
                    inverse_temperature_, gradient.query, gradient);
  unfold_projection(tensors.key, projected_gradient_[key_of_first].data(), inputs_[0].data(), 0, 1, gradient.key,
                    gradient);
  unfold_projection(tensors.key, projected_gradient_[key_of_second].data(), inputs_[1].data(), 1, 1, gradient.key,
                    gradient);
}

template <class Scalar>
void AnswerScores<Scalar>::score(std::int64_t examples, const std::int32_t* first, const std::int32_t* second,
                                 Scalar* const* scores) {
  if (positions_ == 2) {
    kernels_->pair_scores({examples, heads_, padded_dim_, first, second, projected_[query_of_second].data(),
                           projected_[key_of_first].data(), nullptr, nullptr, scores[0]});
    for (std::int64_t n = 0; n < examples; ++n) {
      std::copy_n(own_.data() + second[n] * heads_, heads_, scores[1] + n * heads_);
    }
    return;
  }
  for (std::int64_t n = 0; n < examples; ++n) {
    const Scalar* of_first = by_token_.data() + first[n] * 2 * heads_;
    const Scalar* of_second = by_token_.data() + second[n] * 2 * heads_ + heads_;
    for (std::int64_t h = 0; h < heads_; ++h) {
      scores[0][n * heads_ + h] = of_first[h] + constant_[h];
      scores[1][n * heads_ + h] = of_second[h] + constant_[heads_ + h];
      scores[2][n * heads_ + h] = constant_[2 * heads_ + h];
    }
  }
}

// to[token][head] = ⟨query, key⟩ of a token with itself or, where one of them is the last of three, with "=".
template <class Scalar>
void AnswerScores<Scalar>::score_tokens(const Scalar* query, bool last_query, const Scalar* key, bool last_key,
                                        Scalar* to) const {
  for (std::int64_t t = 0; t < vocabulary_; ++t) {
    for (std::int64_t h = 0; h < heads_; ++h) {
      const Scalar* q = query + ((last_query ? vocabulary_ - 1 : t) * heads_ + h) * padded_dim_;
      const Scalar* k = key + ((last_key ? vocabulary_ - 1 : t) * heads_ + h) * padded_dim_;
      Scalar sum = 0;
      for (std::int64_t c = 0; c < head_dim_; ++c) sum += q[c] * k[c];
      to[t * heads_ + h] = sum;
    }
  }
}

template <class Scalar>
void AnswerScores<Scalar>::project_all(const AnswerTensors<const Scalar>& tensors) {
  for (std::int64_t i = 0; i < positions_; ++i) {
    sum_inputs(tensors, i, inputs_[i]);
    for (Array* array : {&all_queries_[i], &all_keys_[i]}) array->reserve(vocabulary_ * heads_ * padded_dim_);
    const std::int64_t first_token = i == 2 ? vocabulary_ - 1 : 0;  // the third is always "="
    project(tensors.query, i, inverse_temperature_, inputs_[i].data(), all_queries_[i].data(), first_token);
    project(tensors.key, i, 1, inputs_[i].data(), all_keys_[i].data(), first_token);
  }
}

template <class Scalar>
void AnswerScores<Scalar>::score_all(const Examples& examples, AttentionScores<Scalar>& scores) {
  const auto count = static_cast<std::int64_t>(examples.size());
  scratch_.reserve(std::max(count, vocabulary_) * heads_);
  for (std::int64_t i = 0; i < positions_; ++i) {
    for (std::int64_t j = 0; j < (causal_ ? i + 1 : positions_); ++j) {
      const bool pairs = i != j && i < 2 && j < 2;
      const std::vector<std::int32_t>& tokens = std::min(i, j) == 0 ? examples.first : examples.second;
      if (pairs) {  // the token that the query has first or second, the other one's key
        const std::int32_t *of_query = (i == 0 ? examples.first : examples.second).data(),
                           *of_key = (j == 0 ? examples.first : examples.second).data();
        kernels_->pair_scores({count, heads_, padded_dim_, of_key, of_query, all_queries_[i].data(),
                               all_keys_[j].data(), nullptr, nullptr, scratch_.data()});
      } else {
        score_tokens(all_queries_[i].data(), i == 2, all_keys_[j].data(), j == 2, scratch_.data());
      }
      for (std::int64_t h = 0; h < heads_; ++h) {
        auto column = scores(0, h, i).col(j);
        for (std::int64_t n = 0; n < count; ++n) column[n] = scratch_[(pairs ? n : tokens[n]) * heads_ + h];
      }
    }
  }
}

template <class Scalar>
void AnswerScores<Scalar>::clear_gradient() {
  if (positions_ == 3) {
    clear(by_token_gradient_, vocabulary_ * 2 * heads_);
    clear(constant_gradient_, 3 * heads_);
  } else {
    for (Array& array : projected_gradient_) clear(array, vocabulary_ * heads_ * padded_dim_);
    clear(own_gradient_, vocabulary_ * heads_);
  }
}

template <class Scalar>
void AnswerScores<Scalar>::add_gradient(std::int64_t examples, const std::int32_t* first, const std::int32_t* second,
                                        Scalar* const* gradient) {
  if (positions_ == 2) {
    kernels_->pair_scores_gradient({examples, heads_, padded_dim_, first, second, projected_[query_of_second].data(),
                                    projected_[key_of_first].data(), projected_gradient_[query_of_second].data(),
                                    projected_gradient_[key_of_first].data(), gradient[0]});
    for (std::int64_t n = 0; n < examples; ++n) {
      for (std::int64_t h = 0; h < heads_; ++h) own_gradient_[second[n] * heads_ + h] += gradient[1][n * heads_ + h];
    }
    return;
  }
  for (std::int64_t n = 0; n < examples; ++n) {
    Scalar* of_first = by_token_gradient_.data() + first[n] * 2 * heads_;
    Scalar* of_second = by_token_gradient_.data() + second[n] * 2 * heads_ + heads_;
    for (std::int64_t h = 0; h < heads_; ++h) {
      of_first[h] += gradient[0][n * heads_ + h];
      of_second[h] += gradient[1][n * heads_ + h];
      constant_gradient_[2 * heads_ + h] += gradient[2][n * heads_ + h];
    }
  }
}

template class AnswerScores<float>;
template class AnswerScores<double>;

}  // namespace softmech
