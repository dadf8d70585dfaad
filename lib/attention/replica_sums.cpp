#include <softmech/attention/replica_sums.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

using Eigen::Index;

void ReplicaSums::attend(const RowMatrix& x, const RowMatrix& y, double beta, RowMatrix& sum, RowMatrix& force) {
  if (x.size() == 0 || x.rows() != y.rows() || x.cols() != y.cols()) {
    throw std::invalid_argument(fmt::format("x is {} x {}, y {} x {}: both must be tokens x replicas, not 0", x.rows(),
                                            x.cols(), y.rows(), y.cols()));
  }
  if (!(beta >= 0 && beta <= 1e15)) {
    throw std::invalid_argument(fmt::format("beta = {}: must be in [0, 1e15]", beta));
  }
  const Index tokens = x.rows(), replicas = x.cols(), whole = replicas / 8 * 8, rest = replicas - whole;
  sum.resize(tokens, replicas);
  force.resize(tokens, replicas);
  const auto run = instructions_ == InstructionSet::avx512 ? detail::replica_sums_avx512 : detail::replica_sums_avx2;
  run({tokens, replicas, x.data(), y.data(), sum.data(), force.data()}, beta, 0, whole);
  if (rest == 0) return;

  last_.setZero(4 * tokens, 8);
  last_.topRows(tokens).leftCols(rest) = x.rightCols(rest);
  last_.middleRows(tokens, tokens).leftCols(rest) = y.rightCols(rest);
  double* from = last_.data();
  run({tokens, 8, from, from + 8 * tokens, from + 16 * tokens, from + 24 * tokens}, beta, 0, 8);
  sum.rightCols(rest) = last_.middleRows(2 * tokens, tokens).leftCols(rest);
  force.rightCols(rest) = last_.bottomRows(tokens).leftCols(rest);
}

}  // namespace softmech
