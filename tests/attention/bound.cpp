#include "softmech/attention/bound.hpp"

#include <catch2/catch.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <limits>

using softmech::specific_heat_bound;

namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>, boost::multiprecision::et_off>;

Real schottky(const Real& g, const Real& x) {
  const Real w = g * exp(-x);
  return x * x * w / ((1 + w) * (1 + w));
}

// Golden-section search in 50 digits on the formula itself, no derivatives.
Real maximum(const Real& g) {
  Real low = log(g), high = log(g) + 3;
  const Real golden = (sqrt(Real(5)) - 1) / 2;
  for (int i = 0; i < 130; ++i) {
    const Real a = high - golden * (high - low), b = low + golden * (high - low);
    (schottky(g, a) < schottky(g, b) ? low : high) = schottky(g, a) < schottky(g, b) ? a : b;
  }
  return schottky(g, (low + high) / 2);
}

}  // namespace

TEST_CASE("C*_n is the maximum of the Schottky formula, from two keys to 1e18") {
  for (const double keys : {2.0, 2.5, 3.0, 10.0, 1024.0, 1e6, 1e12, 1e18}) {
    CAPTURE(keys);
    const auto bound = specific_heat_bound(keys);
    CHECK(bound.specific_heat == Approx(static_cast<double>(maximum(Real(keys) - 1))).epsilon(2e-15));
    CHECK(bound.specific_heat == Approx(static_cast<double>(schottky(Real(keys) - 1, bound.gap))).epsilon(2e-15));
  }
  CHECK(specific_heat_bound(2).specific_heat == Approx(0.43923).margin(5e-6));
  CHECK(specific_heat_bound(3).specific_heat == Approx(0.76180).margin(5e-6));
}

TEST_CASE("C*_n approaches ln²(n-1)/4 + 1 up to O(1/ln² n)") {
  for (const double keys : {1e6, 1e9, 1e18}) {
    const double log_keys = std::log(keys - 1);
    CHECK(std::abs(specific_heat_bound(keys).specific_heat - 0.25 * log_keys * log_keys - 1) <
          4 / (log_keys * log_keys));
  }
}

TEST_CASE("a single key has no specific heat, and fewer are refused") {
  CHECK(specific_heat_bound(1).specific_heat == 0);
  CHECK_THROWS_WITH(specific_heat_bound(1.5), Catch::Contains("keys = 1.5"));
  CHECK_THROWS_AS(specific_heat_bound(0), std::invalid_argument);
  CHECK_THROWS_AS(specific_heat_bound(std::numeric_limits<double>::infinity()), std::invalid_argument);
}
