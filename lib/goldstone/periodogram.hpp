// The power spectrum of a tapered record, and what is expected of it.
#pragma once

#include <softmech/geometry/vector.hpp>
#include <softmech/statistics/fourier.hpp>

#include <complex>
#include <span>

namespace softmech {

using ComplexVector = Eigen::VectorXcd;
using ComplexMatrix = Eigen::MatrixXcd;

/// The periodogram of `count` values at distance `interval`, with the Hann taper w_n ∝ 1 − cos 2πn/count, Σ w² = 1:
///   I(ω_j) = interval · |Σ_n w_n u_n e^{+iω_j n·interval}|²,  ω_j = 2πj/(count·interval),
/// so that ∫ I dω/2π is the mean of w|u|². A wave u ~ e^{ikx − iωt} peaks at +ω. An object serves one thread.
class Periodogram {
 public:
  /// Throws std::invalid_argument unless count >= 8 and interval > 0.
  Periodogram(Eigen::Index count, double interval);

  Eigen::Index count() const { return taper_.size(); }
  double interval() const { return interval_; }
  /// 2π/(count·interval).
  double resolution() const { return resolution_; }
  /// ω_j in (−π/interval, π/interval], the order of all spectra here.
  double frequency(Eigen::Index bin) const;

  /// Of a record from which its mean was taken (that of w u, so that this changes the bins −1, 0 and 1 alone).
  Vector of(std::span<const std::complex<double>> record);
  /// The exact expectation for the stationary correlations C(n·interval) = ⟨u(t + n·interval) u(t)*⟩, n = 0 … count−1:
  /// the transform of C(n) Σ_m w_m w_{m+n}, with leakage and aliasing (Sykulski et al., Biometrika 106 (2019) 251). The
  /// mean is not taken off: bins −1, 0 and 1 are not those of `of`.
  Vector expected(const ComplexVector& correlations);

  /// The variance of a sum over many bins is this times that for independent bins: count Σ w⁴ = 35/18.
  static constexpr double inflation = 35.0 / 18.0;

 private:
  double interval_, resolution_;
  Vector taper_, overlap_;  // w_n; Σ_m w_m w_{m+n}
  FourierTransform transform_;
};

}  // namespace softmech
