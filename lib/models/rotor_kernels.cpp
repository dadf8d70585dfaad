#include <softmech/models/rotor_kernels.hpp>

namespace softmech {

const RotorKernels& rotor_kernels(InstructionSet instructions) {
  return instructions == InstructionSet::avx512 ? rotor_kernels_avx512() : rotor_kernels_avx2();
}

}  // namespace softmech
