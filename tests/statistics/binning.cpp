#include "autoregressive.hpp"

#include <softmech/statistics/binning.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace softmech;

TEST_CASE("levels are the standard errors of means of 1, 2, 4, ... values") {
  const Binning few = binning(std::vector<double>{1, 2, 4, 9, 3});
  const std::vector<BinningLevel> levels = few.levels();
  REQUIRE(levels.size() == 2);
  CHECK((levels[0].bins == 5 && levels[1].bins == 2 && levels[1].bin_size == 2));
  CHECK(levels[0].error == Approx(std::sqrt((7.84 + 3.24 + 0.04 + 27.04 + 0.64) / 4 / 5)));
  CHECK(levels[1].error == Approx(std::sqrt(2 * 2.5 * 2.5 / 2)));  // means 1.5 and 6.5
  CHECK(levels[1].error_of_error == Approx(levels[1].error / std::sqrt(2)));
  CHECK(few.mean() == Approx(3.8));
  CHECK((few.count() == 5 && !few.estimate().converged));
  CHECK(std::isnan(Binning{}.mean()));
  CHECK(std::isnan(binning(std::vector<double>{3}).estimate().error));
  CHECK(binning(std::vector<double>{3}).estimate().mean == 3);
}

TEST_CASE("of an autoregressive series with tau = 50 the plateau gives the error of the mean") {
  const double tau = 50;
  constexpr std::uint32_t trials = 40;
  for (const std::size_t count : {std::size_t{200'000}, std::size_t{50'000}}) {
    double error = 0;
    int converged = 0;
    for (std::uint32_t trial = 0; trial < trials; ++trial) {
      const BinnedMean result = binning(autoregressive(tau, count, trial)).estimate();
      error += result.error / trials;
      converged += result.converged ? 1 : 0;
    }
    INFO(count << " values: error / exact = " << error / error_of_mean(tau, count));
    CHECK(error == Approx(error_of_mean(tau, count)).epsilon(0.05));
    CHECK(converged >= 0.9 * trials);
  }
  const BinnedMean long_run = binning(autoregressive(tau, 2'000'000, 0)).estimate();
  CHECK(long_run.autocorrelation_time == Approx(tau).epsilon(0.15));
}

TEST_CASE("the plateau test refuses series shorter than a hundred autocorrelation times and slow drifts") {
  int passed = 0;
  for (std::uint32_t trial = 0; trial < 200; ++trial)
    passed += binning(autoregressive(200, 10'000, trial)).estimate().converged ? 1 : 0;
  CHECK(passed <= 4);
  Binning drift;
  RandomStream random(3, 0, "drift");
  for (int i = 0; i < 100'000; ++i) drift.add(random.normal() + 1e-6 * i);  // 0.1 over the run, errors of 0.003
  CHECK_FALSE(drift.estimate().converged);
}

TEST_CASE("independent values pass, and keep their standard error") {
  int passed = 0;
  double error = 0;
  for (std::uint32_t trial = 0; trial < 200; ++trial) {
    const BinnedMean result = binning(autoregressive(0.5, 4000, trial)).estimate();
    passed += result.converged ? 1 : 0;
    error += result.error / 200;
  }
  CHECK(passed >= 190);
  CHECK(error == Approx(1 / std::sqrt(4000.0)).epsilon(0.02));
}

TEST_CASE("a constant has error 0, also after any number of values") {
  Binning same;
  for (int i = 0; i < 1000; ++i) same.add(0.3);
  CHECK(same.estimate().error == 0);
  CHECK(same.estimate().mean == 0.3);
}
