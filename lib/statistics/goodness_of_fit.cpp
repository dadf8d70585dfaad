#include <softmech/statistics/goodness_of_fit.hpp>

#include <softmech/geometry/vector.hpp>

#include <boost/math/special_functions/gamma.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace softmech {

namespace {

constexpr std::size_t most_exact_values = 100;
constexpr std::int64_t most_exact_pairs = 10'000;

std::vector<double> sorted(std::span<const double> sample) {
  if (sample.empty()) throw std::invalid_argument("Kolmogorov-Smirnov: a sample has no values; give at least one");
  if (std::any_of(sample.begin(), sample.end(), [](double value) { return std::isnan(value); }))
    throw std::invalid_argument("Kolmogorov-Smirnov: a sample holds NaN; leave such values out");
  std::vector<double> values(sample.begin(), sample.end());
  std::sort(values.begin(), values.end());
  return values;
}

/// Q((√n + 0.12 + 0.11/√n) D) for n values.
double stephens(double n, double distance) {
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  if (lambda < 0.2) return 1;  // the series needs many terms to say 1 − 10⁻¹²
  double sum = 0;
  for (int j = 1; j <= 20; ++j) sum += (j % 2 == 1 ? 2 : -2) * std::exp(-2.0 * j * j * lambda * lambda);
  return std::clamp(sum, 0.0, 1.0);
}

/// P(D_n < d) = n!/nⁿ (Hⁿ)_kk with n d = k − h, 0 <= h < 1, and the (2k−1)² matrix H of Marsaglia, Tsang & Wang.
double exact_distribution(int n, double d) {
  const int k = static_cast<int>(n * d) + 1, size = 2 * k - 1;
  const double h = k - n * d;
  Matrix power = Matrix::Zero(size, size);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j <= std::min(i + 1, size - 1); ++j) power(i, j) = 1;
  }
  for (int i = 0; i < size; ++i) {
    power(i, 0) -= std::pow(h, i + 1);
    power(size - 1, i) -= std::pow(h, size - i);
  }
  power(size - 1, 0) += std::pow(std::max(0.0, 2 * h - 1), size);
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j <= std::min(i + 1, size - 1); ++j) power(i, j) /= std::tgamma(i - j + 2.0);
  }
  // e/n in each factor keeps Hⁿ within the range of doubles: n! ~ (n/e)ⁿ.
  power *= std::exp(1.0) / n;
  Vector column = Vector::Unit(size, k - 1);
  for (int i = 0; i < n; ++i) column = power * column;
  return std::exp(std::lgamma(n + 1.0) - n) * column[k - 1];
}

/// The chance that a path of a steps right and b steps up, all orders alike, comes as far from the diagonal as
/// |i b − j a| >= reach.
double exact_two_samples(std::int64_t a, std::int64_t b, std::int64_t reach) {
  std::vector<double> touched(static_cast<std::size_t>(b) + 1);
  for (std::int64_t i = 0; i <= a; ++i) {
    for (std::int64_t j = 0; j <= b; ++j) {
      double& here = touched[static_cast<std::size_t>(j)];
      const double from_left = i > 0 ? static_cast<double>(i) * here : 0.0;
      const double from_below = j > 0 ? static_cast<double>(j) * touched[static_cast<std::size_t>(j) - 1] : 0.0;
      if (std::abs(i * b - j * a) >= reach)
        here = 1;
      else
        here = i + j > 0 ? (from_left + from_below) / static_cast<double>(i + j) : 0.0;
    }
  }
  return touched.back();
}

void require_counts(std::span<const double> observed, std::span<const double> expected) {
  if (observed.size() != expected.size() || observed.empty())
    throw std::invalid_argument(
        fmt::format("chi-squared test of {} observed and {} expected counts: must be equally many, at least one",
                    observed.size(), expected.size()));
  const auto bad = [](double count) { return !(count >= 0 && std::isfinite(count)); };
  if (std::any_of(observed.begin(), observed.end(), bad) || std::any_of(expected.begin(), expected.end(), bad))
    throw std::invalid_argument("chi-squared test: counts must be >= 0 and finite");
  const double seen = std::accumulate(observed.begin(), observed.end(), 0.0);
  const double foreseen = std::accumulate(expected.begin(), expected.end(), 0.0);
  if (!(std::abs(seen - foreseen) <= 1e-6 * seen))
    throw std::invalid_argument(
        fmt::format("chi-squared test: {} observed but {} expected in all; add a class for the rest", seen, foreseen));
}

}  // namespace

KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> sample,
                                     const std::function<double(double)>& distribution) {
  const std::vector<double> values = sorted(sample);
  const auto n = static_cast<double>(values.size());
  KolmogorovSmirnov test;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = distribution(values[i]);
    if (!(expected >= 0 && expected <= 1))
      throw std::invalid_argument(
          fmt::format("Kolmogorov-Smirnov: F({}) = {}: must be from 0 to 1", values[i], expected));
    const auto rank = static_cast<double>(i);
    test.distance = std::max({test.distance, expected - rank / n, (rank + 1) / n - expected});
  }
  test.p_value = stephens(n, test.distance);
  // Where 1 − P has lost its digits the asymptotic formula is as good as any.
  if (values.size() <= most_exact_values && n * test.distance * test.distance < 10)
    test.p_value = std::clamp(1 - exact_distribution(static_cast<int>(values.size()), test.distance), 0.0, 1.0);
  return test;
}

KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> a, std::span<const double> b) {
  const std::vector<double> first = sorted(a), second = sorted(b);
  const std::int64_t n = std::ssize(first), m = std::ssize(second);
  std::int64_t largest = 0;  // |i m − j n| = D n m
  for (std::size_t i = 0, j = 0; i < first.size() && j < second.size();) {
    const double value = std::min(first[i], second[j]);
    while (i < first.size() && first[i] == value) ++i;
    while (j < second.size() && second[j] == value) ++j;
    largest = std::max(largest, std::abs(static_cast<std::int64_t>(i) * m - static_cast<std::int64_t>(j) * n));
  }
  const auto pairs = static_cast<double>(n) * static_cast<double>(m);
  const double distance = static_cast<double>(largest) / pairs;
  return {distance, n * m <= most_exact_pairs ? exact_two_samples(n, m, largest)
                                              : stephens(pairs / static_cast<double>(n + m), distance)};
}

ChiSquaredTest chi_squared_test(std::span<const double> observed, std::span<const double> expected, int fitted,
                                double least_expected) {
  require_counts(observed, expected);
  std::vector<double> seen, foreseen;
  bool full = true;  // the last class expects enough
  for (std::size_t i = 0; i < observed.size(); ++i) {
    if (full) seen.push_back(0), foreseen.push_back(0);
    seen.back() += observed[i], foreseen.back() += expected[i];
    full = foreseen.back() >= least_expected;
  }
  if (!full && seen.size() > 1) {
    const double rest_seen = seen.back(), rest_foreseen = foreseen.back();
    seen.pop_back(), foreseen.pop_back();
    seen.back() += rest_seen, foreseen.back() += rest_foreseen;
  }
  ChiSquaredTest test;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (foreseen[i] > 0) test.chi_squared += std::pow(seen[i] - foreseen[i], 2) / foreseen[i];
  }
  test.freedom = std::max<std::int64_t>(0, std::ssize(seen) - 1 - fitted);
  if (test.freedom > 0)
    test.p_value = boost::math::gamma_q(0.5 * static_cast<double>(test.freedom), 0.5 * test.chi_squared);
  return test;
}

}  // namespace softmech
