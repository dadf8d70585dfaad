// Line shapes of S(k,ω): the stationary correlations of one Fourier mode.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/goldstone/periodogram.hpp>

#include <array>
#include <complex>
#include <span>
#include <string_view>

namespace softmech {

/// How a mode comes back to rest, with C(t) = ⟨u(t) u(0)*⟩ = A c(t) for t >= 0 and C(−t) = C(t)*:
enum class LineShape {
  oscillation,  ///< c = e^{−Γt/2}[cos ω₁t + (Γ/2ω₁) sin ω₁t], ω₁² = ω² − Γ²/4; also overdamped. ü + Γu̇ + ω²u = noise
  relaxation,   ///< c = e^{−Γt}. u̇ + Γu = noise
  travelling,   ///< c = e^{−iωt − Γt/2}: a wave of one direction, ω of either sign
};
inline constexpr std::array all_line_shapes{LineShape::oscillation, LineShape::relaxation, LineShape::travelling};

/// "oscillation", "relaxation", "travelling".
std::string_view name(LineShape shape);

/// A line on white noise.
struct Line {
  LineShape shape = LineShape::oscillation;
  double amplitude = 1;  ///< A = ⟨|u|²⟩ without noise
  double frequency = 0;  ///< ω; 0 for relaxation
  double damping = 0;    ///< Γ >= 0
  double noise = 0;      ///< of the spectrum: interval · (variance of the noise of a snapshot)

  /// The slowest rate: Γ/2 − Re √(Γ²/4 − ω²), or Γ for relaxation, Γ/2 for travelling waves.
  double rate() const;
  /// Where the spectrum is highest: √(ω² − Γ²/2) or 0; signed for travelling waves.
  double peak() const;
  /// An oscillation with ω <= Γ/2, or a relaxation: no wave.
  bool overdamped() const;
  /// c(n·interval) for n = 0 … count−1, without amplitude and noise.
  ComplexVector correlations(double interval, Eigen::Index count) const;
};

/// Records of a complex Gaussian mode with these correlations, step by step from exact transition probabilities: the
/// real and the imaginary part are independent for oscillation and relaxation.
class LineProcess {
 public:
  LineProcess(const Line& line, double interval);
  /// A stationary record; `real` leaves the imaginary part 0, with the variance A of the real one.
  void sample(RandomStream& random, bool real, std::span<std::complex<double>> record) const;

 private:
  Line line_;
  double noise_;  // standard deviation of a snapshot's noise
  Eigen::Matrix2d propagator_, kick_, start_;
  std::complex<double> factor_;
};

}  // namespace softmech
