// Cluster updates of a rotor field in equilibrium.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/models/rotor_coupling.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

/// A phase θ as the unit vector (cos θ, sin θ).
struct Rotor {
  double cosine = 1;
  double sine = 0;
};

/// Reflects clusters of rotors so that their states are distributed as e^{-βH}, H = -½ Σ_{i≠j} J_ij cos(θ_i - θ_j).
///
/// Wolff (PRL 62 (1989) 361): with a_i the component of rotor i along a random axis, a bond joins i to j with chance
/// 1 - e^{-2βJ_ij a_i a_j} where a_i a_j > 0; the cluster of a random rotor is reflected along the axis. As for any
/// range Luijten and Blöte (Int. J. Mod. Phys. C 6 (1995) 359) showed, bonds can be found without asking every pair;
/// here events of a Poisson process with rates 2βJ_ij |a_i| ≥ 2βJ_ij a_i a_j are drawn and kept with chance
/// |a_j| (Fukui & Todo, J. Comput. Phys. 228 (2009) 2629). A cluster costs O(2β Σ_j J_ij) per rotor in it.
class RotorCluster {
 public:
  RotorCluster(RotorCoupling coupling, double temperature);

  /// Reflects one cluster; returns the number of rotors in it.
  Eigen::Index flip(std::span<Rotor> rotors, RandomStream& random);

 private:
  struct Waiting {
    Eigen::Index site;
    double component;  ///< |a_i|
  };

  RotorCoupling coupling_;
  double rate_;  ///< 2β Σ_j J_ij
  std::vector<Waiting> waiting_;
};

}  // namespace softmech
