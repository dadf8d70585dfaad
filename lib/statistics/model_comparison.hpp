// Which law of growth describes values best, and whether so few values could have told.
#pragma once

#include <softmech/statistics/curves.hpp>
#include <softmech/statistics/information_criteria.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace softmech {

/// Several laws fitted to the same values.
struct CurveComparison {
  std::vector<CurveFit> fits;
  std::vector<double> aicc;
  std::vector<double> weights;  ///< Akaike weights e^{−Δ/2}/Σ e^{−Δ/2}, Δ = AICc − its minimum
  std::size_t best = 0;         ///< the fit with the lowest AICc

  /// The best fit if every other one is worse by at least `threshold` in AICc.
  std::optional<std::size_t> winner(double threshold) const;
};

/// Fits the laws to y(x) with errors. Throws std::invalid_argument for fewer than 4 values (AICc is infinite), no law,
/// and as fit_curve does.
CurveComparison compare_curves(std::span<const Curve> curves, VectorView x, VectorView values, VectorView errors);

struct PowerSettings {
  double threshold = 2;  ///< in AICc, by which the right law must win
  std::int64_t simulations = 1000;
  std::uint64_t seed = 1;
};

/// The power of a comparison at these places and errors: the chance that the law which made the values wins by the
/// threshold. The values are truth(x) plus normal errors. The other laws contain the constant, so its lead is at most
/// the difference of their penalties (2.9 for 12 values, 2 for many): with a higher threshold its power is 0. Equal
/// arguments give equal bits. Throws std::invalid_argument unless `curves` holds the truth's law and simulations >= 1.
double power_of_comparison(const CurveFit& truth, std::span<const Curve> curves, VectorView x, VectorView errors,
                           const PowerSettings& settings = {});

/// The chance that `law` wins when `truth` made the values: the power if it is the truth's law, else that of an error.
double chance_of_winning(Curve law, const CurveFit& truth, std::span<const Curve> curves, VectorView x,
                         VectorView errors, const PowerSettings& settings = {});

}  // namespace softmech
