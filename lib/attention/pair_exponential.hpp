// 2^(y/units) of a register, as the kernels of pair sums need it: for y ≤ 0 and a little above, whatever is fastest.
#pragma once

#include <softmech/attention/simd.hpp>

#include <bit>

namespace softmech {
namespace {

/// y = k + f, |f| ≤ ½: 2^(y/units) = 2^(k/units) (1 + f Q(f)), Q by interpolation at Chebyshev's points. The lowest bits of
/// k choose 2^(i/units) from a table in registers, the others are added to the exponent: the table's entries have
/// i at the place of those bits taken off, so that one addition of k does both.
///
/// Exactly 1 at 0. y below `lowest` counts as `lowest`: e^y is then 2^-1000 (single precision: 2^-120), which no sum that
/// has a normal weight in it feels; so nothing is subnormal, and NaN stays NaN.
template <class Scalar, int bytes>
struct PairExponential;

/// The part that all have in common: k in the low bits of `shifted`, and f.
template <class Vector, class Scalar>
[[gnu::always_inline]] inline Vector reduce(Vector y, Scalar lowest, Scalar round_to_integer, Vector& shifted) {
  const Vector low = lowest - Vector{};
  y = low > y ? low : y;
  shifted = y + round_to_integer;
  return y - (shifted - round_to_integer);
}

constexpr double round_double = 0x1.8p+52;
constexpr float round_float = 0x1.8p+23F;
constexpr double natural_log_of_2 = 0x1.62e42fefa39efp-1;

/// 16 entries in two registers, one permutation of both; Q of degree 5 leaves 1.5e-17.
template <>
struct PairExponential<double, 64> {
  using Vector = Simd<double, 64>::Vector;
  using Integers = Simd<double, 64>::Integers;
  static constexpr double units = 16 / natural_log_of_2, lowest = -16 * 1000;

  [[gnu::always_inline]] static Vector of(Vector y) {
    const __m512i low = _mm512_setr_epi64(0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
                                          0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429);
    const __m512i high = _mm512_setr_epi64(0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
                                           0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da);
    Vector shifted;
    const Vector f = reduce(y, lowest, round_double, shifted);
    Vector q = f * 0x1.430a1d08ec681p-37 + 0x1.5d897e525c216p-30;
    q = q * f + 0x1.3b2ab6fb41213p-23;
    q = q * f + 0x1.c6b08d6f2a289p-17;
    q = q * f + 0x1.ebfbdff82c590p-11;
    q = q * f + 0x1.62e42fefa39f3p-5;
    const auto k = (__m512i)shifted;
    const auto power = (Vector)_mm512_add_epi64(_mm512_permutex2var_epi64(low, k, high), _mm512_slli_epi64(k, 48));
    return power + power * (f * q);
  }
};

/// No table, as no permutation of AVX2 has four numbers of double precision to choose from; Q of degree 10 leaves 1e-17.
template <>
struct PairExponential<double, 32> {
  using Vector = Simd<double, 32>::Vector;
  using Integers = Simd<double, 32>::Integers;
  static constexpr double units = 1 / natural_log_of_2, lowest = -1000;

  [[gnu::always_inline]] static Vector of(Vector y) {
    Vector shifted;
    const Vector f = reduce(y, lowest, round_double, shifted);
    Vector q = f * 0x1.e9d3fe3952179p-32 + 0x1.e6063f7217bc6p-28;
    q = q * f + 0x1.b524fae627834p-24;
    q = q * f + 0x1.62bfd47773353p-20;
    q = q * f + 0x1.ffcbfc670dcd4p-17;
    q = q * f + 0x1.430913096fd9fp-13;
    q = q * f + 0x1.5d87fe78a5276p-10;
    q = q * f + 0x1.3b2ab6fba1ddap-7;
    q = q * f + 0x1.c6b08d704a0c2p-5;
    q = q * f + 0x1.ebfbdff82c598p-3;
    q = q * f + 0x1.62e42fefa39efp-1;
    return (Vector)((Integers)(1 + f * q) + ((Integers)shifted << 52));
  }
};

/// Eight entries in a register (twice in one of 64 bytes); Q of degree 2 leaves 4e-8.
template <int bytes>
struct PairExponential<float, bytes> {
  using Vector = typename Simd<float, bytes>::Vector;
  using Integers = typename Simd<float, bytes>::Integers;
  static constexpr double units = 8 / natural_log_of_2;
  static constexpr float lowest = -8 * 120;

  [[gnu::always_inline]] static Vector of(Vector y) {
    const __m256i table = _mm256_setr_epi32(0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7,  //
                                            0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7);
    Vector shifted;
    const Vector f = reduce(y, lowest, round_float, shifted);
    Vector q = f * 0x1.c6b8bep-14F + 0x1.ec0aa6p-9F;
    q = q * f + 0x1.62e430p-4F;
    Integers root;
    if constexpr (bytes == 64) {
      root = (Integers)_mm512_permutexvar_epi32((__m512i)shifted, _mm512_broadcast_i64x4(table));
    } else {
      root = (Integers)_mm256_permutevar8x32_epi32(table, (__m256i)shifted);
    }
    const auto power = (Vector)(root + ((Integers)shifted << 20));
    return power + power * (f * q);
  }
};

}  // namespace
}  // namespace softmech
