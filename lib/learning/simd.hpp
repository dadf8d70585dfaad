// Registers of 32 or 64 bytes for the kernels, which are compiled once for each instruction set.
//
// Everything here and in the kernels is local to its source file: a function that the linker shared between the files
// could bring AVX-512 to a processor without it.
#pragma once

#include <softmech/attention/exponential.hpp>

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace softmech {
namespace {

template <class Scalar, int bytes>
struct Register;
template <>
struct Register<float, 32> {
  using type [[gnu::vector_size(32)]] = float;
  using Integers [[gnu::vector_size(32)]] = std::int32_t;
};
template <>
struct Register<float, 64> {
  using type [[gnu::vector_size(64)]] = float;
  using Integers [[gnu::vector_size(64)]] = std::int32_t;
};
template <>
struct Register<double, 32> {
  using type [[gnu::vector_size(32)]] = double;
  using Integers [[gnu::vector_size(32)]] = std::int64_t;
};
template <>
struct Register<double, 64> {
  using type [[gnu::vector_size(64)]] = double;
  using Integers [[gnu::vector_size(64)]] = std::int64_t;
};

template <class Scalar, int bytes>
struct Simd {
  using Vector = typename Register<Scalar, bytes>::type;
  using Integers = typename Register<Scalar, bytes>::Integers;
  using Integer = std::conditional_t<sizeof(Scalar) == 4, std::int32_t, std::int64_t>;
  static constexpr int lanes = bytes / static_cast<int>(sizeof(Scalar));
  /// Sums over lanes are kept in 64 bytes, in this many registers, so that their order does not depend on `bytes`.
  static constexpr int parts = 64 / bytes;

  [[gnu::always_inline]] static Vector load(const Scalar* from) {
    Vector v;
    __builtin_memcpy(&v, from, sizeof v);
    return v;
  }
  [[gnu::always_inline]] static void store(Vector v, Scalar* to) { __builtin_memcpy(to, &v, sizeof v); }
  [[gnu::always_inline]] static Vector all(Scalar x) { return x - Vector{}; }

  [[gnu::always_inline]] static Integers counting() {
    Integers i;
    for (int lane = 0; lane < lanes; ++lane) i[lane] = lane;
    return i;
  }
  [[gnu::always_inline]] static Integers first_lanes(std::int64_t count) {
    return counting() < static_cast<Integer>(count);
  }

  /// The first `count` lanes, the others 0; nothing beyond them is touched.
  [[gnu::always_inline]] static Vector load_first(const Scalar* from, std::int64_t count) {
    if constexpr (bytes == 64 && sizeof(Scalar) == 4) {
      return (Vector)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1U << count) - 1), from);
    } else if constexpr (bytes == 64) {
      return (Vector)_mm512_maskz_loadu_pd(static_cast<__mmask8>((1U << count) - 1), from);
    } else if constexpr (sizeof(Scalar) == 4) {
      return (Vector)_mm256_maskload_ps(from, (__m256i)first_lanes(count));
    } else {
      return (Vector)_mm256_maskload_pd(from, (__m256i)first_lanes(count));
    }
  }
  [[gnu::always_inline]] static void store_first(Vector v, Scalar* to, std::int64_t count) {
    if constexpr (bytes == 64 && sizeof(Scalar) == 4) {
      _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1U << count) - 1), (__m512)v);
    } else if constexpr (bytes == 64) {
      _mm512_mask_storeu_pd(to, static_cast<__mmask8>((1U << count) - 1), (__m512d)v);
    } else if constexpr (sizeof(Scalar) == 4) {
      _mm256_maskstore_ps(to, (__m256i)first_lanes(count), (__m256)v);
    } else {
      _mm256_maskstore_pd(to, (__m256i)first_lanes(count), (__m256d)v);
    }
  }

  /// Bit i: lane i is not ≤ 0, so it is positive or NaN.
  [[gnu::always_inline]] static std::uint32_t not_below_zero(Vector v) {
    if constexpr (bytes == 64 && sizeof(Scalar) == 4) {
      return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_NLE_UQ);
    } else if constexpr (bytes == 64) {
      return _mm512_cmp_pd_mask((__m512d)v, _mm512_setzero_pd(), _CMP_NLE_UQ);
    } else if constexpr (sizeof(Scalar) == 4) {
      return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps((__m256)v, _mm256_setzero_ps(), _CMP_NLE_UQ)));
    } else {
      return static_cast<std::uint32_t>(
          _mm256_movemask_pd(_mm256_cmp_pd((__m256d)v, _mm256_setzero_pd(), _CMP_NLE_UQ)));
    }
  }
  /// max(v, 0) that keeps NaN.
  [[gnu::always_inline]] static Vector rectified(Vector v) { return v <= 0 ? Vector{} : v; }
  [[gnu::always_inline]] static Vector larger(Vector u, Vector v) { return u > v ? u : v; }

  /// e^x for x ≤ 0, to about a unit in the last place; exactly 1 at 0, and exactly 0 below -690 (single precision:
  /// -69), so that a probability divided by the number of examples is no subnormal number.
  [[gnu::always_inline]] static Vector exp_nonpositive(Vector x) {
    if constexpr (sizeof(Scalar) == 8) {
      return x < -690 ? Vector{} : exp_nonpositive_of(x);
    } else {
      // x = k ln 2 + r, |r| ≤ ½ ln 2 (Cody–Waite); the series of e^r to r⁷ leaves 5e-9.
      constexpr float round_to_integer = 0x1.8p+23F;
      const Vector shifted = x * 0x1.715476p+0F + round_to_integer;
      const Vector k = shifted - round_to_integer;
      const Vector r = (x - k * 0x1.62e4p-1F) - k * 0x1.7f7d1cp-20F;
      Vector series = all(1.0F / 5040);
      for (const float coefficient : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F}) {
        series = series * r + coefficient;
      }
      const Vector fraction = 1 + r * series;
      return x < -69.0F ? Vector{} : (Vector)((Integers)fraction + ((Integers)shifted << 23));
    }
  }
};

/// Sum over 64 bytes of lanes: halves onto each other until one number is left.
template <class Scalar>
[[gnu::always_inline]] inline Scalar sum_of_lanes(const Scalar* from) {
  constexpr int lanes = 64 / static_cast<int>(sizeof(Scalar));
  Scalar v[lanes / 2];
  for (int i = 0; i < lanes / 2; ++i) v[i] = from[i] + from[i + lanes / 2];
  for (int half = lanes / 4; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) v[i] += v[i + half];
  }
  return v[0];
}

}  // namespace
}  // namespace softmech
