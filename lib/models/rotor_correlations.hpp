// Correlations in space, and vortices, of a rotor field.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/models/rotor_cluster.hpp>
#include <softmech/models/rotor_coupling.hpp>
#include <softmech/statistics/fourier.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

/// Vortices and antivortices per rotor of a square lattice: plaquettes around which the differences of neighbors'
/// phases, each in (-π, π], add up to ±2π. Periodic lattices only; NaN for a chain, which has no plaquettes.
double vortex_density(std::span<const Rotor> rotors, const RotorLattice& lattice);

/// The mean of cos(θ_i - θ_j) at distance r along a row of the lattice, over all pairs and samples.
class RotorCorrelations {
 public:
  /// Errors are a jackknife over so many blocks of samples.
  static constexpr std::int64_t blocks = 32;

  /// @param samples how many will be added; at least `blocks`.
  /// @param periodic whether the row is closed; of an open chain pairs of a distance r are N - r.
  RotorCorrelations(const RotorLattice& lattice, bool periodic, std::int64_t samples);

  void add(std::span<const Rotor> rotors);
  /// Records `correlation` and `correlation_error` over the axis `distance`, 0 to half the row (open: all of it), and,
  /// with S(k) = ⟨|Σ_j e^{iθ_j - ikj}|²⟩/N, the second-moment correlation length ξ = √(S(0)/S(k) - 1)/(2 sin(k/2)), k =
  /// 2π/L the longest wave along a row (Cooper, Freedman & Preston, Nucl. Phys. B 210 (1982) 210) as
  /// `correlation_length`, of periodic lattices; NaN where S(0) < S(k).
  void finish(Member& member) const;

  /// All that was added, for a checkpoint.
  std::vector<double> save() const;
  /// Takes what `save` returned from the front of the numbers, and leaves the rest.
  void restore(std::span<const double>& saved);

 private:
  Eigen::Index distances() const { return sums_.cols() - 2; }

  RotorLattice lattice_;
  bool periodic_;
  std::int64_t samples_;
  std::int64_t added_ = 0;
  FourierTransform transform_;  // of an open chain twice as long: zeros keep its ends apart
  RowMatrix sums_;              // block × (distances, S(0), S(k))
};

}  // namespace softmech
