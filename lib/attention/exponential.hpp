// e^x for x ≤ 0, of one number or of four or eight at a time.
#pragma once

#include <bit>
#include <cstdint>

namespace softmech {

/// Numbers side by side, as wide as a register of AVX2 or of AVX-512.
using FourLanes [[gnu::vector_size(32)]] = double;
using EightLanes [[gnu::vector_size(64)]] = double;

namespace detail {
template <class Number>
struct BitsOf {
  using type = std::uint64_t;
};
template <>
struct BitsOf<FourLanes> {
  using type [[gnu::vector_size(32)]] = std::uint64_t;
};
template <>
struct BitsOf<EightLanes> {
  using type [[gnu::vector_size(64)]] = std::uint64_t;
};
}  // namespace detail

// x = k ln 2 + r, |r| ≤ ½ ln 2 (Cody–Waite); e^r = 1 + r + r² P(r), P of degree 9 by the Remez algorithm (3.6e-18).
template <class Number>
[[gnu::always_inline]] inline Number exp_nonpositive_of(Number x) {
  using Bits = typename detail::BitsOf<Number>::type;
  constexpr double log2_e = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42feep-1;  // its product with |k| < 2^11 is exact
  constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  constexpr double round_to_integer = 0x1.8p+52;  // adding it leaves k in the low bits of the significand
  const Number shifted = x * log2_e + round_to_integer;
  const Number k = shifted - round_to_integer;
  const Number r = (x - k * ln2_high) - k * ln2_low;

  const Number r2 = r * r, r4 = r2 * r2;
  const Number p01 = 0x1.000000000000ap-1 + r * 0x1.55555555554fap-3;
  const Number p23 = 0x1.555555555087cp-5 + r * 0x1.1111111127be5p-7;
  const Number p45 = 0x1.6c16c1842a11dp-10 + r * 0x1.a01a012a57b51p-13;
  const Number p67 = 0x1.a0199a0c677acp-16 + r * 0x1.71df2552390c2p-19;
  const Number p89 = 0x1.28ad72cc30daap-22 + r * 0x1.ad7f6f0799ee2p-26;
  const Number polynomial = (p01 + r2 * p23) + r4 * ((p45 + r2 * p67) + r4 * p89);
  const Number fraction = 1 + (r + r2 * polynomial);  // in [0.70, 1.42]

  const Bits bits = std::bit_cast<Bits>(fraction) + (std::bit_cast<Bits>(shifted) << 52);
  return x < -708 ? Number{} : std::bit_cast<Number>(bits);  // the shift added k to the exponent
}

/// e^x for x ≤ 0, relative error below 1.5 units in the last place (2.3e-16); exactly 1 at x = 0.
///
/// Below x = -708, where e^x leaves the normal numbers, the result is exactly 0 (also for -inf): never subnormal.
/// x > 0 (beyond round-off) and NaN are outside the domain and give unspecified numbers.
inline double exp_nonpositive(double x) {
  return exp_nonpositive_of(x);
}

}  // namespace softmech
