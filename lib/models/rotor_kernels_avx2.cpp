// Compiled for AVX2; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/models/rotor_sincos.hpp>

namespace softmech {

const RotorKernels& rotor_kernels_avx2() {
  static constexpr RotorKernels kernels{SineCosine<32>::phasors};
  return kernels;
}

}  // namespace softmech
