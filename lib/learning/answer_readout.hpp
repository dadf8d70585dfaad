// From the hidden units to the logits, the loss, and back, touching active units only.
#pragma once

#include <softmech/learning/answer_kernels.hpp>
#include <softmech/attention/simd.hpp>

namespace softmech {
namespace {

/// Adds active units to `vectors` registers of logits, from `output` on.
template <class Scalar, int bytes, int vectors>
void add_active_to(const AnswerChunk<Scalar>& shared, std::int64_t begin, std::int64_t end, std::int64_t output) {
  const AnswerChunk<Scalar> chunk = shared;  // local: no store to an array can change it
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  constexpr std::int64_t columns = block_columns<Scalar>;
  constexpr std::int64_t group = 2;  // blocks whose readout stays in the first-level cache
  for (std::int64_t first_block = 0; first_block < chunk.hidden_blocks; first_block += group) {
    const std::int64_t last_block =
        first_block + group < chunk.hidden_blocks ? first_block + group : chunk.hidden_blocks;
    for (std::int64_t n = begin; n < end; ++n) {
      Scalar* logits = chunk.logits + n * chunk.outputs + output;
      Vector sum[vectors];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[v] = S::load(logits + v * S::lanes);
      for (std::int64_t block = first_block; block < last_block; ++block) {
        const Scalar* hidden = chunk.hidden + (block * chunk.examples + n) * columns;
        const Scalar* readout = chunk.readout + block * columns * chunk.outputs + output;
        for (std::uint32_t bits = chunk.active[block * chunk.examples + n]; bits != 0; bits &= bits - 1) {
          const std::int64_t unit = __builtin_ctz(bits);
          const Scalar h = hidden[unit];
          const Scalar* row = readout + unit * chunk.outputs;
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) sum[v] += h * S::load(row + v * S::lanes);
        }
      }
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) S::store(sum[v], logits + v * S::lanes);
    }
  }
}

template <class Scalar, int bytes>
void add_active(const AnswerChunk<Scalar>& chunk, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t lanes = Simd<Scalar, bytes>::lanes;
  std::int64_t output = 0;
  for (; output + 8 * lanes <= chunk.outputs; output += 8 * lanes) {
    add_active_to<Scalar, bytes, 8>(chunk, begin, end, output);
  }
  for (; output + 4 * lanes <= chunk.outputs; output += 4 * lanes) {
    add_active_to<Scalar, bytes, 4>(chunk, begin, end, output);
  }
  for (; output + 2 * lanes <= chunk.outputs; output += 2 * lanes) {
    add_active_to<Scalar, bytes, 2>(chunk, begin, end, output);
  }
  if (output < chunk.outputs) add_active_to<Scalar, bytes, 1>(chunk, begin, end, output);
}

/// The place of the first number that equals `value`, one of the row's.
template <class Scalar, int bytes>
[[gnu::always_inline]] inline std::int64_t first_place(const Scalar* row, std::int64_t size, Scalar value) {
  using S = Simd<Scalar, bytes>;
  for (std::int64_t j = 0; j < size; j += S::lanes) {
    const std::uint32_t smaller = S::not_below_zero(value - S::load(row + j));
    const std::uint32_t equal = ~smaller & ((1U << S::lanes) - 1);
    if (equal != 0) return j + __builtin_ctz(equal);
  }
  return -1;
}

template <class Scalar, int bytes>
void cross_entropy(const AnswerChunk<Scalar>& shared, std::int64_t begin, std::int64_t end, Scalar scale) {
  const AnswerChunk<Scalar> chunk = shared;  // local: no store to an array can change it
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  constexpr int lanes64 = S::parts * S::lanes;
  for (std::int64_t n = begin; n < end; ++n) {
    Scalar* row = chunk.logits + n * chunk.outputs;
    const std::int64_t answer = chunk.answer[n];
    Vector largest_of_lanes = S::load(row);
    for (std::int64_t j = S::lanes; j < chunk.outputs; j += S::lanes) {
      largest_of_lanes = S::larger(S::load(row + j), largest_of_lanes);
    }
    Scalar largest = largest_of_lanes[0];
    for (int lane = 1; lane < S::lanes; ++lane) {
      largest = largest_of_lanes[lane] > largest ? largest_of_lanes[lane] : largest;
    }
    chunk.gap[n] = largest - row[answer];
    chunk.correct[n] = first_place<Scalar, bytes>(row, chunk.outputs, largest) == answer;

    for (std::int64_t j = 0; j < chunk.outputs; j += S::lanes) {
      S::store(S::exp_nonpositive(S::load(row + j) - largest), row + j);
    }
    const Scalar of_answer = row[answer];
    row[answer] = 0;
    Vector sums[S::parts] = {};
    for (std::int64_t j = 0; j < chunk.outputs; j += lanes64) {
#pragma GCC unroll 2
      for (int part = 0; part < S::parts; ++part) sums[part] += S::load(row + j + part * S::lanes);
    }
    Scalar lanes[lanes64];
#pragma GCC unroll 2
    for (int part = 0; part < S::parts; ++part) S::store(sums[part], lanes + part * S::lanes);
    const Scalar others = sum_of_lanes(lanes);
    chunk.others[n] = others;
    // The answer's gradient is minus the sum of the others': 1 - p would cancel where p is nearly 1.
    const Scalar factor = scale / (others + of_answer);
    for (std::int64_t j = 0; j < chunk.outputs; j += S::lanes) S::store(S::load(row + j) * factor, row + j);
    row[answer] = -others * factor;
  }
}

