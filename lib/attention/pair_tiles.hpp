// The kernels of pair sums for registers of 32 or 64 bytes. All loops work on a tile of weights in the first-level
// cache: `block` tokens a, side by side in the lanes of `vectors` registers, against up to `strip` tokens b.
//
// Everything here is local to its source file (simd.hpp).
#pragma once

#include <softmech/attention/pair_exponential.hpp>
#include <softmech/attention/pair_kernels.hpp>

#include <limits>
#include <type_traits>

namespace softmech {
namespace {

template <class Scalar, int bytes>
struct PairTiles {
  using Registers = Simd<Scalar, bytes>;
  using Vector = typename Registers::Vector;
  using Doubles = Simd<double, bytes>;
  using Sum = typename Doubles::Vector;
  using Exponential = PairExponential<Scalar, bytes>;
  using Problem = PairProblem<Scalar>;
  using Index = std::int64_t;

  static constexpr int lanes = Registers::lanes, vectors = bytes == 64 ? 4 : 3, block = vectors * lanes;
  static constexpr int strip = bytes == 64 ? 64 : 48;
  static constexpr int keys_at_once = 4;  // with `vectors` registers of tokens a: 16 or 12 dot products at a time
  static_assert(strip % block == 0 && block % keys_at_once == 0);

  /// Up to this many values, what tokens b receive is summed lane by lane; beyond, values are in the lanes.
  static constexpr Index few_values = 4;

  static Index smaller(Index i, Index j) { return i < j ? i : j; }
  static Index larger(Index i, Index j) { return i < j ? j : i; }
  static void clear(double* numbers, Index count) {
    for (Index i = 0; i < count; ++i) numbers[i] = 0;
  }

  // ---- Sums in double precision ----

  [[gnu::always_inline]] static void add(double* to, Vector v) {
    if constexpr (sizeof(Scalar) == 8) {
      Doubles::store(Doubles::load(to) + v, to);
    } else {
      for (int half = 0; half < 2; ++half) {
        Doubles::store(Doubles::load(to + half * Doubles::lanes) + widened(v, half), to + half * Doubles::lanes);
      }
    }
  }
  /// Half of a register in double precision.
  [[gnu::always_inline]] static Sum widened(Vector v, int half) {
    using HalfRegister [[gnu::vector_size(bytes / 2)]] = float;
    HalfRegister numbers;
    __builtin_memcpy(&numbers, reinterpret_cast<const char*>(&v) + half * (bytes / 2), sizeof numbers);
    return __builtin_convertvector(numbers, Sum);
  }
  /// A register's sum in `Doubles::lanes` lanes.
  [[gnu::always_inline]] static Sum folded(Vector v) {
    if constexpr (sizeof(Scalar) == 8) {
      return v;
    } else {
      return widened(v, 0) + widened(v, 1);
    }
  }

  // ---- Weights ----

  /// What becomes of the scores: rows (offset of a), rows of the transposed sum (offset of b), both sums of symmetric
  /// weights (offset of a), or the largest of them.
  enum class Use { rows, back, symmetric, maxima };

  /// Where scores may lie: within the exponential's reach, beyond it, or also where pairs do not attend.
  enum class Reach { near, far, masked };

  /// y_ab or its exponential for `keys` tokens from b, to `tile`; their sums (or maxima) over b are added to `sums`,
  /// those over a to key_sums, lane by lane. dim: 0 if not known to the compiler.
  template <Use use, Reach reach, int dim, int keys>
  [[gnu::always_inline]] static void weights(const Problem& p, Index a, Index b, Vector (&sums)[vectors], Scalar* tile,
                                             double* key_sums) {
    const Index depth = dim == 0 ? p.dim : dim;
    const auto offset_of = [&](int k, int v) __attribute__((always_inline)) {
      return use == Use::back ? Registers::all(p.key_offset[b + k]) : Registers::load(p.lane_offset + a + v * lanes);
    };
    // Small scores may be rounded together with the offset.
    constexpr bool offset_first = use != Use::maxima && reach == Reach::near;
    Vector y[keys][vectors];
    const auto multiply = [&](Index c, bool first) __attribute__((always_inline)) {
      Vector lane[vectors];
      for (int v = 0; v < vectors; ++v) lane[v] = Registers::load(p.lanes + a * depth + c * block + v * lanes);
      for (int k = 0; k < keys; ++k) {
        const Vector key = Registers::all(p.keys[(b + k) * depth + c]);
        for (int v = 0; v < vectors; ++v) {
          if (!first) {
            y[k][v] += lane[v] * key;
          } else if constexpr (offset_first) {
            y[k][v] = offset_of(k, v) + lane[v] * key;
          } else {
            y[k][v] = lane[v] * key;
          }
        }
      }
    };
    multiply(0, true);
    for (Index c = 1; c < depth; ++c) multiply(c, false);

    for (int k = 0; k < keys; ++k) {
      for (int v = 0; v < vectors; ++v) {
        if constexpr (reach == Reach::masked) y[k][v] += Registers::load(p.bias + (a + v * lanes - b - k));
        if constexpr (use == Use::maxima) {
          sums[v] = sums[v] > y[k][v] ? sums[v] : y[k][v];
        } else if constexpr (!offset_first) {
          y[k][v] = Exponential::at_least_lowest(y[k][v] + offset_of(k, v));
        }
      }
      if constexpr (use != Use::maxima) {
        for (int v = 0; v < vectors; ++v) {
          y[k][v] = Exponential::of(y[k][v]);
          Registers::store(y[k][v], tile + k * block + v * lanes);
          sums[v] += y[k][v];
        }
      }
      if constexpr (use == Use::symmetric) {
        Vector over_lanes = y[k][0];
        for (int v = 1; v < vectors; ++v) over_lanes += y[k][v];
        double* to = key_sums + k * Doubles::lanes;
        Doubles::store(Doubles::load(to) + folded(over_lanes), to);
      }
    }
  }

