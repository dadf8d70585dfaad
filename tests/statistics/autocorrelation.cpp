#include "autoregressive.hpp"

#include <softmech/statistics/autocorrelation.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace softmech;

TEST_CASE("the autocovariance is that of the definition") {
  const std::vector<double> x = autoregressive(3, 37, 0);
  double mean = 0;
  for (const double value : x) mean += value / 37;
  const Vector fast = autocovariance(x, 36);
  for (std::size_t t = 0; t < 37; ++t) {
    double sum = 0;
    for (std::size_t i = 0; i + t < 37; ++i) sum += (x[i] - mean) * (x[i + t] - mean);
    CHECK(fast[static_cast<Eigen::Index>(t)] == Approx(sum / static_cast<double>(37 - t)).margin(1e-13));
  }
  CHECK_THROWS_AS(autocovariance(x, 37), std::invalid_argument);
}

TEST_CASE("of an autoregressive series with tau = 50 the time and the error bars are right") {
  const double tau = 50;
  for (const auto& [count, trials] : {std::pair<std::size_t, std::uint32_t>{200'000, 8}, {10'000, 80}, {5'000, 160}}) {
    double time = 0, error = 0, squares = 0, time_squares = 0, time_error = 0;
    for (std::uint32_t trial = 0; trial < trials; ++trial) {
      const Autocorrelation result = autocorrelation(autoregressive(tau, count, trial));
      time += result.time / trials, error += result.error / trials;
      squares += result.mean * result.mean / trials;
      time_squares += (result.time - tau) * (result.time - tau) / trials, time_error += result.time_error / trials;
    }
    INFO(count << " values: tau = " << time << ", error / exact = " << error / error_of_mean(tau, count));
    CHECK(error == Approx(error_of_mean(tau, count)).epsilon(0.05));
    CHECK(time == Approx(tau).epsilon(count > 100'000 ? 0.02 : 0.1));
    CHECK(time_error == Approx(std::sqrt(time_squares)).epsilon(0.35));
    CHECK(std::sqrt(squares) ==
          Approx(error_of_mean(tau, count)).epsilon(4 / std::sqrt(2.0 * trials)));  // the scatter itself
  }
}

TEST_CASE("error bars of correlated means cover the truth at the stated rate") {
  constexpr int trials = 1000;
  int covered = 0;
  for (std::uint32_t trial = 0; trial < trials; ++trial) {
    const Autocorrelation result = autocorrelation(autoregressive(5, 2000, trial));
    covered += std::abs(result.mean) < result.error ? 1 : 0;
  }
  CHECK(covered / double(trials) == Approx(0.675).margin(0.058));  // four standard deviations of the count
}

TEST_CASE("independent values have tau = 1/2, alternating ones less") {
  const Autocorrelation independent = autocorrelation(autoregressive(0.5, 100'000, 1));
  CHECK(independent.time == Approx(0.5).margin(4 * independent.time_error));
  CHECK(independent.time_error < 0.01);
  CHECK(independent.long_enough);
  CHECK(independent.effective_samples() == Approx(100'000).epsilon(0.05));
  const Autocorrelation alternating = autocorrelation(autoregressive(0.3, 100'000, 1));  // a = -1/4
  CHECK(alternating.time == Approx(0.5 - 0.25 + 0.0625).epsilon(0.03));  // a bound: the exact sum is 0.3
  CHECK(alternating.block() == 1);
}

TEST_CASE("a series that is too short says so") {
  int warned = 0;
  for (std::uint32_t trial = 0; trial < 50; ++trial)
    warned += autocorrelation(autoregressive(500, 2000, trial)).long_enough ? 0 : 1;  // four times tau
  CHECK(warned == 50);
  CHECK(autocorrelation(autoregressive(5, 2000, 0)).long_enough);
  std::vector<double> rising(1000);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<double>(i);
  CHECK_FALSE(autocorrelation(rising).long_enough);
  std::vector<double> flips(1000);
  for (std::size_t i = 0; i < flips.size(); ++i) flips[i] = i % 2 == 0 ? 1 : -1;
  CHECK(autocorrelation(flips).error == Approx(1 / std::sqrt(1000.0)).epsilon(0.01));  // as if independent
}

TEST_CASE("the block length is that of Politis and White for an exponential decay") {
  const Autocorrelation result{.count = 200'000, .time = 50};
  // (2G²/D)^{1/3} N^{1/3} with G = Σ|t|a^|t|, D = 4/3 (Σ a^|t|)²
  const double a = coefficient_of(50);
  double g = 0, all = 1;
  for (int t = 1; t < 20'000; ++t) g += 2 * t * std::pow(a, t), all += 2 * std::pow(a, t);
  CHECK(double(result.block()) == Approx(std::cbrt(2 * g * g / (4.0 / 3 * all * all) * 200'000)).margin(1));
}

TEST_CASE("a constant series has no error and is never long enough; what cannot be analyzed is refused") {
  const Autocorrelation constant = autocorrelation(std::vector<double>(1000, 0.1));
  CHECK((constant.error == 0 && !constant.long_enough));
  CHECK(constant.mean == Approx(0.1));
  CHECK_THROWS_AS(autocorrelation(std::vector<double>{1, 2, 3}), std::invalid_argument);
  CHECK_THROWS_AS(autocorrelation(std::vector<double>{1, 2, 3, NAN}), std::invalid_argument);
  CHECK_THROWS_AS(autocorrelation(std::vector<double>{1, 2, 3, 5}, 0), std::invalid_argument);
}
