#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/median_interval.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace softmech;

TEST_CASE("few values give their range, with the chance that both ends lie on one side of the median") {
  const std::vector<double> sample{5, 1, 4, 2, 3, 9, 7, 8, 6};
  for (std::size_t n = 2; n <= 8; ++n) {
    const MedianInterval x = median_interval(std::span(sample).first(n));
    CHECK(x.coverage == Approx(1 - std::pow(2.0, 1.0 - static_cast<double>(n))));
    CHECK((x.interval.low == 1 && x.interval.high == (n < 6 ? 5 : 9)));
  }
  // n = 9: k = 2 leaves out 2(1 + 9)/2^9 = 0.039, k = 3 2(1 + 9 + 36)/2^9 = 0.18.
  const MedianInterval nine = median_interval(sample);
  CHECK((nine.interval.low == 2 && nine.interval.high == 8));
  CHECK(nine.coverage == Approx(1 - 20.0 / 512));
  CHECK(median_interval(sample, 0.8).interval.low == 3);
}

TEST_CASE("the coverage is the stated one, for a skewed distribution and any number of values") {
  constexpr int trials = 4000;
  for (const std::size_t n : {2u, 3u, 4u, 5u, 6u, 8u, 12u, 25u, 48u}) {
    int covered = 0;
    double stated = 0;
    for (int trial = 0; trial < trials; ++trial) {
      RandomStream random(4, static_cast<std::uint32_t>(trial), "median");
      std::vector<double> sample(n);
      for (double& x : sample) x = -std::log(random.uniform());
      const MedianInterval x = median_interval(sample);
      covered += x.interval.contains(std::log(2.0)) ? 1 : 0;
      stated = x.coverage;
    }
    INFO(n << " values");
    const double deviation = std::sqrt(stated * (1 - stated) / trials);
    CHECK(covered / double(trials) == Approx(stated).margin(4 * deviation));
    CHECK((stated >= 0.95) == (n >= 6));
  }
}

TEST_CASE("one value says nothing about the scatter, equal values have no width, NaN is refused") {
  CHECK(std::isnan(median_interval({}).interval.low));
  const std::vector<double> one{3}, equal(7, 3.0), unknown{1, std::numeric_limits<double>::quiet_NaN()};
  CHECK((std::isnan(median_interval(one).interval.high) && median_interval(one).coverage == 0));
  CHECK((median_interval(equal).interval.low == 3 && median_interval(equal).interval.high == 3));
  CHECK_THROWS_AS(median_interval(unknown), std::invalid_argument);
  CHECK_THROWS_AS(median_interval(equal, 1), std::invalid_argument);
}
