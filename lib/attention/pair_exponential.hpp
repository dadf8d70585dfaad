// 2^(y/units) of a register, as the kernels of pair sums need it: for y ≤ 0 and a little above, whatever is fastest.
#pragma once

#include <softmech/attention/simd.hpp>

#include <bit>

namespace softmech {
namespace {

/// y = k + f, |f| ≤ ½: 2^(y/units) = 2^(k/units) (1 + f Q(f)), Q by interpolation at Chebyshev's points. The lowest
/// bits of k choose 2^(i/units) from a table in registers, the others are added to the exponent: the table's entries
/// have i at the place of those bits taken off, so that one addition of k does both. Exactly 1 at 0.
///
/// y must be between `lowest` (2^-1000; single precision: 2^-120) and a few units above 0; `at_least_lowest` takes care
/// of the former, and leaves NaN.
template <class Scalar, int bytes>
struct PairExponential;

constexpr double natural_log_of_2 = 0x1.62e42fefa39efp-1;

/// Q(f), its highest coefficient first.
template <int terms, class Vector, class Scalar>
[[gnu::always_inline]] inline Vector polynomial(Vector f, const Scalar (&coefficient)[terms]) {
  Vector q = f * coefficient[0] + coefficient[1];
#pragma GCC unroll 16
  for (int term = 2; term < terms; ++term) q = q * f + coefficient[term];
  return q;
}

/// 16 entries in two registers, one permutation of both; Q of degree 5 leaves 1.5e-17.
template <>
struct PairExponential<double, 64> {
  using Vector = Simd<double, 64>::Vector;
  using Bits = Simd<double, 64>::Bits;
  static constexpr double units = 16 / natural_log_of_2, lowest = -16 * 1000;

  [[gnu::always_inline]] static Vector at_least_lowest(Vector y) {
    return (Vector)_mm512_maskz_max_pd(0xff, (__m512d)Simd<double, 64>::all(lowest), (__m512d)y);
  }

  [[gnu::always_inline]] static Vector of(Vector y) {
    constexpr Bits low = {0x3ff0000000000000, 0x3fefb5586cf9890f, 0x3fef72b83c7d517b, 0x3fef387a6e756238,
                          0x3fef06fe0a31b715, 0x3feedea64c123422, 0x3feebfdad5362a27, 0x3feeab07dd485429};
    constexpr Bits high = {0x3feea09e667f3bcd, 0x3feea11473eb0187, 0x3feeace5422aa0db, 0x3feec49182a3f090,
                           0x3feee89f995ad3ad, 0x3fef199bdd85529c, 0x3fef5818dcfba487, 0x3fefa4afa2a490da};
    const Vector shifted = y + 0x1.8p+52, f = y - (shifted - 0x1.8p+52);
    const Vector q = polynomial(f, {0x1.430a1d08ec681p-37, 0x1.5d897e525c216p-30, 0x1.3b2ab6fb41213p-23,
                                    0x1.c6b08d6f2a289p-17, 0x1.ebfbdff82c590p-11, 0x1.62e42fefa39f3p-5});
    const auto k = (Bits)shifted;
    const auto power = (Vector)(__builtin_shuffle(low, high, k) + (k << 48));
    return power + power * (f * q);
  }
};

/// No table, as no permutation of AVX2 has four numbers of double precision to choose from; Q of degree 10 leaves
/// 1e-17.
template <>
struct PairExponential<double, 32> {
  using Vector = Simd<double, 32>::Vector;
  using Bits = Simd<double, 32>::Bits;
  static constexpr double units = 1 / natural_log_of_2, lowest = -1000;

  [[gnu::always_inline]] static Vector at_least_lowest(Vector y) {
    return (Vector)_mm256_max_pd((__m256d)Simd<double, 32>::all(lowest), (__m256d)y);
  }

  [[gnu::always_inline]] static Vector of(Vector y) {
    const Vector shifted = y + 0x1.8p+52, f = y - (shifted - 0x1.8p+52);
    const Vector q =
        polynomial(f, {0x1.e9d3fe3952179p-32, 0x1.e6063f7217bc6p-28, 0x1.b524fae627834p-24, 0x1.62bfd47773353p-20,
                       0x1.ffcbfc670dcd4p-17, 0x1.430913096fd9fp-13, 0x1.5d87fe78a5276p-10, 0x1.3b2ab6fba1ddap-7,
                       0x1.c6b08d704a0c2p-5, 0x1.ebfbdff82c598p-3, 0x1.62e42fefa39efp-1});
    return (Vector)((Bits)(1 + f * q) + ((Bits)shifted << 52));
  }
};

/// Eight entries in a register (twice in one of 64 bytes); Q of degree 2 leaves 4e-8.
template <int bytes>
struct PairExponential<float, bytes> {
  using Vector = typename Simd<float, bytes>::Vector;
  using Bits = typename Simd<float, bytes>::Bits;
  static constexpr double units = 8 / natural_log_of_2;
  static constexpr float lowest = -8 * 120;

  [[gnu::always_inline]] static Vector at_least_lowest(Vector y) {
    const Vector low = Simd<float, bytes>::all(lowest);
    if constexpr (bytes == 64) {
      return (Vector)_mm512_maskz_max_ps(0xffff, (__m512)low, (__m512)y);
    } else {
      return (Vector)_mm256_max_ps((__m256)low, (__m256)y);
    }
  }

  [[gnu::always_inline]] static Vector of(Vector y) {
    constexpr std::uint32_t entries[] = {0x3f800000, 0x3f7b95c2, 0x3f7837f0, 0x3f75fed7,
                                         0x3f7504f3, 0x3f75672a, 0x3f7744fd, 0x3f7ac0c7};
    Bits table;
    for (int i = 0; i < Simd<float, bytes>::lanes; ++i) table[i] = entries[i % 8];
    const Vector shifted = y + 0x1.8p+23F, f = y - (shifted - 0x1.8p+23F);
    const Vector q = polynomial(f, {0x1.c6b8bep-14F, 0x1.ec0aa6p-9F, 0x1.62e430p-4F});
    const auto k = (Bits)shifted;
    const auto power = (Vector)(__builtin_shuffle(table, k) + (k << 20));
    return power + power * (f * q);
  }
};

}  // namespace
}  // namespace softmech
