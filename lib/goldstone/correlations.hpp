// Correlations of modes in depth, at a wavenumber and at a distance, and whether they know a direction.
#pragma once

#include <softmech/goldstone/mode_data.hpp>
#include <softmech/statistics/jackknife.hpp>

namespace softmech {

/// C(k,t) = ⟨u_k(s + t) u_k(s)*⟩ at t = 0, 1, … lags − 1 intervals, mean over all s and records. C(k,−t) = C(k,t)*, so
/// that an imaginary part is the difference between C_jl(t) and C_jl(−t): non-reciprocal forces. Throws
/// std::invalid_argument unless 1 <= lags <= snapshots.
ComplexVector mode_correlations(std::span<const ComplexMatrix> records, Eigen::Index mode, Eigen::Index lags);

/// Every k = 2πn/N, n = 0 … N/2, of a periodic chain of `size` sites is there.
bool all_wavenumbers(const Vector& wavenumbers, double size);

/// C(r,t) = ⟨u_{j+r}(s + t) u_j(s)⟩ = (1/N) Σ_k e^{ikr} C(k,t) over all k but 0, which drifts: of distances r = −N/2 …
/// N/2 (rows: r + N/2; columns as those of `modes`, modes × lags). C(−r,t) = C(r,−t).
RowMatrix space_correlations(const Eigen::MatrixXcd& modes, Eigen::Index size);

struct Asymmetry {
  double value = 0;  ///< (P₊ − P₋)/(P₊ + P₋) with the power at ω > 0 and ω < 0: 0 for reciprocal forces, ±1 for waves
                     ///< of one direction
  double error = 0;         ///< a jackknife's over 4 or more records, else that of reciprocal forces
  double significance = 0;  ///< artanh(value) in standard deviations of a symmetric Gaussian process
};
/// Of the periodograms of a mode, a row per record. Undamped modes keep their amplitudes: from few records they look
/// asymmetric by chance, which the significance takes into account.
Asymmetry asymmetry(const RowMatrix& periodograms);

}  // namespace softmech
