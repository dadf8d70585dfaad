// What a better fit must be worth: criteria that weigh χ² against the number of coefficients.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

/// Akaike's criterion for k coefficients and values with known normal errors: AIC = χ² + 2k (IEEE Trans. Autom. Control
/// 19 (1974) 716).
double akaike(double chi_squared, int coefficients);
/// The same for n values, with its correction for small samples (Hurvich & Tsai, Biometrika 76 (1989) 297): AICc = χ² +
/// 2k + 2k(k+1)/(n−k−1). Infinite for n <= k + 1.
double corrected_akaike(double chi_squared, int coefficients, std::int64_t values);
/// Schwarz' Bayesian criterion, BIC = χ² + k ln n (Ann. Stat. 6 (1978) 461).
double bayesian_information(double chi_squared, int coefficients, std::int64_t values);
/// e^{−Δ/2}/Σ e^{−Δ/2} with Δ = criterion − its minimum: Akaike weights, or from BIC the probabilities of models that
/// were equally likely before. An infinite criterion has weight 0. Throws std::invalid_argument for NaN, or if none is
/// finite.
std::vector<double> criterion_weights(std::span<const double> criteria);

}  // namespace softmech
