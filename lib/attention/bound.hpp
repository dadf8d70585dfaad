// The largest specific heat that any row over n keys can have.
#pragma once

namespace softmech {

struct SpecificHeatBound {
  double specific_heat = 0;  // C*_n
  double gap = 0;            // the maximizing x = ΔE/T
};

/// C*_n = max_x x² g e^{-x}/(1 + g e^{-x})², g = n - 1: a key against n - 1 keys at a common gap x = ΔE/T (Schottky).
///
/// C = Var_p(ln p) ≤ C*_n for every distribution over n keys (Reeb & Wolf, IEEE Trans. Inf. Theory 61 (2015) 1458), so
/// the specific heat of a row cannot diverge otherwise than through n: C*_n → ¼ ln²(n-1) + 1. To about 1e-15 relative,
/// for real n ≥ 2, dimensionless. n = 1 gives 0; other n < 2, or n not finite, throw std::invalid_argument.
SpecificHeatBound specific_heat_bound(double keys);

}  // namespace softmech
