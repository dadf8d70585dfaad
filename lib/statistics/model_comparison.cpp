#include <softmech/statistics/model_comparison.hpp>

#include <softmech/ensemble/random.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace softmech {

double corrected_akaike(double chi_squared, int coefficients, std::int64_t values) {
  const auto rest = static_cast<double>(values - coefficients - 1);
  if (rest <= 0) return std::numeric_limits<double>::infinity();
  return chi_squared + 2 * coefficients + 2 * coefficients * (coefficients + 1) / rest;
}

std::optional<std::size_t> CurveComparison::winner(double threshold) const {
  for (std::size_t i = 0; i < aicc.size(); ++i) {
    if (i != best && aicc[i] - aicc[best] < threshold) return std::nullopt;
  }
  return best;
}

CurveComparison compare_curves(std::span<const Curve> curves, VectorView x, VectorView values, VectorView errors) {
  if (curves.empty()) throw std::invalid_argument("comparison of no laws: give at least one");
  if (values.size() < 4)
    throw std::invalid_argument(fmt::format("comparison from {} values: must be at least 4", values.size()));
  CurveComparison comparison;
  for (const Curve curve : curves) {
    comparison.fits.push_back(fit_curve(curve, x, values, errors));
    comparison.aicc.push_back(
        corrected_akaike(comparison.fits.back().chi_squared, coefficient_count(curve), values.size()));
  }
  const auto lowest = std::min_element(comparison.aicc.begin(), comparison.aicc.end());
  comparison.best = static_cast<std::size_t>(lowest - comparison.aicc.begin());
  for (const double aicc : comparison.aicc) comparison.weights.push_back(std::exp(-0.5 * (aicc - *lowest)));
  const double sum = std::accumulate(comparison.weights.begin(), comparison.weights.end(), 0.0);
  for (double& weight : comparison.weights) weight /= sum;
  return comparison;
}

double power_of_comparison(const CurveFit& truth, std::span<const Curve> curves, VectorView x, VectorView errors,
                           const PowerSettings& settings) {
  const auto right = std::find(curves.begin(), curves.end(), truth.curve);
  if (right == curves.end())
    throw std::invalid_argument(
        fmt::format("the law that is true ({}) is not among the candidates", name(truth.curve)));
  if (settings.simulations < 1)
    throw std::invalid_argument(fmt::format("simulations = {}: must be >= 1; try 1000", settings.simulations));
  RandomStream random(settings.seed, 0, fmt::format("power of comparison, {}", name(truth.curve)));
  const Vector exact = truth.at(x);
  Vector noise(x.size());
  std::int64_t wins = 0;
  for (std::int64_t simulation = 0; simulation < settings.simulations; ++simulation) {
    random.fill_normal({noise.data(), static_cast<std::size_t>(noise.size())});
    const Vector values = exact + errors.cwiseProduct(noise);
    const auto winner = compare_curves(curves, x, values, errors).winner(settings.threshold);
    wins += winner == static_cast<std::size_t>(right - curves.begin()) ? 1 : 0;
  }
  return static_cast<double>(wins) / static_cast<double>(settings.simulations);
}

}  // namespace softmech
