// Compiled for AVX-512; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/models/rotor_sincos.hpp>

namespace softmech {

const RotorKernels& rotor_kernels_avx512() {
  static constexpr RotorKernels kernels{SineCosine<64>::phasors};
  return kernels;
}

}  // namespace softmech
