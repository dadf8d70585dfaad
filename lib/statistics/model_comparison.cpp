#include <softmech/statistics/model_comparison.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/power.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace softmech {

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
  comparison.weights = criterion_weights(comparison.aicc);
  return comparison;
}

double power_of_comparison(const CurveFit& truth, std::span<const Curve> curves, VectorView x, VectorView errors,
                           const PowerSettings& settings) {
  return chance_of_winning(truth.curve, truth, curves, x, errors, settings);
}

double chance_of_winning(Curve law, const CurveFit& truth, std::span<const Curve> curves, VectorView x,
                         VectorView errors, const PowerSettings& settings) {
  const auto place = std::find(curves.begin(), curves.end(), law);
  if (place == curves.end())
    throw std::invalid_argument(fmt::format("the law that should win ({}) is not among the candidates", name(law)));
  const Vector exact = truth.at(x);
  const auto wins = [&](RandomStream& random) {
    Vector values(x.size());
    random.fill_normal({values.data(), static_cast<std::size_t>(values.size())});
    values = exact + errors.cwiseProduct(values);
    return compare_curves(curves, x, values, errors).winner(settings.threshold) == place - curves.begin();
  };
  return power_by_simulation(wins, settings.simulations, settings.seed,
                             fmt::format("power of comparison, {}", name(truth.curve)))
      .value;
}

}  // namespace softmech
