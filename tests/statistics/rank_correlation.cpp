#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/rank_correlation.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <vector>

using namespace softmech;

TEST_CASE("equal values share their ranks") {
  const std::vector<double> values{3, 1, 4, 1, 5};
  CHECK(ranks(values) == std::vector<double>{3, 1.5, 4, 1.5, 5});
  CHECK(ranks(std::vector<double>{2, 2, 2}) == std::vector<double>{2, 2, 2});
}

TEST_CASE("Spearman's coefficient agrees with SciPy, ties included") {
  const std::vector<double> x{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5}, y{2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4};
  const RankCorrelation rank = spearman(x, y);
  CHECK(rank.coefficient == Approx(0.1384567651467695).epsilon(1e-14));  // scipy.stats.spearmanr 1.10.1
  CHECK(rank.p_value == Approx(0.6847503048108998).epsilon(1e-12));
  CHECK(rank.pairs == 11);
}

TEST_CASE("Spearman's coefficient is 1 - 6 Σ d²/n(n²-1) without ties, and sees only order") {
  const std::vector<double> x{1, 2, 3, 4, 5}, y{1, 3, 2, 5, 4};
  CHECK(spearman(x, y).coefficient == Approx(1 - 6.0 * 4 / (5 * 24)));
  std::vector<double> bent;
  for (const double value : y) bent.push_back(std::exp(3 * value));
  CHECK(spearman(x, bent).coefficient == spearman(x, y).coefficient);
  std::vector<double> negative;
  for (const double value : y) negative.push_back(-value);
  CHECK(spearman(x, negative).coefficient == -spearman(x, y).coefficient);
}

TEST_CASE("few pairs have the p-value that counting gives") {
  const std::vector<double> x{1, 2, 3, 4};
  CHECK(spearman(x, x).p_value == Approx(2.0 / 24));                                // only two orders as extreme
  CHECK(spearman(x, std::vector<double>{1, 2, 4, 3}).p_value == Approx(8.0 / 24));  // |ρ| >= 0.8: 1 + 3 each way
  CHECK(spearman(std::vector<double>{1, 2}, std::vector<double>{5, 9}).p_value == 1);
}

TEST_CASE("unrelated quantities are called related as often as the p-value says, pooled and within groups") {
  int pooled = 0, within = 0, fooled = 0;
  constexpr int trials = 1500;
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(17, static_cast<std::uint32_t>(trial), "ranks");
    std::vector<double> x, y, shifted_x, shifted_y, group;
    for (int i = 0; i < 24; ++i) {
      x.push_back(random.normal()), y.push_back(random.normal());
      group.push_back(i / 4);
      shifted_x.push_back(x.back() + 5 * group.back());  // both differ between groups: not a relation within them
      shifted_y.push_back(y.back() + 5 * group.back());
    }
    pooled += spearman(x, y).p_value < 0.1 ? 1 : 0;
    within += spearman_within(shifted_x, shifted_y, group).p_value < 0.1 ? 1 : 0;
    fooled += spearman(shifted_x, shifted_y).p_value < 0.1 ? 1 : 0;
  }
  CHECK(pooled / double(trials) == Approx(0.1).margin(0.031));
  CHECK(within / double(trials) == Approx(0.1).margin(0.031));
  CHECK(fooled == trials);
}

TEST_CASE("a relation within groups is found where the groups hide it") {
  std::vector<double> x, y, group;
  for (int g = 0; g < 5; ++g) {
    for (int i = 0; i < 6; ++i) x.push_back(i + 10 * g), y.push_back(i - 10 * g), group.push_back(g);
  }
  CHECK(spearman(x, y).coefficient < -0.9);
  const RankCorrelation rank = spearman_within(x, y, group);
  CHECK(rank.coefficient == Approx(1));
  CHECK(rank.p_value == Approx(std::erfc(5 * 17.5 / std::sqrt(2 * 5 * 17.5 * 17.5 / 5))).epsilon(1e-12));
  CHECK(rank.pairs == 30);
}

TEST_CASE("a constant has no ranks to correlate, NaN is refused") {
  const std::vector<double> x{1, 2, 3}, constant{2, 2, 2}, nan{1, std::nan(""), 2};
  CHECK(std::isnan(spearman(x, constant).coefficient));
  CHECK(std::isnan(spearman({}, {}).coefficient));
  CHECK(std::isnan(spearman_within(x, x, x).coefficient));
  CHECK(spearman_within(x, x, x).pairs == 0);
  CHECK_THROWS_AS(spearman(x, nan), std::invalid_argument);
  CHECK_THROWS_AS(spearman(x, std::vector<double>{1}), std::invalid_argument);
}
