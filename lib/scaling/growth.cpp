#include <softmech/scaling/growth.hpp>

#include <softmech/statistics/fit.hpp>
#include <softmech/statistics/information_criteria.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

/// Whether a law would be known if it were true, and would not win if another one were.
bool is_told(const GrowthStudy& study, std::size_t winner, const GrowthSettings& settings) {
  const std::vector<CurveFit>& fits = study.comparison.fits;
  if (study.power[winner] < settings.least_power) return false;
  return std::ranges::all_of(fits, [&](const CurveFit& other) {
    return other.curve == fits[winner].curve ||
           chance_of_winning(fits[winner].curve, other, all_curves, study.size, study.error, settings.comparison) <=
               1 - settings.least_power;
  });
}

/// The constant is contained in the other laws, which never fit worse: it holds where they do not fit better and could
/// not grow by much.
bool is_constant(const GrowthStudy& study, const GrowthSettings& settings) {
  const CurveComparison& comparison = study.comparison;
  const auto constant = std::ranges::find(comparison.fits, Curve::constant, &CurveFit::curve) - comparison.fits.begin();
  return comparison.aicc[static_cast<std::size_t>(constant)] - comparison.aicc[comparison.best] <
             settings.comparison.threshold &&
         std::abs(study.power_exponent) + 1.96 * study.power_exponent_error <= settings.flat;
}

std::string verdict_of(const GrowthStudy& study, const GrowthSettings& settings) {
  if (!study.fits()) return "inconclusive";
  const auto winner = study.comparison.winner(settings.comparison.threshold);
  if (winner) {
    const Curve curve = study.comparison.fits[*winner].curve;
    if (curve != Curve::constant && is_told(study, *winner, settings)) return std::string(name(curve));
  }
  return is_constant(study, settings) ? "constant" : "inconclusive";
}

}  // namespace

GrowthStudy study_growth(VectorView size, VectorView height, VectorView error, const GrowthSettings& settings) {
  GrowthStudy study;
  study.size = size, study.height = height, study.error = error;
  study.comparison = compare_curves(all_curves, size, height, error);
  const CurveFit& best = study.comparison.fits[study.comparison.best];
  study.chi_squared = best.chi_squared;
  study.freedom = size.size() - coefficient_count(best.curve);
  LinearFit misfit;
  misfit.chi_squared = study.chi_squared, misfit.freedom = study.freedom;
  study.probability = misfit.probability();
  for (const CurveFit& fit : study.comparison.fits) {
    study.aic.push_back(akaike(fit.chi_squared, coefficient_count(fit.curve)));
    study.bic.push_back(bayesian_information(fit.chi_squared, coefficient_count(fit.curve), size.size()));
    study.power.push_back(power_of_comparison(fit, all_curves, size, study.error, settings.comparison));
  }
  study.power_exponent = study.power_exponent_error = std::numeric_limits<double>::quiet_NaN();
  if (height.minCoeff() > 0) {
    const LinearFit line = fit_line(size.array().log(), height.array().log(), study.error.array() / height.array());
    study.power_exponent = line.coefficients[1];
    study.power_exponent_error = line.scaled_error(1);
  }
  if (settings.bound) study.bound_share = height.maxCoeff() / *settings.bound;
  study.verdict = verdict_of(study, settings);
  return study;
}

}  // namespace softmech
