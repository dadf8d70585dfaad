#include <softmech/attention/bound.hpp>
#include <softmech/attention/schottky.hpp>
#include <softmech/attention/thermodynamics.hpp>

#include <catch2/catch.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>

#include <cmath>
#include <limits>
#include <numbers>

using namespace softmech;

namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<40>, boost::multiprecision::et_off>;

/// ∫ C(x) N(x; m, v) dx in 40 digits by Simpson's rule on a fine grid, straight from the definition.
Real reference(const Real& mean, const Real& variance) {
  const Real low = -120, high = 120;
  const int intervals = 6000;
  const Real step = (high - low) / intervals;
  Real sum = 0;
  for (int k = 0; k <= intervals; ++k) {
    const Real x = low + k * step;
    const Real half = x / 2, ratio = half / cosh(half);
    const int weight = k == 0 || k == intervals ? 1 : (k % 2 == 1 ? 4 : 2);
    sum += weight * ratio * ratio * exp(-(x - mean) * (x - mean) / (2 * variance));
  }
  return sum * step / 3 / sqrt(2 * boost::math::constants::pi<Real>() * variance);
}

}  // namespace

TEST_CASE("two keys have the specific heat of Schottky, and its cap is C*_2") {
  for (const double gap : {0.0, 1e-8, 0.3, 1.0, 2.39936, 10.0, 700.0, 1e5, 1e308}) {
    CHECK(two_level_specific_heat(gap) == two_level_specific_heat(-gap));
    if (gap < 100)
      CHECK(two_level_specific_heat(gap) == Approx(std::pow(gap / 2 / std::cosh(gap / 2), 2)).epsilon(1e-15));
  }
  CHECK(two_level_specific_heat(std::numeric_limits<double>::infinity()) == 0);
  const SpecificHeatBound cap = specific_heat_bound(2);
  CHECK(cap.gap == Approx(2.39936).margin(5e-6));
  CHECK(two_level_specific_heat(cap.gap) == Approx(cap.specific_heat).epsilon(1e-14));
  CHECK(two_level_specific_heat(cap.gap * 1.001) < cap.specific_heat);
  CHECK(two_level_specific_heat(cap.gap * 0.999) < cap.specific_heat);
}

TEST_CASE("the average over a Gaussian gap agrees with integrals in 40 digits") {
  for (const double mean : {0.0, 1.5, -4.0, 10.0}) {
    for (const double variance : {0.01, 0.3, 0.5, 1.0, 6.9235, 40.0, 2500.0}) {
      CAPTURE(mean, variance);
      const double expected = static_cast<double>(reference(mean, variance));
      CHECK(gaussian_gap_specific_heat(mean, variance) == Approx(expected).epsilon(1e-11).margin(1e-14));
    }
  }
  // mpmath, 40 digits.
  CHECK(gaussian_gap_specific_heat(0, 1) == Approx(0.1442244801826478437692057).epsilon(1e-14));
  CHECK(gaussian_gap_specific_heat(1.5, 0.49) == Approx(0.2966761636538254421432349).epsilon(1e-14));
  CHECK(gaussian_gap_specific_heat(-4, 9) == Approx(0.2038775398962319463112066).epsilon(1e-14));
  CHECK(gaussian_gap_specific_heat(0, 1e8) == Approx(1.312467404802130601710958e-4).epsilon(1e-13));
}

TEST_CASE("narrow and wide gaps have their limits") {
  for (const double mean : {0.5, -2.0, 6.0}) {
    CHECK(gaussian_gap_specific_heat(mean, 0) == two_level_specific_heat(mean));
    for (const double variance : {1e-300, 1e-20, 1e-12})
      CHECK(gaussian_gap_specific_heat(mean, variance) == Approx(two_level_specific_heat(mean)).epsilon(1e-11));
  }
  CHECK(gaussian_gap_specific_heat(0, 1e-6) == Approx(1e-6 / 4).epsilon(1e-5));  // C = x²/4 − x⁴/16 + …
  const double pi = std::numbers::pi;
  for (const double deviation : {1e6, 1e100}) {
    const double density = std::exp(-0.5) / std::sqrt(2 * pi) / deviation;  // one deviation from the mean
    CHECK(gaussian_gap_specific_heat(deviation, deviation * deviation) == Approx(pi * pi / 3 * density).epsilon(1e-5));
  }
  CHECK(gaussian_gap_specific_heat(1e10, 1) == 0);
}

TEST_CASE("gaps without a mean have at most 0.2530, where the variance is 6.92") {
  const GaussianGapMaximum maximum = gaussian_gap_maximum();
  CHECK(maximum.variance == Approx(6.9235095671403190777).epsilon(1e-12));  // mpmath, 40 digits
  CHECK(maximum.specific_heat == Approx(0.25296982386640971115).epsilon(1e-14));
  CHECK(gaussian_gap_specific_heat(0, maximum.variance * 1.01) < maximum.specific_heat);
  CHECK(gaussian_gap_specific_heat(0, maximum.variance / 1.01) < maximum.specific_heat);
}

TEST_CASE("an average is refused where there is none") {
  CHECK_THROWS_WITH(gaussian_gap_specific_heat(0, -1), Catch::Contains("variance = -1"));
  CHECK_THROWS_AS(gaussian_gap_specific_heat(std::nan(""), 1), std::invalid_argument);
  CHECK_THROWS_AS(gaussian_gap_specific_heat(0, std::numeric_limits<double>::infinity()), std::invalid_argument);
}
