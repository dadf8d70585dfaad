// e^x for x ≤ 0 in a form that the compiler vectorizes inside plain loops.
#pragma once

#include <bit>
#include <cstdint>

namespace softmech {

/// e^x for x ≤ 0, relative error below 1.5 units in the last place (2.3e-16); exactly 1 at x = 0.
///
/// Below x = -708, where e^x leaves the normal numbers, the result is exactly 0 (also for -inf): never subnormal.
/// x > 0 (beyond round-off) and NaN are outside the domain and give unspecified numbers.
/// x = k ln 2 + r, |r| ≤ ½ ln 2 (Cody–Waite); e^r = 1 + r + r² P(r), P of degree 9 by the Remez algorithm (3.6e-18).
inline double exp_nonpositive(double x) {
  constexpr double log2_e = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42feep-1;  // its product with |k| < 2^11 is exact
  constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  constexpr double round_to_integer = 0x1.8p+52;  // adding it leaves k in the low bits of the significand
  const double shifted = x * log2_e + round_to_integer;
  const double k = shifted - round_to_integer;
  const double r = (x - k * ln2_high) - k * ln2_low;

  const double r2 = r * r, r4 = r2 * r2;
  const double p01 = 0x1.000000000000ap-1 + r * 0x1.55555555554fap-3;
  const double p23 = 0x1.555555555087cp-5 + r * 0x1.1111111127be5p-7;
  const double p45 = 0x1.6c16c1842a11dp-10 + r * 0x1.a01a012a57b51p-13;
  const double p67 = 0x1.a0199a0c677acp-16 + r * 0x1.71df2552390c2p-19;
  const double p89 = 0x1.28ad72cc30daap-22 + r * 0x1.ad7f6f0799ee2p-26;
  const double polynomial = (p01 + r2 * p23) + r4 * ((p45 + r2 * p67) + r4 * p89);
  const double fraction = 1 + (r + r2 * polynomial);  // in [0.70, 1.42]

  const std::uint64_t bits = std::bit_cast<std::uint64_t>(fraction) + (std::bit_cast<std::uint64_t>(shifted) << 52);
  return x < -708 ? 0.0 : std::bit_cast<double>(bits);  // the shift added k to the exponent
}

}  // namespace softmech
