#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/information_criteria.hpp>
#include <softmech/statistics/power.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

using namespace softmech;

TEST_CASE("criteria are those of their authors, and weights add up to 1") {
  CHECK(akaike(10, 3) == 10 + 2 * 3);
  CHECK(corrected_akaike(10, 3, 12) == Approx(10 + 2 * 3 + 2.0 * 3 * 4 / (12 - 3 - 1)));
  CHECK(bayesian_information(10, 3, 12) == Approx(10 + 3 * std::log(12)));
  const std::vector<double> weights =
      criterion_weights(std::array{12.0, 10.0, std::numeric_limits<double>::infinity()});
  CHECK(weights[0] == Approx(std::exp(-1) / (1 + std::exp(-1))));
  CHECK(weights[1] == Approx(1 / (1 + std::exp(-1))));
  CHECK(weights[2] == 0);
  CHECK(criterion_weights(std::array{1e6, 1e6})[0] == 0.5);  // no underflow
  CHECK_THROWS_AS(criterion_weights(std::array{1.0, std::nan("")}), std::invalid_argument);
  CHECK_THROWS_AS(criterion_weights(std::array{std::numeric_limits<double>::infinity()}), std::invalid_argument);
  CHECK_THROWS_AS(criterion_weights({}), std::invalid_argument);
}

TEST_CASE("the power of a one-sided test is that of theory, with an interval that holds it") {
  // The mean of 9 normal numbers, 0.7 with error 1/3, against 0 at 5 %: P(N(2.1, 1) > 1.645).
  const auto decides = [](RandomStream& random) {
    double sum = 0;
    for (int i = 0; i < 9; ++i) sum += 0.7 + random.normal();
    return sum / 9 > 1.6448536269514722 / 3;
  };
  const double exact = 0.5 * std::erfc((1.6448536269514722 - 2.1) / std::sqrt(2.0));
  const Power power = power_by_simulation(decides, 4000, 1, "one-sided");
  CHECK(power.value == Approx(exact).margin(4 * std::sqrt(exact * (1 - exact) / 4000)));
  CHECK(power.interval.contains(power.value));
  CHECK(power.interval.high - power.interval.low ==
        Approx(2 * 1.96 * std::sqrt(exact * (1 - exact) / 4000)).epsilon(0.05));
  CHECK(power_by_simulation(decides, 4000, 1, "one-sided").value == power.value);
  CHECK(power_by_simulation(decides, 4000, 2, "one-sided").value != power.value);
  CHECK_THROWS_AS(power_by_simulation(decides, 0, 1, "none"), std::invalid_argument);
}
