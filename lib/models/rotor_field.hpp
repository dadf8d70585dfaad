// Order, energy and stiffness of a rotor field.
#pragma once

#include <softmech/models/rotor_cluster.hpp>
#include <softmech/models/rotor_sums.hpp>

#include <span>

namespace softmech {

/// M = |Σ_i (cos θ_i, sin θ_i)|/N, in [0, 1].
double magnetization(std::span<const Rotor> rotors);

/// What the coupling makes of a state.
struct RotorInteraction {
  double energy = 0;            ///< per rotor, (1/2N) Σ_ij J_ij (1 - cos(θ_i - θ_j)): 0 for aligned rotors
  double helicity_modulus = 0;  ///< stretch - β current2: its mean over states is Υ; NaN where it is not defined
  double stretch = 0;           ///< ∂²V/∂φ²/N, mean over the sides
  double current2 = 0;          ///< (∂V/∂φ)²/N, mean over the sides
};

/// Of the sums over a whole state of `rotors` phases, at 1/T = beta.
RotorInteraction interaction(const RotorSums& sums, double rotors, int sides, double beta);

/// Measures states in O(N) where every rotor couples alike to all, or to few; else in O(N log N).
///
/// The helicity modulus is the response of the free energy to a twist of φ per site (Teitel & Jayaprakash, Phys. Rev. B
/// 27 (1983) 598): with x_ij the way from i to j along one side of the lattice,
///   Υ = ⟨½ Σ_ij J_ij x_ij² cos(θ_j - θ_i)⟩/N - β ⟨(½ Σ_ij J_ij x_ij sin(θ_j - θ_i))²⟩/N,
/// mean over the sides. It grows with N where Σ_j J_ij x_ij² does.
class RotorField {
 public:
  RotorField(const RotorCoupling& coupling, double temperature);

  RotorInteraction measure(std::span<const Rotor> rotors);

 private:
  int sides_;
  double beta_;
  RotorPairSums sums_;
  RotorPhasors phasors_;
};

}  // namespace softmech
