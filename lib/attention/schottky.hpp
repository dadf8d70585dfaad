// The specific heat of rows over two keys: the Schottky anomaly of a gap, and of gaps that differ from row to row.
#pragma once

namespace softmech {

/// C(x) = (x/2)² sech²(x/2) of two keys a gap x = ΔE/T apart (Schottky 1922): even in x, 0 for x = 0 and |x| → ∞, at
/// most C*_2 = 0.43923 at |x| = 2.39936 (specific_heat_bound(2)). Dimensionless.
double two_level_specific_heat(double gap);

/// ⟨C(x)⟩ for gaps x ~ N(mean, variance), to 1e-13 absolutely: what rows over two keys have on average when their gaps
/// scatter. For variance → ∞ it falls like π²/3 times the density of gaps at x = 0, since ∫C dx = π²/3. `mean` and
/// `variance` are those of the signed gap in units of T. Throws std::invalid_argument unless mean is finite and
/// variance finite and >= 0.
double gaussian_gap_specific_heat(double mean, double variance);

struct GaussianGapMaximum {
  double specific_heat = 0;
  double variance = 0;  ///< of the gap, where the maximum is
};

/// The largest ⟨C(x)⟩ over the variance of gaps without a mean: 0.25297 at variance 6.92351. It is where
/// d⟨C⟩/dσ² = ½⟨C″(x)⟩ = 0 (heat equation of the Gaussian): the height of a peak that scattering gaps pass when they
/// widen.
GaussianGapMaximum gaussian_gap_maximum();

}  // namespace softmech
