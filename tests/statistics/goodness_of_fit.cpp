#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/goodness_of_fit.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace softmech;

namespace {

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double uniform_distribution(double x) { return std::clamp(x, 0.0, 1.0); }

std::vector<double> shifted(std::vector<double> values, double shift) {
  for (double& value : values) value += shift;
  return values;
}

/// A sample of n values with distance D from the uniform distribution: the first D n + 1/2 cells are left empty.
std::vector<double> uniform_with_distance(int n, double distance) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(std::max((i + 0.5) / n, std::min(distance + 1e-15, 1.0)));
  return values;
}

const std::vector<double> first{0.61,  0.29, 0.06,  0.59, -1.73, -0.74, 0.51,  -0.56, 0.39, 1.64, 0.05,
                                -0.06, 0.64, -0.82, 0.37, 1.77,  1.09,  -1.28, 2.36,  1.31, 1.05, -0.32};
const std::vector<double> second{1.2, 0.3, -0.5, 2.2, 0.9, 1.8, 0.75, -0.11, 1.45, 2.9, 0.2, 1.1, 3.1};

}  // namespace

TEST_CASE("one-sample Kolmogorov-Smirnov values are those of scipy.stats.kstest") {
  // SciPy 1.10.1, mode "exact"
  const KolmogorovSmirnov plain = kolmogorov_smirnov(first, normal_distribution);
  CHECK(plain.distance == Approx(0.20500097210796825).epsilon(1e-13));
  CHECK(plain.p_value == Approx(0.2740655014824428).epsilon(1e-11));
  CHECK(kolmogorov_smirnov(shifted(first, 0.5), normal_distribution).p_value ==
        Approx(0.0012080435129682154).epsilon(1e-9));
  CHECK(kolmogorov_smirnov(shifted(first, 1.0), normal_distribution).p_value ==
        Approx(7.193807021550125e-07).epsilon(1e-6));
  CHECK(kolmogorov_smirnov(std::vector<double>{0.3}, uniform_distribution).p_value ==
        Approx(0.6));  // P(max(u, 1-u) > 0.7)
}

TEST_CASE("p-values of given distances are those of scipy.stats.kstwo") {
  const auto p_value = [](int n, double distance) {
    const KolmogorovSmirnov test = kolmogorov_smirnov(uniform_with_distance(n, distance), uniform_distribution);
    CHECK(test.distance == Approx(distance).epsilon(1e-12));
    return test.p_value;
  };
  CHECK(p_value(5, 0.4) == Approx(0.3088).epsilon(1e-11));  // SciPy 1.10.1
  CHECK(p_value(10, 0.3) == Approx(0.27053557479999946).epsilon(1e-11));
  CHECK(p_value(100, 0.1) == Approx(0.2526927570063874).epsilon(1e-11));
  CHECK(p_value(100, 0.15) == Approx(0.019839242125643017).epsilon(1e-10));
  CHECK(p_value(100, 0.3) == Approx(1.7719869892662917e-08).epsilon(1e-5));
  CHECK(p_value(200, 0.08) == Approx(0.1463961356372503).epsilon(0.01));  // Stephens' formula
  CHECK(p_value(1000, 0.05) == Approx(0.013012074781090332).epsilon(0.01));
}

TEST_CASE("two-sample values are those of scipy.stats.ks_2samp") {
  // SciPy 1.10.1, mode "exact"
  CHECK(kolmogorov_smirnov(first, second).distance == Approx(0.4195804195804196).epsilon(1e-14));
  CHECK(kolmogorov_smirnov(first, second).p_value == Approx(0.08216356446336334).epsilon(1e-12));
  CHECK(kolmogorov_smirnov(first, shifted(second, 0.8)).p_value == Approx(0.0008398416676725341).epsilon(1e-11));
  const std::vector<double> a{1, 2, 2, 3}, b{2, 3, 3, 4, 5};  // with ties
  CHECK(kolmogorov_smirnov(a, b).distance == Approx(0.55));
  CHECK(kolmogorov_smirnov(a, b).p_value == Approx(0.4285714285714286));
  CHECK(kolmogorov_smirnov(a, a).p_value == 1);
}

