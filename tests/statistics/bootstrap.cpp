#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/bootstrap.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace softmech;

namespace {

double coverage(double (*statistic)(std::span<const double>), double truth, bool skewed, std::size_t size) {
  constexpr int trials = 800;
  int covered = 0;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(3, static_cast<std::uint32_t>(trial), "coverage");
    std::vector<double> sample(size);
    for (double& x : sample) x = skewed ? -std::log(random.uniform()) : random.normal();
    const Interval interval = bootstrap_interval(sample, statistic, {.resamples = 400, .seed = 5});
    covered += interval.contains(truth) ? 1 : 0;
  }
  return covered / double(trials);
}

}  // namespace

TEST_CASE("quantiles of small samples are those of the definition") {
  const std::vector<double> sample{7, 1, 3, 9};
  CHECK(median(sample) == 5);
  CHECK(quantile(sample, 0) == 1);
  CHECK(quantile(sample, 1) == 9);
  CHECK(quantile(sample, 0.25) == Approx(2.5));  // place 0.75 between 1 and 3
  CHECK(median(std::vector<double>{4, 8, 6}) == 6);
  CHECK(mean(sample) == 5);
  CHECK(std::isnan(median(std::vector<double>{})));
  CHECK(std::isnan(quantile(std::vector<double>{1, NAN, 3}, 0.9)));
  CHECK_THROWS_AS(quantile(sample, 1.1), std::invalid_argument);
}

TEST_CASE("bootstrap intervals cover the truth nearly as often as they say") {
  // Percentile intervals from few values are a little narrow: 93 % of a mean of 20 normal numbers (√(19/20) of the
  // deviation, normal in place of Student quantiles); four standard deviations of the count are 0.033.
  CHECK(coverage(mean, 0.0, false, 20) == Approx(0.930).margin(0.033));
  CHECK(coverage(mean, 1.0, true, 80) == Approx(0.935).margin(0.033));
  CHECK(coverage(median, std::log(2.0), true, 41) == Approx(0.945).margin(0.036));
  // The median of few: why median_interval() is there. Of 2 values it is beyond both in half of the cases.
  CHECK(coverage(median, std::log(2.0), true, 2) == Approx(0.51).margin(0.07));
  CHECK(coverage(median, std::log(2.0), true, 4) == Approx(0.87).margin(0.05));
}

TEST_CASE("for a mean the width is the standard error's") {
  RandomStream random(11, 0, "bootstrap test");
  std::vector<double> sample(100);
  for (double& x : sample) x = 3 + 2 * random.normal();
  double squares = 0;
  for (const double x : sample) squares += std::pow(x - mean(sample), 2);
  const Interval interval = bootstrap_interval(sample, mean, {.resamples = 20000});
  CHECK(interval.high - interval.low == Approx(2 * 1.96 * std::sqrt(squares) / 100).epsilon(0.04));
}

TEST_CASE("the same seed draws the same, another seed others; extremes have their answers") {
  const std::vector<double> sample{1, 2, 4, 8, 16, 32};
  const Interval a = bootstrap_interval(sample, mean), b = bootstrap_interval(sample, mean);
  CHECK((a.low == b.low && a.high == b.high));
  CHECK(bootstrap_interval(sample, mean, {.seed = 2}).low != a.low);
  const std::vector<double> one{3};
  CHECK((std::isnan(bootstrap_interval(one, median).low) && std::isnan(bootstrap_interval(one, median).high)));
  CHECK(std::isnan(bootstrap_interval({}, median).low));
  CHECK_THROWS_AS(bootstrap_interval(sample, mean, {.resamples = 0}), std::invalid_argument);
  CHECK_THROWS_AS(bootstrap_interval(sample, mean, {.confidence = 1}), std::invalid_argument);
}
