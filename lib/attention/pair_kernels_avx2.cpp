// Compiled for AVX2; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/attention/pair_tiles.hpp>
#include <softmech/attention/replica_tiles.hpp>

namespace softmech {

template <>
const PairKernels<float>& pair_kernels_avx2() {
  return pair_kernels_of<float, 32>;
}
template <>
const PairKernels<double>& pair_kernels_avx2() {
  return pair_kernels_of<double, 32>;
}

void detail::replica_sums_avx2(const Replicas& replicas, double beta, std::int64_t begin, std::int64_t end) {
  replica_sums<32, 2>(replicas, beta, begin, end);
}

}  // namespace softmech
