#include <softmech/statistics/information_criteria.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace softmech {

double akaike(double chi_squared, int coefficients) { return chi_squared + 2 * coefficients; }

double corrected_akaike(double chi_squared, int coefficients, std::int64_t values) {
  const auto rest = static_cast<double>(values - coefficients - 1);
  if (rest <= 0) return std::numeric_limits<double>::infinity();
  return akaike(chi_squared, coefficients) + 2 * coefficients * (coefficients + 1) / rest;
}

double bayesian_information(double chi_squared, int coefficients, std::int64_t values) {
  return chi_squared + coefficients * std::log(static_cast<double>(values));
}

std::vector<double> criterion_weights(std::span<const double> criteria) {
  if (std::any_of(criteria.begin(), criteria.end(), [](double criterion) { return std::isnan(criterion); }))
    throw std::invalid_argument("weights of criteria: one of them is NaN; leave out fits that failed");
  const auto lowest = std::min_element(criteria.begin(), criteria.end());
  if (lowest == criteria.end() || !std::isfinite(*lowest))
    throw std::invalid_argument("weights of criteria: none is finite; use more values or fewer coefficients");
  std::vector<double> weights;
  for (const double criterion : criteria) weights.push_back(std::exp(-0.5 * (criterion - *lowest)));
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
  return weights;
}

}  // namespace softmech
