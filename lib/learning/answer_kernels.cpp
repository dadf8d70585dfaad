#include <softmech/learning/answer_kernels.hpp>

namespace softmech {

template <class Scalar>
const AnswerKernels<Scalar>& answer_kernels(InstructionSet instructions) {
  return instructions == InstructionSet::avx512 ? answer_kernels_avx512<Scalar>() : answer_kernels_avx2<Scalar>();
}

template const AnswerKernels<float>& answer_kernels(InstructionSet);
template const AnswerKernels<double>& answer_kernels(InstructionSet);

}  // namespace softmech
