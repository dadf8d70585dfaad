// Matrix products without packing, for operands that fit in the second-level cache.
#pragma once

#include <softmech/learning/answer_kernels.hpp>
#include <softmech/attention/simd.hpp>

namespace softmech {
namespace {

/// A tile of C: `row_count` rows × `vectors` registers, of which the last may be partial (`last_lanes` of it).
template <class Scalar, int bytes, int row_count, int vectors, bool partial>
[[gnu::always_inline]] inline void multiply_tile(const Product<Scalar>& p, std::int64_t row, std::int64_t column,
                                                 std::int64_t last_lanes) {
  using S = Simd<Scalar, bytes>;
  using Vector = typename S::Vector;
  const Scalar* a = p.a + row * p.a_row;
  const Scalar* b = p.b + column;
  Scalar* c = p.c + row * p.c_row + column;
  Vector sum[row_count][vectors] = {};
  if (p.add) {
#pragma GCC unroll 16
    for (int i = 0; i < row_count; ++i) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        sum[i][v] = partial ? S::load_first(c + i * p.c_row, last_lanes) : S::load(c + i * p.c_row + v * S::lanes);
      }
    }
  }
  for (std::int64_t k = 0; k < p.depth; ++k, a += p.a_depth, b += p.b_row) {
    Vector right[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) right[v] = partial ? S::load_first(b, last_lanes) : S::load(b + v * S::lanes);
#pragma GCC unroll 16
    for (int i = 0; i < row_count; ++i) {
      const Scalar left = a[i * p.a_row];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[i][v] += left * right[v];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < row_count; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      if constexpr (partial) {
        S::store_first(sum[i][v], c + i * p.c_row, last_lanes);
      } else {
        S::store(sum[i][v], c + i * p.c_row + v * S::lanes);
      }
    }
  }
}

/// All rows of one panel of columns.
template <class Scalar, int bytes, int vectors, bool partial = false>
void multiply_panel(const Product<Scalar>& p, std::int64_t column, std::int64_t last_lanes = 0) {
  constexpr int most = 6;
  std::int64_t row = 0;
  for (; row + most <= p.rows; row += most) {
    multiply_tile<Scalar, bytes, most, vectors, partial>(p, row, column, last_lanes);
  }
  for (; row + 2 <= p.rows; row += 2) multiply_tile<Scalar, bytes, 2, vectors, partial>(p, row, column, last_lanes);
  if (row < p.rows) multiply_tile<Scalar, bytes, 1, vectors, partial>(p, row, column, last_lanes);
}

/// Every number of C is summed in the order of the depth, so that the tiles leave no trace in it.
template <class Scalar, int bytes>
void multiply(const Product<Scalar>& p) {
  constexpr int lanes = Simd<Scalar, bytes>::lanes;
  constexpr int widest = bytes == 64 ? 4 : 2;  // 6 rows of them fill the registers
  std::int64_t column = 0;
  for (; column + widest * lanes <= p.columns; column += widest * lanes) {
    multiply_panel<Scalar, bytes, widest>(p, column);
  }
  if (widest > 2 && column + 2 * lanes <= p.columns) {
    multiply_panel<Scalar, bytes, 2>(p, column);
    column += 2 * lanes;
  }
  if (column + lanes <= p.columns) {
    multiply_panel<Scalar, bytes, 1>(p, column);
    column += lanes;
  }
  if (column < p.columns) multiply_panel<Scalar, bytes, 1, true>(p, column, p.columns - column);
}

}  // namespace
}  // namespace softmech
