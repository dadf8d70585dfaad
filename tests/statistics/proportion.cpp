#include <softmech/statistics/proportion.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

TEST_CASE("Wilson's interval has the published values") {
  // Newcombe, Stat. Med. 17 (1998) 857, table I, method 3.
  const auto check = [](std::int64_t r, std::int64_t n, double low, double high) {
    const Interval interval = wilson_interval(r, n);
    CHECK(interval.low == Approx(low).margin(5e-5));
    CHECK(interval.high == Approx(high).margin(5e-5));
  };
  check(81, 263, 0.2553, 0.3662);
  check(15, 148, 0.0624, 0.1605);
  check(0, 20, 0.0000, 0.1611);
  check(1, 29, 0.0061, 0.1718);
}

TEST_CASE("Wilson's interval solves (p - r/n)² = z² p(1-p)/n") {
  const double z = 1.959963984540054;
  const Interval interval = wilson_interval(7, 11);
  for (const double p : {interval.low, interval.high})
    CHECK(std::pow(p - 7.0 / 11, 2) == Approx(z * z * p * (1 - p) / 11).epsilon(1e-12));
}

TEST_CASE("Wilson's interval covers the truth at about the stated rate, summed over all counts") {
  for (const double truth : {0.1, 0.5, 0.9}) {
    for (const int n : {12, 42, 96}) {
      double covered = 0, probability = std::pow(1 - truth, n);
      for (int r = 0; r <= n; ++r) {
        if (wilson_interval(r, n).contains(truth)) covered += probability;
        probability *= truth / (1 - truth) * (n - r) / (r + 1);
      }
      CAPTURE(truth, n);
      CHECK(covered > 0.91);
      CHECK(covered < 0.98);
    }
  }
}

TEST_CASE("nothing known is [0, 1], impossible counts are refused") {
  CHECK((wilson_interval(0, 0).low == 0 && wilson_interval(0, 0).high == 1));
  CHECK(wilson_interval(5, 5).high == 1);
  CHECK_THROWS_WITH(wilson_interval(6, 5), Catch::Contains("6 successes of 5 trials"));
  CHECK_THROWS_AS(wilson_interval(-1, 5), std::invalid_argument);
  CHECK_THROWS_AS(wilson_interval(1, 5, 1.0), std::invalid_argument);
}