/// bits[unit]: which of the tile's examples have the unit active. Squares of ever smaller size are exchanged across the
/// diagonal (Warren, Hacker's Delight, section 7-3).
[[gnu::always_inline]] inline void transpose_bits(const std::uint32_t* active, std::int64_t examples,
                                                  std::uint64_t* bits) {
  std::uint32_t square[64] = {};
  for (std::int64_t n = 0; n < examples; ++n) square[n] = active[n];
  std::uint32_t mask = 0x0000FFFFU;
  for (int size = 16; size != 0; size /= 2, mask ^= mask << size) {
    for (int corner = 0; corner < 64; corner += 2 * size) {
      for (int i = corner; i < corner + size; ++i) {
        const std::uint32_t exchange = ((square[i] >> size) ^ square[i + size]) & mask;
        square[i] ^= exchange << size;
        square[i + size] ^= exchange;
      }
    }
  }
  for (int unit = 0; unit < 32; ++unit) bits[unit] = square[unit] | std::uint64_t{square[unit + 32]} << 32;
}

/// One hidden unit, `vectors` registers of outputs, the tile's examples that have it active: adds h ⊗ d loss/d logits
/// to the unit's readout gradient and ⟨readout, d loss/d logits⟩, unsummed over lanes, to products[i] of the i-th of
/// them.
template <class Scalar, int bytes, int vectors, bool is_first>
[[gnu::always_inline]] inline void unit_gradient(const AnswerChunk<Scalar>& chunk, std::uint64_t bits,
                                                 const Scalar* hidden, const Scalar* logits, const Scalar* readout,
                                                 Scalar* readout_gradient, Scalar* products) {
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  Vector weight[vectors], sum[vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) {
    weight[v] = S::load(readout + v * S::lanes);
    sum[v] = S::load(readout_gradient + v * S::lanes);
  }
  for (; bits != 0; bits &= bits - 1, products += S::parts * S::lanes) {
    const std::int64_t n = __builtin_ctzll(bits);
    const Scalar h = hidden[n * block_columns<Scalar>];
    const Scalar* gradient = logits + n * chunk.outputs;
    Vector product[S::parts] = {};
    if constexpr (!is_first) {
#pragma GCC unroll 2
      for (int part = 0; part < S::parts; ++part) product[part] = S::load(products + part * S::lanes);
    }
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const Vector g = S::load_once(gradient + v * S::lanes);
      sum[v] += h * g;
      product[v % S::parts] += weight[v] * g;
    }
#pragma GCC unroll 2
    for (int part = 0; part < S::parts; ++part) S::store(product[part], products + part * S::lanes);
  }
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) S::store(sum[v], readout_gradient + v * S::lanes);
}

template <class Scalar, int bytes, bool is_first>
[[gnu::always_inline]] inline void unit_gradient_of_outputs(const AnswerChunk<Scalar>& chunk, std::uint64_t bits,
                                                            const Scalar* hidden, const Scalar* logits, std::int64_t at,
                                                            std::int64_t output, int vectors, Scalar* products) {
  const Scalar* readout = chunk.readout + at + output;
  Scalar* gradient = chunk.readout_gradient + at + output;
  if (vectors == 8) {
    unit_gradient<Scalar, bytes, 8, is_first>(chunk, bits, hidden, logits + output, readout, gradient, products);
  } else if (vectors == 4) {
    unit_gradient<Scalar, bytes, 4, is_first>(chunk, bits, hidden, logits + output, readout, gradient, products);
  } else {
    unit_gradient<Scalar, bytes, 2, is_first>(chunk, bits, hidden, logits + output, readout, gradient, products);
  }
}

template <class Scalar, int bytes>
void active_gradient(const AnswerChunk<Scalar>& shared, std::int64_t begin, std::int64_t end) {
  const AnswerChunk<Scalar> chunk = shared;  // local: no store to an array can change it
  constexpr std::int64_t columns = block_columns<Scalar>, lanes = Simd<Scalar, bytes>::lanes;
  constexpr std::int64_t lanes64 = 64 / static_cast<std::int64_t>(sizeof(Scalar));
  alignas(64) Scalar products[tile_examples * lanes64] = {}, sums[tile_examples];
  const Scalar* logits = chunk.logits + begin * chunk.outputs;
  for (std::int64_t block = 0; block < chunk.hidden_blocks; ++block) {
    std::uint64_t active[32];
    transpose_bits(chunk.active + block * chunk.examples + begin, end - begin, active);
    for (std::int64_t unit = 0; unit < columns; ++unit) {
      if (active[unit] == 0) continue;
      Scalar* hidden = chunk.hidden + (block * chunk.examples + begin) * columns + unit;
      const std::int64_t at = (block * columns + unit) * chunk.outputs;
      for (std::int64_t output = 0; output < chunk.outputs;) {
        const std::int64_t left = chunk.outputs - output;
        const int vectors = left >= 8 * lanes ? 8 : left >= 4 * lanes ? 4 : 2;
        if (output == 0) {
          unit_gradient_of_outputs<Scalar, bytes, true>(chunk, active[unit], hidden, logits, at, output, vectors,
                                                        products);
        } else {
          unit_gradient_of_outputs<Scalar, bytes, false>(chunk, active[unit], hidden, logits, at, output, vectors,
                                                         products);
        }
        output += vectors * lanes;
      }
      sums_of_lanes(products, __builtin_popcountll(active[unit]), sums);
      const Scalar sign = chunk.sign[block * columns + unit];
      const Scalar* sum = sums;
      for (std::uint64_t bits = active[unit]; bits != 0; bits &= bits - 1, ++sum) {
        hidden[__builtin_ctzll(bits) * columns] = sign * *sum;
      }
    }
  }
}

}  // namespace
}  // namespace softmech
