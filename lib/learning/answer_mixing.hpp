// Attention weights, the mixing of tables by them, and the way back.
#pragma once

#include <softmech/learning/answer_kernels.hpp>
#include <softmech/attention/simd.hpp>

namespace softmech {
namespace {

template <class Scalar, int bytes>
void softmax(std::int64_t keys, std::int64_t count, Scalar* const* scores) {
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  for (std::int64_t i = 0; i < count; i += S::lanes) {
    Vector z[3], largest = S::load(scores[0] + i), sum{};
    for (std::int64_t j = 1; j < keys; ++j) largest = S::larger(S::load(scores[j] + i), largest);
    for (std::int64_t j = 0; j < keys; ++j) {
      z[j] = S::exp_nonpositive(S::load(scores[j] + i) - largest);
      sum += z[j];
    }
    for (std::int64_t j = 0; j < keys; ++j) S::store(z[j] / sum, scores[j] + i);
  }
}

/// The example after the last that has the same first token.
template <class Scalar>
[[gnu::always_inline]] inline std::int64_t end_of_first(const AnswerChunk<Scalar>& chunk, std::int64_t example) {
  const std::int32_t token = chunk.first[example];
  while (example < chunk.examples && chunk.first[example] == token) ++example;
  return example;
}

/// A token's rows of a block: [head][column].
template <class Scalar>
[[gnu::always_inline]] inline const Scalar* table_of(const AnswerChunk<Scalar>& chunk, std::int64_t block,
                                                     std::int64_t row) {
  return chunk.table + (block * chunk.table_rows + row) * chunk.heads * block_columns<Scalar>;
}

/// The rows that the first token of a sequence brings, table[token] + table[difference_row], of one block.
template <class Scalar>
[[gnu::always_inline]] inline void first_token_rows(const AnswerChunk<Scalar>& chunk, std::int64_t block,
                                                    std::int64_t token, Scalar* to) {
  const Scalar* row = table_of(chunk, block, token);
  const Scalar* difference = table_of(chunk, block, chunk.difference_row);
  for (std::int64_t i = 0; i < chunk.heads * block_columns<Scalar>; ++i) to[i] = row[i] + difference[i];
}

/// `heads` is the number of heads, or 0 for any.
template <class Scalar, int bytes, int heads>
void mix_heads(const AnswerChunk<Scalar>& shared, std::int64_t begin, std::int64_t end) {
  const AnswerChunk<Scalar> chunk = shared;  // local: no store to an array can change it
  const std::int64_t head_count = heads > 0 ? heads : chunk.heads;
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  constexpr std::int64_t columns = block_columns<Scalar>;
  constexpr int vectors = static_cast<int>(columns) / S::lanes;
  for (std::int64_t block = begin; block < end; ++block) {
    const bool is_hidden = block < chunk.hidden_blocks;
    const Scalar* base = chunk.base + block * chunk.base_rows * columns;
    for (std::int64_t n = 0; n < chunk.examples;) {
      first_token_rows(chunk, block, chunk.first[n], chunk.scratch);
      for (const std::int64_t end_of_run = end_of_first(chunk, n); n < end_of_run; ++n) {
        const std::int64_t b = chunk.second[n];
        const Scalar* second_rows = table_of(chunk, block, b);
        const Scalar* base_row = base + (chunk.base_rows == 1 ? 0 : b) * columns;
        Vector y[vectors];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) y[v] = S::load(base_row + v * S::lanes);
#pragma GCC unroll 4
        for (std::int64_t h = 0; h < head_count; ++h) {
          const Scalar w0 = chunk.weight_first[n * head_count + h], w1 = chunk.weight_second[n * head_count + h];
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) y[v] += w0 * S::load(chunk.scratch + h * columns + v * S::lanes);
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) y[v] += w1 * S::load(second_rows + h * columns + v * S::lanes);
        }
        if (is_hidden) {
          std::uint32_t bits = 0;
          Scalar* to = chunk.hidden + (block * chunk.examples + n) * columns;
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) {
            const Vector signed_y = y[v] * S::load(chunk.sign + block * columns + v * S::lanes);
            bits |= S::not_below_zero(signed_y) << (v * S::lanes);
            S::store(S::rectified(signed_y), to + v * S::lanes);
          }
          chunk.active[block * chunk.examples + n] = bits;
        } else {
          Scalar* to = chunk.logits + n * chunk.outputs + (block - chunk.hidden_blocks) * columns;
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) S::store(y[v], to + v * S::lanes);
        }
      }
    }
  }
}

