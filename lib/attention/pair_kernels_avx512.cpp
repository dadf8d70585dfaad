// Compiled for AVX-512; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/attention/pair_tiles.hpp>

namespace softmech {

template <>
const PairKernels<float>& pair_kernels_avx512() {
  return pair_kernels_of<float, 64>;
}
template <>
const PairKernels<double>& pair_kernels_avx512() {
  return pair_kernels_of<double, 64>;
}

}  // namespace softmech
