// Compiled for AVX-512; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/learning/answer_mixing.hpp>
#include <softmech/learning/answer_product.hpp>
#include <softmech/learning/answer_readout.hpp>

namespace softmech {
namespace {

template <class Scalar>
constexpr AnswerKernels<Scalar> kernels = {multiply<Scalar, 64>,
                                           softmax<Scalar, 64>,
                                           mix<Scalar, 64>,
                                           add_active<Scalar, 64>,
                                           cross_entropy<Scalar, 64>,
                                           active_gradient<Scalar, 64>,
                                           weight_gradient<Scalar, 64>,
                                           table_gradient<Scalar, 64>,
                                           pair_scores<Scalar, 64>,
                                           pair_scores_gradient<Scalar, 64>};

}  // namespace

template <>
const AnswerKernels<float>& answer_kernels_avx512() {
  return kernels<float>;
}
template <>
const AnswerKernels<double>& answer_kernels_avx512() {
  return kernels<double>;
}

}  // namespace softmech