  /// The tile of a block at a and the tokens from b to b_end.
  template <Use use, Reach reach, int dim>
  [[gnu::always_inline]] static void weight_tile(const Problem& p, Index a, Index b, Index b_end,
                                                 Vector (&sums)[vectors], Scalar* tile, double* key_sums) {
    constexpr int keys = dim == 0 ? keys_at_once : 1;
    for (; b + keys <= b_end; b += keys) {
      weights<use, reach, dim, keys>(p, a, b, sums, tile, key_sums);
      tile += keys * block;
      if constexpr (use == Use::symmetric) key_sums += keys * Doubles::lanes;
    }
    for (; keys > 1 && b < b_end; ++b, tile += block) weights<use, reach, dim, 1>(p, a, b, sums, tile, key_sums);
  }

  // ---- Weighted sums over b, for tokens a ----

  /// totals[c][a] += Σ_b w_ab values[b][c], `values` of them from c on, a multiple of 4.
  template <int values>
  static void add_to_lanes(const Problem& p, Index a, Index b, Index count, Index c, const Scalar* tile,
                           double* totals) {
    Vector total[values][vectors] = {};
    const Scalar* value = p.fours + c * p.padded + b * 4;
    for (Index k = 0; k < count; ++k, value += 4, tile += block) {
      Vector w[vectors];
      for (int v = 0; v < vectors; ++v) w[v] = Registers::load(tile + v * lanes);
      for (int i = 0; i < values; ++i) {
        const Vector factor = Registers::all(value[i]);
        for (int v = 0; v < vectors; ++v) total[i][v] += w[v] * factor;
      }
    }
    for (int i = 0; i < values; ++i) {
      for (int v = 0; v < vectors; ++v) add(totals + a * p.value_dim + (c + i) * block + v * lanes, total[i][v]);
    }
  }
  static void add_all_to_lanes(const Problem& p, Index a, Index b, Index count, const Scalar* tile, double* totals) {
    Index c = 0;
    for (; c + 4 <= p.value_dim; c += 4) add_to_lanes<4>(p, a, b, count, c, tile, totals);
    switch (p.value_dim - c) {
      case 1:
        add_to_lanes<1>(p, a, b, count, c, tile, totals);
        break;
      case 2:
        add_to_lanes<2>(p, a, b, count, c, tile, totals);
        break;
      case 3:
        add_to_lanes<3>(p, a, b, count, c, tile, totals);
        break;
      default:
        break;
    }
  }

  // ---- Weighted sums over a, for tokens b ----