template <class Scalar, int bytes>
void mix(const AnswerChunk<Scalar>& chunk, std::int64_t begin, std::int64_t end) {
  if (chunk.heads == 4) {
    mix_heads<Scalar, bytes, 4>(chunk, begin, end);
  } else {
    mix_heads<Scalar, bytes, 0>(chunk, begin, end);
  }
}

/// d loss/d y of one example in one block.
template <class Scalar>
[[gnu::always_inline]] inline const Scalar* column_gradient(const AnswerChunk<Scalar>& chunk, std::int64_t block,
                                                            std::int64_t example) {
  constexpr std::int64_t columns = block_columns<Scalar>;
  return block < chunk.hidden_blocks ? chunk.hidden + (block * chunk.examples + example) * columns
                                     : chunk.logits + example * chunk.outputs + (block - chunk.hidden_blocks) * columns;
}

/// ⟨d loss/d y, rows of a head⟩ of `heads` heads, for the first token's rows and the second's.
template <class Scalar, int bytes, int heads>
[[gnu::always_inline]] inline void weight_gradient_of(const AnswerChunk<Scalar>& chunk, std::int64_t n,
                                                      std::int64_t head, std::int64_t begin, std::int64_t end,
                                                      Scalar* sums) {
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  constexpr std::int64_t columns = block_columns<Scalar>;
  constexpr int vectors = static_cast<int>(columns) / S::lanes;
  constexpr int lanes64 = 64 / static_cast<int>(sizeof(Scalar));
  constexpr std::int64_t ahead = 4;  // examples whose columns are asked for early: they lie in the third-level cache
  Vector first[heads][S::parts] = {}, second[heads][S::parts] = {};
  const Scalar* first_rows = chunk.scratch + (begin * chunk.heads + head) * columns;
  const Scalar* second_rows = table_of(chunk, begin, chunk.second[n]) + head * columns;
  for (std::int64_t block = begin; block < end; ++block) {
    const Scalar* gradient = column_gradient(chunk, block, n);
    prefetch_line(gradient + ahead * columns);
    prefetch_line(gradient + ahead * columns + columns / 2);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const Vector g = S::load_once(gradient + v * S::lanes);
#pragma GCC unroll 8
      for (int h = 0; h < heads; ++h) {
        first[h][v % S::parts] += g * S::load(first_rows + h * columns + v * S::lanes);
        second[h][v % S::parts] += g * S::load(second_rows + h * columns + v * S::lanes);
      }
    }
    first_rows += chunk.heads * columns;
    second_rows += chunk.table_rows * chunk.heads * columns;
  }
#pragma GCC unroll 8
  for (int h = 0; h < heads; ++h) {
#pragma GCC unroll 2
    for (int part = 0; part < S::parts; ++part) {
      S::store(first[h][part], sums + 2 * h * lanes64 + part * S::lanes);
      S::store(second[h][part], sums + (2 * h + 1) * lanes64 + part * S::lanes);
    }
  }
  Scalar of_heads[8];
  sums_of_lanes(sums, 2 * heads, of_heads);
  for (int h = 0; h < heads; ++h) {
    const std::int64_t at = n * chunk.heads + head + h;
    const Scalar before_first = begin == 0 ? 0 : chunk.weight_first_gradient[at];
    const Scalar before_second = begin == 0 ? 0 : chunk.weight_second_gradient[at];
    chunk.weight_first_gradient[at] = before_first + of_heads[2 * h];
    chunk.weight_second_gradient[at] = before_second + of_heads[2 * h + 1];
  }
}

