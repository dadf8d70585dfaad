// Sums over the keys of one row, from which all its thermodynamics follows.
#pragma once

#include <span>
#include <vector>

namespace softmech {

/// Boltzmann sums of x = (E - E_min)/T ≥ 0, with Boltzmann weights w = e^{-x}.
struct BoltzmannSums {
  double keys = 0;                 // n
  double mean = 0;                 // Σ x/n
  double deviations = 0;           // Σ (x - mean)²
  double weight = 0;               // Σ w = Z e^{E_min/T} ≥ 1
  double weighted_mean = 0;        // ⟨x⟩ = Σ w x/Σ w
  double weighted_deviations = 0;  // Σ w (x - ⟨x⟩)²
  double squares = 0;              // Σ w²
  double excess = 0;               // Σ w - 1, to a relative error also where it is small (a nearly frozen row)
};

/// Instructions that the vectorized sums may use. Both give the same bits: the sums have eight lanes in either.
enum class InstructionSet { avx2, avx512 };
/// The best that this processor has.
InstructionSet best_instruction_set();
/// All that it has, the best one last.
std::vector<InstructionSet> instruction_sets();

/// Vectorized, summed pairwise over blocks of at most 512 keys.
BoltzmannSums boltzmann_sums(std::span<const double> energies, double lowest, double temperature,
                             InstructionSet instructions = best_instruction_set());

/// Readable: plain loops over the row with std::exp.
BoltzmannSums boltzmann_sums_reference(std::span<const double> energies, double lowest, double temperature);

}  // namespace softmech