  /// received[b][c][lane] += Σ_a w_ab values[a][c]: few values, lane by lane.
  template <int values>
  static void add_lanes_to_keys(const Problem& p, Index a, Index count, const Scalar* tile, double* received) {
    Vector value[values][vectors];
    for (int c = 0; c < values; ++c) {
      for (int v = 0; v < vectors; ++v)
        value[c][v] = Registers::load(p.lane_values + a * p.value_dim + c * block + v * lanes);
    }
    for (Index k = 0; k < count; ++k, tile += block, received += values * Doubles::lanes) {
      for (int c = 0; c < values; ++c) {
        Vector sum = Registers::load(tile) * value[c][0];
        for (int v = 1; v < vectors; ++v) sum += Registers::load(tile + v * lanes) * value[c][v];
        double* to = received + c * Doubles::lanes;
        Doubles::store(Doubles::load(to) + folded(sum), to);
      }
    }
  }
  /// received[b][c] += Σ_a w_ab values[a][c]: the values c are in the lanes of `registers` registers.
  template <int registers>
  static void add_values_to_keys(const Problem& p, Index a, Index count, Index c, const Scalar* tile,
                                 double* received) {
    constexpr int keys = registers == 3 ? 4 : keys_at_once * vectors / registers;
    static_assert(block % keys == 0);
    for (Index b = 0; b < count; b += keys) {
      Vector sum[keys][registers] = {};
      const Scalar* value = p.values + a * p.value_stride + c;
      for (Index i = 0; i < block; ++i, value += p.value_stride) {
        Vector v[registers];
        for (int r = 0; r < registers; ++r) v[r] = Registers::load(value + r * lanes);
        for (int k = 0; k < keys; ++k) {
          const Vector w = Registers::all(tile[(b + k) * block + i]);
          for (int r = 0; r < registers; ++r) sum[k][r] += w * v[r];
        }
      }
      for (int k = 0; k < keys; ++k) {
        for (int r = 0; r < registers; ++r) add(received + (b + k) * p.value_stride + c + r * lanes, sum[k][r]);
      }
    }
  }
  static void add_all_to_keys(const Problem& p, Index a, Index count, const Scalar* tile, double* received) {
    switch (p.value_dim) {
      case 0:
        return;
      case 1:
        return add_lanes_to_keys<1>(p, a, count, tile, received);
      case 2:
        return add_lanes_to_keys<2>(p, a, count, tile, received);
      case 3:
        return add_lanes_to_keys<3>(p, a, count, tile, received);
      case 4:
        return add_lanes_to_keys<4>(p, a, count, tile, received);
      default:
        break;
    }
    constexpr int most = vectors;
    Index c = 0;
    for (; c + most * lanes <= p.value_stride; c += most * lanes) {
      add_values_to_keys<most>(p, a, count, c, tile, received);
    }
    switch ((p.value_stride - c) / lanes) {
      case 1:
        return add_values_to_keys<1>(p, a, count, c, tile, received);
      case 2:
        return add_values_to_keys<2>(p, a, count, c, tile, received);
      case 3:
        return add_values_to_keys<3>(p, a, count, c, tile, received);
      default:
        return;
    }
  }

  // ---- Whole rows ----

  /// A block of tokens a against the tokens b from `first` to `last`, a tile at a time.
  template <Use use, Reach reach, int dim>
  static void add_row_tiles(const Problem& p, Index a, Index first, Index last, const PairTotals& into) {
    alignas(64) Scalar tile[strip * block];
    for (Index b = first; b < last; b += strip) {
      const Index b_end = smaller(b + strip, last);
      Vector sums[vectors] = {};
      weight_tile<use, reach, dim>(p, a, b, b_end, sums, tile, nullptr);
      for (int v = 0; v < vectors; ++v) add(into.sums + a + v * lanes, sums[v]);
      add_all_to_lanes(p, a, b, b_end - b, tile, into.totals);
    }
  }

  template <Use use, Reach unmasked, int dim>
  static void rows_of(const Problem& p, Index begin, Index end, const PairTotals& into) {
    for (Index a = begin * block; a < end * block; a += block) {
      clear(into.sums + a, block);
      clear(into.totals + a * p.value_dim, p.value_dim * block);
      if (p.bias == nullptr) {
        add_row_tiles<use, unmasked, dim>(p, a, 0, p.tokens, into);
        continue;
      }
      // Some a of the block attend the tokens b from `first` to `last`; all of them those between the inner bounds.
      const Index first = larger(0, a - p.most), last = smaller(p.tokens, a + block - p.least);
      const Index inner_first = p.bias_inside ? last : smaller(larger(first, a + block - 1 - p.most), last);
      const Index inner_last = smaller(larger(inner_first, a - p.least + 1), last);
      add_row_tiles<use, Reach::masked, dim>(p, a, first, inner_first, into);
      add_row_tiles<use, unmasked, dim>(p, a, inner_first, inner_last, into);
      add_row_tiles<use, Reach::masked, dim>(p, a, inner_last, last, into);
    }
  }
  static void rows(const Problem& p, Index begin, Index end, const PairTotals& into) {
    with_dim(p, [&](auto dim, auto reach) {
      p.key_offset == nullptr ? rows_of<Use::rows, reach, dim>(p, begin, end, into)
                              : rows_of<Use::back, reach, dim>(p, begin, end, into);
    });
  }