template <class Scalar, int bytes>
void weight_gradient(const AnswerChunk<Scalar>& shared) {
  const AnswerChunk<Scalar> chunk = shared;
  constexpr std::int64_t columns = block_columns<Scalar>;
  constexpr int group = bytes == 64 ? 4 : 2;         // heads whose sums fit in the registers
  constexpr std::int64_t cached_bytes = 600 * 1024;  // of tables, to stay in the second-level cache
  const std::int64_t blocks = chunk.hidden_blocks + chunk.output_blocks;
  const std::int64_t fitting = cached_bytes / (chunk.table_rows * chunk.heads * 128);
  const std::int64_t passes = fitting == 0 ? blocks : (blocks + fitting - 1) / fitting;
  Scalar* sums = chunk.scratch + blocks * chunk.heads * columns;
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    const std::int64_t begin = blocks * pass / passes, end = blocks * (pass + 1) / passes;
    for (std::int64_t n = 0; n < chunk.examples;) {
      for (std::int64_t block = begin; block < end; ++block) {
        first_token_rows(chunk, block, chunk.first[n], chunk.scratch + block * chunk.heads * columns);
      }
      for (const std::int64_t end_of_run = end_of_first(chunk, n); n < end_of_run; ++n) {
        std::int64_t h = 0;
        for (; h + group <= chunk.heads; h += group) {
          weight_gradient_of<Scalar, bytes, group>(chunk, n, h, begin, end, sums);
        }
        for (; h < chunk.heads; ++h) weight_gradient_of<Scalar, bytes, 1>(chunk, n, h, begin, end, sums);
      }
    }
  }
}

/// Σ over examples of weight × d loss/d y, for `heads` heads of one block, added to a token's rows (and, if not null,
/// to the row of the difference); the examples are example(i), i = begin … end - 1.
template <class Scalar, int bytes, int heads>
[[gnu::always_inline]] inline void add_weighted(const AnswerChunk<Scalar>& chunk, std::int64_t block,
                                                std::int64_t begin, std::int64_t end, const std::int32_t* order,
                                                const Scalar* weight, std::int64_t head, Scalar* to, Scalar* also_to) {
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  constexpr std::int64_t columns = block_columns<Scalar>;
  constexpr int vectors = static_cast<int>(columns) / S::lanes;
  Vector sum[heads][vectors] = {};
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t n = order == nullptr ? i : order[i];
    const Scalar* gradient = column_gradient(chunk, block, n);
    const Scalar* w = weight + n * chunk.heads + head;
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const Vector g = S::load_once(gradient + v * S::lanes);
#pragma GCC unroll 8
      for (int h = 0; h < heads; ++h) sum[h][v] += w[h] * g;
    }
  }
#pragma GCC unroll 8
  for (int h = 0; h < heads; ++h) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const std::int64_t at = (head + h) * columns + v * S::lanes;
      S::store(S::load(to + at) + sum[h][v], to + at);
      if (also_to != nullptr) S::store(S::load(also_to + at) + sum[h][v], also_to + at);
    }
  }
}

template <class Scalar, int bytes>
[[gnu::always_inline]] inline void add_weighted_all(const AnswerChunk<Scalar>& chunk, std::int64_t block,
                                                    std::int64_t begin, std::int64_t end, const std::int32_t* order,
                                                    const Scalar* weight, Scalar* to, Scalar* also_to) {
  constexpr int group = bytes == 64 ? 4 : 2;
  std::int64_t h = 0;
  for (; h + group <= chunk.heads; h += group) {
    add_weighted<Scalar, bytes, group>(chunk, block, begin, end, order, weight, h, to, also_to);
  }
  for (; h < chunk.heads; ++h) {
    add_weighted<Scalar, bytes, 1>(chunk, block, begin, end, order, weight, h, to, also_to);
  }
}

/// Σ of d loss/d y over the examples order[begin] … order[end - 1], added to a row of the base.
template <class Scalar, int bytes>
[[gnu::always_inline]] inline void add_to_base(const AnswerChunk<Scalar>& chunk, std::int64_t block, std::int64_t begin,
                                               std::int64_t end, Scalar* to) {
  using S = Simd<Scalar, bytes>;
  constexpr std::int64_t columns = block_columns<Scalar>;
  constexpr int vectors = static_cast<int>(columns) / S::lanes;
  typename S::Vector sum[vectors] = {};
  for (std::int64_t i = begin; i < end; ++i) {
    const Scalar* gradient = column_gradient(chunk, block, chunk.by_second[i]);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sum[v] += S::load(gradient + v * S::lanes);
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) S::store(S::load(to + v * S::lanes) + sum[v], to + v * S::lanes);
}

