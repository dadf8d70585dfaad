// Compiled for AVX2; nothing in here may be shared with other source files (simd.hpp).
#include <softmech/learning/answer_mixing.hpp>
#include <softmech/learning/answer_product.hpp>
#include <softmech/learning/answer_readout.hpp>

namespace softmech {
namespace {

template <class Scalar>
constexpr AnswerKernels<Scalar> kernels = {multiply<Scalar, 32>,
                                           softmax<Scalar, 32>,
                                           mix<Scalar, 32>,
                                           add_active<Scalar, 32>,
                                           cross_entropy<Scalar, 32>,
                                           active_gradient<Scalar, 32>,
                                           weight_gradient<Scalar, 32>,
                                           table_gradient<Scalar, 32>,
                                           pair_scores<Scalar, 32>,
                                           pair_scores_gradient<Scalar, 32>};

}  // namespace

template <>
const AnswerKernels<float>& answer_kernels_avx2() {
  return kernels<float>;
}
template <>
const AnswerKernels<double>& answer_kernels_avx2() {
  return kernels<double>;
}

}  // namespace softmech
