// Sines and cosines of many phases, compiled once for AVX2 and once for AVX-512.
#pragma once

#include <softmech/attention/boltzmann_sums.hpp>

#include <cstdint>

namespace softmech {

/// Σ cos θ_i and Σ sin θ_i.
struct PhasorSums {
  double cosine = 0;
  double sine = 0;
};

struct RotorKernels {
  /// cosine[i] = cos θ_i, sine[i] = sin θ_i, to 2e-16 absolute, whatever θ_i; returns their sums, in blocks.
  /// Both instruction sets give the same bits.
  PhasorSums (*phasors)(std::int64_t count, const double* phases, double* cosine, double* sine);
};

const RotorKernels& rotor_kernels(InstructionSet instructions = best_instruction_set());
const RotorKernels& rotor_kernels_avx2();
const RotorKernels& rotor_kernels_avx512();

}  // namespace softmech