template <class Scalar, int bytes>
void table_gradient(const AnswerChunk<Scalar>& shared) {
  const AnswerChunk<Scalar> chunk = shared;
  constexpr std::int64_t columns = block_columns<Scalar>;
  const std::int64_t row = chunk.heads * columns;
  for (std::int64_t block = 0; block < chunk.hidden_blocks + chunk.output_blocks; ++block) {
    Scalar* table = chunk.table_gradient + block * chunk.table_rows * row;
    Scalar* base = chunk.base_gradient + block * chunk.base_rows * columns;
    for (std::int64_t begin = 0; begin < chunk.examples;) {
      const std::int64_t end = end_of_first(chunk, begin);
      add_weighted_all<Scalar, bytes>(chunk, block, begin, end, nullptr, chunk.weight_first,
                                      table + chunk.first[begin] * row, table + chunk.difference_row * row);
      begin = end;
    }
    for (std::int64_t begin = 0; begin < chunk.examples;) {
      const std::int32_t b = chunk.second[chunk.by_second[begin]];
      std::int64_t end = begin;
      while (end < chunk.examples && chunk.second[chunk.by_second[end]] == b) ++end;
      add_weighted_all<Scalar, bytes>(chunk, block, begin, end, chunk.by_second, chunk.weight_second, table + b * row,
                                      nullptr);
      add_to_base<Scalar, bytes>(chunk, block, begin, end, base + (chunk.base_rows == 1 ? 0 : b) * columns);
      begin = end;
    }
  }
}

template <class Scalar, int bytes>
void pair_scores(const ExampleScores<Scalar>& pairs) {
  using S = Simd<Scalar, bytes>;
  const std::int64_t row = pairs.heads * pairs.head_dim;
  for (std::int64_t n = 0; n < pairs.examples; ++n) {
    for (std::int64_t h = 0; h < pairs.heads; ++h) {
      const Scalar* query = pairs.query + pairs.second[n] * row + h * pairs.head_dim;
      const Scalar* key = pairs.key + pairs.first[n] * row + h * pairs.head_dim;
      typename S::Vector sum[S::parts] = {};
      for (std::int64_t c = 0; c < pairs.head_dim; c += S::parts * S::lanes) {
        for (int part = 0; part < S::parts; ++part) {
          const std::int64_t at = c + part * S::lanes;
          sum[part] += S::load(query + at) * S::load(key + at);
        }
      }
      Scalar lanes[S::parts * S::lanes];
      for (int part = 0; part < S::parts; ++part) S::store(sum[part], lanes + part * S::lanes);
      pairs.score[n * pairs.heads + h] = sum_of_lanes(lanes);
    }
  }
}

template <class Scalar, int bytes>
void pair_scores_gradient(const ExampleScores<Scalar>& pairs) {
  using S = Simd<Scalar, bytes>;
  const std::int64_t row = pairs.heads * pairs.head_dim;
  for (std::int64_t n = 0; n < pairs.examples; ++n) {
    for (std::int64_t h = 0; h < pairs.heads; ++h) {
      const std::int64_t at_query = pairs.second[n] * row + h * pairs.head_dim;
      const std::int64_t at_key = pairs.first[n] * row + h * pairs.head_dim;
      const Scalar gradient = pairs.score[n * pairs.heads + h];
      for (std::int64_t c = 0; c < pairs.head_dim; c += S::lanes) {
        Scalar* to_query = pairs.query_gradient + at_query + c;
        Scalar* to_key = pairs.key_gradient + at_key + c;
        S::store(S::load(to_query) + gradient * S::load(pairs.key + at_key + c), to_query);
        S::store(S::load(to_key) + gradient * S::load(pairs.query + at_query + c), to_key);
      }
    }
  }
}

}  // namespace
}  // namespace softmech
