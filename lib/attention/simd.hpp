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
  using Bits [[gnu::vector_size(32)]] = std::uint32_t;
};
template <>
struct Register<float, 64> {
  using type [[gnu::vector_size(64)]] = float;
  using Integers [[gnu::vector_size(64)]] = std::int32_t;
  using Bits [[gnu::vector_size(64)]] = std::uint32_t;
};
template <>
struct Register<double, 32> {
  using type [[gnu::vector_size(32)]] = double;
  using Integers [[gnu::vector_size(32)]] = std::int64_t;
  using Bits [[gnu::vector_size(32)]] = std::uint64_t;
};
template <>
struct Register<double, 64> {
  using type [[gnu::vector_size(64)]] = double;
  using Integers [[gnu::vector_size(64)]] = std::int64_t;
  using Bits [[gnu::vector_size(64)]] = std::uint64_t;
};

template <class Scalar, int bytes>
struct Simd {
  using Vector = typename Register<Scalar, bytes>::type;
  using Integers = typename Register<Scalar, bytes>::Integers;
  /// Unsigned: sums may wrap around, as exponents that are masked afterwards do.
  using Bits = typename Register<Scalar, bytes>::Bits;
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
  /// The same, for a vector that is used more than once: compilers would load it anew for every use.
  [[gnu::always_inline]] static Vector load_once(const Scalar* from) {
    Vector v = load(from);
    asm("" : "+v"(v));
    return v;
  }
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
      constexpr float coefficients[] = {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F};
      for (const float coefficient : coefficients) series = series * r + coefficient;
      const Vector fraction = 1 + r * series;
      return x < -69.0F ? Vector{} : (Vector)((Bits)fraction + ((Bits)shifted << 23));
    }
  }
};

[[gnu::always_inline]] inline void prefetch_line(const void* address) { __builtin_prefetch(address); }

/// Sums over lanes of vectors of 64 bytes, halves added onto each other until one number is left.
template <class Scalar>
struct LaneSums;

template <>
struct LaneSums<float> {
  using Half = Register<float, 32>::type;
  static constexpr int group = 8;

  [[gnu::always_inline]] static Half halves(const float* from) {
    return Simd<float, 32>::load(from) + Simd<float, 32>::load(from + 8);
  }
  [[gnu::always_inline]] static Half fold_four(Half p, Half q) {
    using I = Register<float, 32>::Integers;
    return __builtin_shuffle(p, q, I{0, 1, 2, 3, 8, 9, 10, 11}) +
           __builtin_shuffle(p, q, I{4, 5, 6, 7, 12, 13, 14, 15});
  }
  [[gnu::always_inline]] static Half fold_two(Half p, Half q) {
    using I = Register<float, 32>::Integers;
    return __builtin_shuffle(p, q, I{0, 1, 8, 9, 4, 5, 12, 13}) +
           __builtin_shuffle(p, q, I{2, 3, 10, 11, 6, 7, 14, 15});
  }
  [[gnu::always_inline]] static Half fold_one(Half p, Half q) {
    using I = Register<float, 32>::Integers;
    return __builtin_shuffle(p, q, I{0, 2, 8, 10, 4, 6, 12, 14}) +
           __builtin_shuffle(p, q, I{1, 3, 9, 11, 5, 7, 13, 15});
  }
  /// The sums of eight vectors, in their order.
  [[gnu::always_inline]] static Half of_group(const float* from) {
    const Half p04 = fold_four(halves(from), halves(from + 64)), p15 = fold_four(halves(from + 16), halves(from + 80));
    const Half p26 = fold_four(halves(from + 32), halves(from + 96));
    const Half p37 = fold_four(halves(from + 48), halves(from + 112));
    return fold_one(fold_two(p04, p15), fold_two(p26, p37));
  }
};

template <>
struct LaneSums<double> {
  using Half = Register<double, 32>::type;
  static constexpr int group = 4;

  [[gnu::always_inline]] static Half halves(const double* from) {
    return Simd<double, 32>::load(from) + Simd<double, 32>::load(from + 4);
  }
  [[gnu::always_inline]] static Half fold_two(Half p, Half q) {
    using I = Register<double, 32>::Integers;
    return __builtin_shuffle(p, q, I{0, 1, 4, 5}) + __builtin_shuffle(p, q, I{2, 3, 6, 7});
  }
  /// The sums of four vectors, in their order.
  [[gnu::always_inline]] static Half of_group(const double* from) {
    using I = Register<double, 32>::Integers;
    const Half p02 = fold_two(halves(from), halves(from + 16)), p13 = fold_two(halves(from + 8), halves(from + 24));
    return __builtin_shuffle(p02, p13, I{0, 4, 2, 6}) + __builtin_shuffle(p02, p13, I{1, 5, 3, 7});
  }
};

/// The sum over one vector.
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

/// sums[i] of `count` vectors; both arrays are read and written up to the next whole group.
template <class Scalar>
[[gnu::always_inline]] inline void sums_of_lanes(const Scalar* from, std::int64_t count, Scalar* sums) {
  using Sums = LaneSums<Scalar>;
  for (std::int64_t i = 0; i < count; i += Sums::group) {
    Simd<Scalar, 32>::store(Sums::of_group(from + i * (64 / static_cast<int>(sizeof(Scalar)))), sums + i);
  }
}

}  // namespace
}  // namespace softmech