  static void maxima(const Problem& p, Index begin, Index end, const PairTotals& into) {
    for (Index a = begin * block; a < end * block; a += block) {
      Vector largest[vectors];
      for (Vector& v : largest) v = Registers::all(-std::numeric_limits<Scalar>::infinity());
      if (p.bias == nullptr) {
        weight_tile<Use::maxima, Reach::far, 0>(p, a, 0, p.tokens, largest, nullptr, nullptr);
      } else {
        const Index first = larger(0, a - p.most), last = smaller(p.tokens, a + block - p.least);
        weight_tile<Use::maxima, Reach::masked, 0>(p, a, first, last, largest, nullptr, nullptr);
      }
      for (int i = 0; i < block; ++i) into.sums[a + i] = static_cast<double>(largest[i / lanes][i % lanes]);
    }
  }

  // ---- Symmetric weights ----

  static Index received_size(Index value_dim, Index value_stride) {
    return value_dim <= few_values ? value_dim * Doubles::lanes : value_stride;
  }
  static Index strip_scratch(Index value_dim) {
    const Index value_stride = (value_dim + lanes - 1) / lanes * lanes;
    return strip * (Doubles::lanes + received_size(value_dim, value_stride));
  }

  static double sum_of(const double* from) {
    double v[Doubles::lanes];
    for (int i = 0; i < Doubles::lanes; ++i) v[i] = from[i];
    for (int half = Doubles::lanes / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; ++i) v[i] += v[i + half];
    }
    return v[0];
  }

  template <Reach reach, int dim>
  static void symmetric_strip_of(const Problem& p, Index index, const PairTotals& into, double* scratch) {
    alignas(64) Scalar tile[strip * block];
    const Index begin = index * strip, end = smaller(begin + strip, p.padded);
    const Index received_by_one = received_size(p.value_dim, p.value_stride);
    double *key_sums = scratch, *received = scratch + strip * Doubles::lanes;
    clear(scratch, strip * (Doubles::lanes + received_by_one));

    for (Index a = begin; a < p.padded; a += block) {
      Vector sums[vectors] = {};
      const Index earlier = smaller(a, end) - begin;
      weight_tile<Use::symmetric, reach, dim>(p, a, begin, begin + earlier, sums, tile, key_sums);
      add_all_to_lanes(p, a, begin, earlier, tile, into.totals);
      add_all_to_keys(p, a, earlier, tile, received);
      if (a < end) {  // the block's own pairs, in both orders
        const Index own = smaller(a + block, p.tokens);
        weight_tile<Use::rows, reach, dim>(p, a, a, own, sums, tile, nullptr);
        add_all_to_lanes(p, a, a, own - a, tile, into.totals);
      }
      for (int v = 0; v < vectors; ++v) add(into.sums + a + v * lanes, sums[v]);
    }

    for (Index b = begin; b < smaller(end, p.tokens); ++b, key_sums += Doubles::lanes, received += received_by_one) {
      into.sums[b] += sum_of(key_sums);
      double* totals = into.totals + b / block * block * p.value_dim + b % block;
      for (Index c = 0; c < p.value_dim; ++c) {
        totals[c * block] += p.value_dim <= few_values ? sum_of(received + c * Doubles::lanes) : received[c];
      }
    }
  }
  static void symmetric_strip(const Problem& p, Index index, const PairTotals& into, double* scratch) {
    with_dim(p, [&](auto dim, auto reach) { symmetric_strip_of<reach, dim>(p, index, into, scratch); });
  }

  static void exponentials(Index count, Scalar* y) {
    for (Index i = 0; i < count; i += lanes) Registers::store(Exponential::of(Registers::load(y + i)), y + i);
  }

  /// Loops over few components are unrolled.
  template <class Run>
  static void with_dim(const Problem& p, Run run) {
    const auto with_reach = [&](auto dim) {
      p.scores_are_near ? run(dim, std::integral_constant<Reach, Reach::near>())
                        : run(dim, std::integral_constant<Reach, Reach::far>());
    };
    switch (p.dim) {
      case 2:
        return with_reach(std::integral_constant<int, 2>());
      case 3:
        return with_reach(std::integral_constant<int, 3>());
      default:
        return with_reach(std::integral_constant<int, 0>());
    }
  }
};

template <class Scalar, int bytes>
constexpr PairKernels<Scalar> pair_kernels_of = {
    PairExponential<Scalar, bytes>::units,   PairExponential<Scalar, bytes>::lowest,
    PairTiles<Scalar, bytes>::block,         PairTiles<Scalar, bytes>::strip,
    PairTiles<Scalar, bytes>::lanes,         PairTiles<Scalar, bytes>::rows,
    PairTiles<Scalar, bytes>::maxima,        PairTiles<Scalar, bytes>::symmetric_strip,
    PairTiles<Scalar, bytes>::strip_scratch, PairTiles<Scalar, bytes>::exponentials};

}  // namespace
}  // namespace softmech
