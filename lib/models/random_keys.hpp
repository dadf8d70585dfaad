// Random keys: rows of attention energies E_j = -q·k_j drawn from a law, the random energy model of long contexts.
#pragma once

#include <softmech/ensemble/random.hpp>

#include <cstdint>
#include <span>
#include <string_view>

namespace softmech {

/// How the keys lie around a query of length |q| = √d:
///   gaussian     k ~ N(0, 1)^d, so E ~ N(0, d), independent: the random energy model (Derrida 1981);
///   sphere       k uniform on the sphere of radius √d, so E = -d cos θ with density ∝ (1 - cos²θ)^{(d-3)/2};
///   equiangular  the query's own key at cosine 1 and all others at cosine ρ, no randomness
///                (docs/theory.md, section 4).
enum class KeyLaw { gaussian, sphere, equiangular };

/// "gaussian", "sphere" or "equiangular". Throws std::invalid_argument for anything else.
KeyLaw key_law(std::string_view name);

/// A row of n energies under a key law with head dimension d.
struct RandomKeys {
  KeyLaw law = KeyLaw::gaussian;
  std::int64_t keys = 2;      ///< n ≥ 2
  std::int64_t head_dim = 1;  ///< d ≥ 1
  double cosine = 0;          ///< ρ of the equiangular law, in [-1, 1)

  /// Standard deviation of one energy, σ = √d (gaussian and sphere).
  double energy_deviation() const;

  /// Temperature at which the weights condense on few keys: T_c = σ/√(2 ln n) for the gaussian law (random energy
  /// model, Derrida 1981); for the equiangular law d(1-ρ)/ln n, where n e^{-d(1-ρ)/T} = 1. The sphere law at fixed d
  /// has its own n-dependence, β ~ n^{2/(d-1)}; there σ/√(2 ln n) is a unit only.
  double condensation_temperature() const;

  /// Fills a row of `keys` energies.
  void sample(RandomStream& random, std::span<double> energies) const;
};

/// Cosine between a fixed direction and a uniform point on S^{d-1}; d = 1 gives ±1.
double random_cosine(RandomStream& random, std::int64_t dimension);

}  // namespace softmech
