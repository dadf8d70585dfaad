// The loop of RotorKernels over registers of 32 or 64 bytes; only for its two source files (simd.hpp).
#pragma once

#include <softmech/attention/simd.hpp>
#include <softmech/models/rotor_kernels.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {
namespace {

template <int bytes>
struct SineCosine {
  using S = Simd<double, bytes>;
  using Number = typename S::Vector;
  using Bits = typename S::Bits;

  /// Beyond it, phases go to the C library.
  static constexpr double largest = 0x1p30;

  /// a b + c, rounded once.
  [[gnu::always_inline]] static Number fma(Number a, Number b, Number c) {
    if constexpr (bytes == 64) {
      return (Number)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
    } else {
      return (Number)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
    }
  }
  [[gnu::always_inline]] static Number fma(Number a, double b, Number c) { return fma(a, S::all(b), c); }
  [[gnu::always_inline]] static Number fma(Number a, Number b, double c) { return fma(a, b, S::all(c)); }

  template <std::size_t n>
  [[gnu::always_inline]] static Number polynomial(Number z, const double (&coefficients)[n]) {
    Number sum = S::all(coefficients[n - 1]);
    for (std::size_t i = n - 1; i-- > 0;) sum = fma(sum, z, coefficients[i]);
    return sum;
  }

  // x = k π/2 + r, |r| ≤ π/4 (Cody & Waite): x - k·(π/2 rounded) is a multiple of 2^-52 below 1, hence exact, and the
  // rest of π/2 is known to 1.5e-33. Minimax polynomials by the Remez algorithm, absolute errors 1.6e-18 and 4.7e-20.
  [[gnu::always_inline]] static void of(Number x, Number& cosine, Number& sine) {
    constexpr double two_over_pi = 0x1.45f306dc9c883p-1;
    constexpr double half_pi_high = 0x1.921fb54442d18p+0, half_pi_low = 0x1.1a62633145c07p-54;
    constexpr double round_to_integer = 0x1.8p+52;  // adding it leaves k in the low bits of the significand
    constexpr double sines[] = {-0x1.555555555553dp-3, 0x1.111111110eb1fp-7,   -0x1.a01a019ab4ad1p-13,
                                0x1.71de347563c3ep-19, -0x1.ae5db477d3f66p-26, 0x1.5d64c901dd45ap-33};
    constexpr double cosines[] = {-0.5,
                                  0x1.555555555554cp-5,
                                  -0x1.6c16c16c15184p-10,
                                  0x1.a01a019cb26dbp-16,
                                  -0x1.27e4f80a756aep-22,
                                  0x1.1ee9ec470e095p-29,
                                  -0x1.8faeced88d9b7p-37};
    const Number shifted = fma(x, two_over_pi, S::all(round_to_integer));
    const Number k = shifted - round_to_integer;
    const Number r = fma(k, -half_pi_low, fma(k, -half_pi_high, x));
    const Number z = r * r;
    const Number sine_of_r = fma(r * z, polynomial(z, sines), r);
    const Number cosine_of_r = fma(z, polynomial(z, cosines), 1.0);
    // A quarter turn more: (cos, sin) → (-sin, cos).
    const Bits turns = (Bits)shifted;
    const auto odd = (typename S::Integers)(turns << 63) < 0;
    const Bits sine_sign = (turns & 2) << 62, cosine_sign = ((turns + 1) & 2) << 62;
    sine = (Number)((Bits)(odd ? cosine_of_r : sine_of_r) ^ sine_sign);
    cosine = (Number)((Bits)(odd ? sine_of_r : cosine_of_r) ^ cosine_sign);
  }

  /// 64 bytes of lanes, in one register or two.
  struct Group {
    Number part[S::parts];
  };

  /// One block: its phases are few enough for the sums to stay accurate.
  static PhasorSums block(std::int64_t count, const double* phases, double* cosine, double* sine) {
    constexpr std::int64_t lanes = S::lanes, group = 8;
    Group cosines{}, sines{}, most{};
    const std::int64_t whole = count / group * group;
    const auto add = [&](int p, Number x, Number c, Number s) __attribute__((always_inline)) {
      cosines.part[p] += c;
      sines.part[p] += s;
      const Number size = (Number)((Bits)x & ~(std::uint64_t{1} << 63));
      most.part[p] = S::larger(size, most.part[p]);
    };
    for (std::int64_t i = 0; i < whole; i += group) {
      for (int p = 0; p < S::parts; ++p) {
        const Number x = S::load(phases + i + p * lanes);
        Number c, s;
        of(x, c, s);
        S::store(c, cosine + i + p * lanes);
        S::store(s, sine + i + p * lanes);
        add(p, x, c, s);
      }
    }
    for (int p = 0; p < S::parts && whole + p * lanes < count; ++p) {
      const std::int64_t left = std::min<std::int64_t>(lanes, count - whole - p * lanes);
      const Number x = S::load_first(phases + whole + p * lanes, left);
      Number c, s;
      of(x, c, s);
      S::store_first(c, cosine + whole + p * lanes, left);
      S::store_first(s, sine + whole + p * lanes, left);
      add(p, x, S::load_first(cosine + whole + p * lanes, left), s);  // the cosines beyond are 0, as the sines are
    }
    if (sum_of(most, [](double a, double b) { return std::max(a, b); }) > largest)
      return by_library(count, phases, cosine, sine);
    const auto plus = [](double a, double b) { return a + b; };
    return {sum_of(cosines, plus), sum_of(sines, plus)};
  }

  template <class Plus>
  static double sum_of(const Group& group, Plus plus) {
    double v[8];
    for (int p = 0; p < S::parts; ++p) S::store(group.part[p], v + p * S::lanes);
    return plus(plus(plus(v[0], v[4]), plus(v[2], v[6])), plus(plus(v[1], v[5]), plus(v[3], v[7])));
  }

  [[gnu::noinline]] static PhasorSums by_library(std::int64_t count, const double* phases, double* cosine,
                                                 double* sine) {
    PhasorSums sums;
    for (std::int64_t i = 0; i < count; ++i) {
      if (!(std::abs(phases[i]) <= largest)) {
        cosine[i] = std::cos(phases[i]);
        sine[i] = std::sin(phases[i]);
      }
      sums.cosine += cosine[i];
      sums.sine += sine[i];
    }
    return sums;
  }

  static PhasorSums phasors(std::int64_t count, const double* phases, double* cosine, double* sine) {
    constexpr std::int64_t longest = 1024;
    PhasorSums sums;
    for (std::int64_t i = 0; i < count; i += longest) {
      const PhasorSums part = block(std::min(longest, count - i), phases + i, cosine + i, sine + i);
      sums.cosine += part.cosine;
      sums.sine += part.sine;
    }
    return sums;
  }
};

}  // namespace
}  // namespace softmech
