// Infinitely many tokens on the circle: the mean field, in Fourier space.
#pragma once

#include <softmech/geometry/flat_space.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/mechanics/flow.hpp>
#include <softmech/models/token_theory.hpp>

#include <complex>
#include <functional>
#include <memory>

namespace softmech {

/// The limit n → ∞ of tokens at d = 2 and its parameters.
struct MeanFieldSettings {
  TokenLaw law = TokenLaw::usa;
  double beta = 1;         ///< β > 0; ≤ 500 for USA, whose weights e^β are not scaled
  double coupling = 1;     ///< K ≥ 0
  double temperature = 0;  ///< T ≥ 0: noise √(2T) dW
  Eigen::Index modes = 0;  ///< M, 4 … 4096; 0: as many as `MeanField::suggested_modes` says
};

/// A density ρ(θ, t) = (1/2π) Σ_m a_m e^{imθ}, a_m = ⟨e^{−imθ}⟩ = conj(a_{−m}), a_0 = 1, that obeys
///   ∂_t ρ = −∂_θ(ρ K f) + T ∂_θ² ρ,  f = g'/β (USA) or g'/(βg) (SA),  g = e^{β cos} * ρ = Σ_m I_m(β) a_m e^{imθ},
/// truncated at |m| ≤ M. For USA this is ȧ_m = K m Σ_k (k I_k(β)/β) a_k a_{m−k} − T m² a_m, summed exactly
/// (de-aliased); for SA the quotient is taken on a grid of at least 4M points. Where g < 1e-13 of its maximum, and ρ
/// with it, f is held back to what that gives: no density is there to feel it.
///
/// A state is a Vector of 2M numbers, Re a_1, Im a_1, …, Re a_M, Im a_M, in flat space. Diffusion makes explicit steps
/// no longer than about 3/(T M²). An object works in buffers of its own: one for each thread.
class MeanField {
 public:
  /// @throws std::invalid_argument if a parameter is out of its range, or more than 4096 modes would be needed.
  explicit MeanField(const MeanFieldSettings& settings);
  ~MeanField();
  MeanField(MeanField&&) noexcept;

  /// Modes that resolve both kernel and the narrowest stationary peak, whose width w is √(T/(K e^β)) for USA and √(T/K)
  /// for SA: M = 8/w, where a Gaussian has |a_M| = e^{−(Mw)²/2} ≈ 1e-14 (the peaks are not quite), at least 16 and 8√β.
  /// At T = 0 a peak contracts without end: 256, and `require_resolved` tells when they are too few.
  static double suggested_modes(const MeanFieldSettings& settings);

  Eigen::Index modes() const { return settings_.modes; }
  const MeanFieldSettings& settings() const { return settings_; }
  /// The space of the states.
  FlatSpace manifold() const { return FlatSpace(2 * modes()); }

  /// ȧ.
  void velocity(const VectorView& state, Eigen::Ref<Vector> out) const;
  /// The first-order flow for the steppers; refers to this object, which must outlive it.
  Flow flow() const;

  // States.
  /// The uniform density, a_m = 0.
  Vector uniform() const { return Vector::Zero(2 * modes()); }
  /// Of a density that is positive somewhere and nowhere negative; it need not be normalized.
  Vector state_of(const std::function<double(double)>& density) const;

  // Observables.
  /// a_m = ⟨e^{−imθ}⟩, 0 ≤ m ≤ M.
  static std::complex<double> mode(const VectorView& state, Eigen::Index m);
  /// |a_m|; m = 1 is the order parameter R, m = 2 the nematic one.
  static double order(const VectorView& state, Eigen::Index m = 1) { return std::abs(mode(state, m)); }
  /// ρ at θ_j = 2πj/points, j = 0 … points − 1; points > 2M gives it all.
  Vector density(const VectorView& state, Eigen::Index points) const;
  /// −(1/2β) ∫∫ e^{β cos(θ−φ)} ρρ = −(1/2β) Σ_m I_m(β) |a_m|².
  double interaction_energy(const VectorView& state) const;
  /// −∫ρ ln ρ, −∞ < S ≤ ln 2π, on the grid; where truncation makes ρ ≤ 0, as nothing.
  double entropy(const VectorView& state) const;
  /// K·interaction_energy − T·entropy. For USA, dF/dt = −∫ρ |∂_θ δF/δρ|² ≤ 0.
  double free_energy(const VectorView& state) const;
  /// Rate at which mode m grows out of the uniform state, a_m ∝ e^{σt}: σ_m = m²(K I_m(β)/β − T) for USA, with
  /// I_m(β)/I_0(β) in place of I_m(β) for SA. σ_1 = 0 of USA at T = 1 is K_c of `critical_coupling`.
  double growth_rate(Eigen::Index m) const;
  /// The fastest rate of relaxation, about: T M² + K e^β for USA, T M² + K for SA. Diffusion takes the last mode at the
  /// first, a point of tokens draws in what is near it at the second.
  double fastest_rate() const;

  /// The largest |a_m| among the last eighth of the modes: the size of what truncation leaves out.
  double tail(const VectorView& state) const;
  /// @throws NumericalError if the tail is above `tolerance`, with what to do.
  void require_resolved(const VectorView& state, double depth, double tolerance = 1e-6) const;

 private:
  struct Grid;

  MeanFieldSettings settings_;
  Vector kernel_;  // I_m(β), m = 0 … M; times e^{−β} for SA, whose quotient does not see it
  double scale_;   // kernel_ = scale_ · I_m(β)
  std::unique_ptr<Grid> grid_;
};

}  // namespace softmech
