#include <softmech/statistics/rank_correlation.hpp>

#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_permuted = 8;  // 40 320 permutations

void require_pairs(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    throw std::invalid_argument(fmt::format("rank correlation of {} and {} values: must be pairs", x.size(), y.size()));
  const auto is_nan = [](double value) { return std::isnan(value); };
  if (std::any_of(x.begin(), x.end(), is_nan) || std::any_of(y.begin(), y.end(), is_nan))
    throw std::invalid_argument("rank correlation: NaN has no rank; leave such pairs out");
}

std::vector<double> centered_ranks(std::span<const double> values) {
  std::vector<double> result = ranks(values);
  for (double& rank : result) rank -= 0.5 * static_cast<double>(values.size() + 1);
  return result;
}

double product(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double permutation_p_value(const std::vector<double>& a, const std::vector<double>& b, double observed) {
  std::vector<std::size_t> order(a.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::int64_t all = 0, as_far = 0;
  do {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[order[i]];
    ++all;
    as_far += std::abs(sum) >= std::abs(observed) * (1 - 1e-12) ? 1 : 0;
  } while (std::next_permutation(order.begin(), order.end()));
  return static_cast<double>(as_far) / static_cast<double>(all);
}

}  // namespace

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) { return values[i] < values[j]; });
  std::vector<double> result(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    for (std::size_t i = first; i < end; ++i) result[order[i]] = 0.5 * static_cast<double>(first + 1 + end);
    first = end;
  }
  return result;
}

RankCorrelation spearman(std::span<const double> x, std::span<const double> y) {
  require_pairs(x, y);
  const auto pairs = static_cast<std::int64_t>(x.size());
  const std::vector<double> a = centered_ranks(x), b = centered_ranks(y);
  const double norm = std::sqrt(product(a, a) * product(b, b));
  if (!(norm > 0)) return {unknown, 1, pairs};
  const double coefficient = std::clamp(product(a, b) / norm, -1.0, 1.0);
  if (a.size() <= most_permuted) return {coefficient, permutation_p_value(a, b, product(a, b)), pairs};
  const auto freedom = static_cast<double>(pairs - 2);
  const double unexplained = 1 - coefficient * coefficient;
  if (unexplained <= 0) return {coefficient, 0, pairs};
  const double t = std::abs(coefficient) * std::sqrt(freedom / unexplained);
  return {coefficient, 2 * boost::math::cdf(complement(boost::math::students_t(freedom), t)), pairs};
}

RankCorrelation spearman_within(std::span<const double> x, std::span<const double> y, std::span<const double> group) {
  require_pairs(x, y);
  require_pairs(x, group);
  std::map<double, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < group.size(); ++i) members[group[i]].push_back(i);
  double both = 0, first = 0, second = 0, variance = 0;
  std::int64_t pairs = 0;
  for (const auto& [value, rows] : members) {
    if (rows.size() < 2) continue;
    std::vector<double> a, b;
    for (const std::size_t row : rows) a.push_back(x[row]), b.push_back(y[row]);
    a = centered_ranks(a), b = centered_ranks(b);
    const double squares_a = product(a, a), squares_b = product(b, b);
    both += product(a, b), first += squares_a, second += squares_b;
    variance += squares_a * squares_b / static_cast<double>(rows.size() - 1);
    pairs += static_cast<std::int64_t>(rows.size());
  }
  if (!(variance > 0)) return {unknown, 1, pairs};  // in every group one of the two is constant
  return {both / std::sqrt(first * second), std::erfc(std::abs(both) / std::sqrt(2 * variance)), pairs};
}

}  // namespace softmech