TEST_CASE("p-values are uniform where the hypothesis is true") {
  constexpr int trials = 2000;
  for (const std::size_t n : {std::size_t{8}, std::size_t{60}, std::size_t{150}}) {
    std::vector<double> one, two, counts;
    for (int trial = 0; trial < trials; ++trial) {
      RandomStream random(31, static_cast<std::uint32_t>(trial), "goodness of fit");
      std::vector<double> x(n), y(n + 7), observed(12, 0.0);
      for (double& value : x) value = random.uniform();
      for (double& value : y) value = random.uniform();
      for (std::size_t i = 0; i < 20 * n; ++i) observed[random.below(12)] += 1;
      one.push_back(kolmogorov_smirnov(x, uniform_distribution).p_value);
      two.push_back(kolmogorov_smirnov(x, y).p_value);
      counts.push_back(chi_squared_test(observed, std::vector<double>(12, 20 * static_cast<double>(n) / 12)).p_value);
    }
    INFO(n << " values");
    CHECK(kolmogorov_smirnov(one, uniform_distribution).p_value > 1e-3);
    CHECK(kolmogorov_smirnov(counts, uniform_distribution).p_value > 1e-3);
    // Distances of two samples take few values: at least as large as stated, and not much.
    for (const double level : {0.05, 0.2, 0.5}) {
      const auto below = std::count_if(two.begin(), two.end(), [&](double p) { return p <= level; });
      CHECK(static_cast<double>(below) / trials <= level + 4 * std::sqrt(level * (1 - level) / trials));
      CHECK(static_cast<double>(below) / trials >= 0.5 * level);
    }
  }
}

TEST_CASE("chi squared joins classes that expect little") {
  const std::vector<double> observed{18, 22, 31, 14, 9, 6}, expected{20, 25, 25, 15, 10, 5};
  const ChiSquaredTest test = chi_squared_test(observed, expected);
  CHECK(test.chi_squared == Approx(2.366666666666667));
  CHECK(test.freedom == 5);
  CHECK(test.p_value == Approx(0.7964275446214235).epsilon(1e-12));  // scipy.stats.chisquare 1.10.1
  CHECK(chi_squared_test(observed, expected, 2).p_value == Approx(0.4998697722050425).epsilon(1e-12));
  // 1 + 2 + 3 make 6, the last 2 + 1 join the 10 before them
  const ChiSquaredTest pooled =
      chi_squared_test(std::vector<double>{0, 3, 2, 12, 2, 0}, std::vector<double>{1, 2, 3, 10, 2, 1});
  CHECK(pooled.freedom == 1);
  CHECK(pooled.chi_squared == Approx(1.0 / 6 + 1.0 / 13));
  CHECK(chi_squared_test(std::vector<double>{3}, std::vector<double>{3}).p_value == 1);
}

TEST_CASE("what cannot be tested is refused") {
  const std::vector<double> none, nan{1, NAN}, some{1, 2};
  CHECK_THROWS_AS(kolmogorov_smirnov(none, uniform_distribution), std::invalid_argument);
  CHECK_THROWS_AS(kolmogorov_smirnov(nan, some), std::invalid_argument);
  CHECK_THROWS_AS(kolmogorov_smirnov(some, [](double x) { return x; }), std::invalid_argument);
  CHECK_THROWS_AS(chi_squared_test(some, none), std::invalid_argument);
  CHECK_THROWS_AS(chi_squared_test(some, nan), std::invalid_argument);
  CHECK_THROWS_WITH(chi_squared_test(some, std::vector<double>{1, 3}), Catch::Contains("class for the rest"));
}
