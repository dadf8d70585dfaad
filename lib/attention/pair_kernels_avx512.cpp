// Compiled for AVX-512; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/attention/pair_tiles.hpp>
#include <softmech/attention/replica_tiles.hpp>

namespace softmech {

template <>
const PairKernels<float>& pair_kernels_avx512() {
  return pair_kernels_of<float, 64>;
}
template <>
const PairKernels<double>& pair_kernels_avx512() {
  return pair_kernels_of<double, 64>;
}

void detail::replica_sums_avx512(const Replicas& replicas, double beta, std::int64_t begin, std::int64_t end) {
  replica_sums<64, 1>(replicas, beta, begin, end);
}

}  // namespace softmech
