// Whether a maximum diverges with size, and whether the sizes at hand could tell.
#pragma once

#include <softmech/statistics/model_comparison.hpp>

#include <optional>
#include <string>
#include <vector>

namespace softmech {

struct GrowthSettings {
  PowerSettings comparison;
  double least_power = 0.9;          ///< below this nothing is decided
  double flat = 0.1;                 ///< exponents below this are no growth
  std::optional<double> bound = {};  ///< what a height cannot pass by a theorem, such as C*_n
};

/// Heights against size: constant, logarithm, power and saturation compete by AICc.
struct GrowthStudy {
  Vector size, height, error;
  CurveComparison comparison;
  std::vector<double> aic, bic;
  std::vector<double> power;  ///< of the comparison if that law, as fitted, were true
  double power_exponent,
      power_exponent_error;  ///< b of the power law, errors raised to the scatter; NaN for heights <= 0
  double chi_squared = 0;    ///< of the best law
  Eigen::Index freedom = 0;
  double probability = 0;                            ///< of χ² that large if the best law is right
  std::optional<double> bound_share;                 ///< the largest height over the bound
  bool fits() const { return probability >= 1e-3; }  ///< whether the best law describes the heights at all
  /// "power", "logarithm" or "saturation" if it wins by the threshold, would do so with the least power if true, and
  /// with no more than the rest of it if any other law, as fitted, were true; "constant" if no law wins over it and the
  /// exponent of a power law is within ±flat at 95 %; else "inconclusive".
  std::string verdict;
};

/// Throws std::invalid_argument for fewer than 4 sizes.
GrowthStudy study_growth(VectorView size, VectorView height, VectorView error, const GrowthSettings& settings = {});

}  // namespace softmech
