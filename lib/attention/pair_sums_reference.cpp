#include <softmech/attention/pair_sums_reference.hpp>

#include <cmath>
#include <limits>

namespace softmech {
namespace {

/// e^{z_ij − shift} of every key.
Vector boltzmann_weights(const PairScores& scores, Eigen::Index query, double shift) {
  return pair_scores_reference(scores, query).unaryExpr([shift](double z) { return std::exp(z - shift); });
}

}  // namespace

Vector pair_scores_reference(const PairScores& scores, Eigen::Index query) {
  Vector z(scores.keys->cols());
  for (Eigen::Index key = 0; key < z.size(); ++key) {
    z(key) = scores.mask.attends(query, key)
                 ? scores.beta * scores.queries->col(query).dot(scores.keys->col(key)) + scores.mask.bias(query, key)
                 : -std::numeric_limits<double>::infinity();
  }
  return z;
}

void partition_reference(const PairScores& scores, PartitionSums& rows) {
  const Eigen::Index tokens = scores.queries->cols();
  rows.shift.resize(tokens);
  rows.sum.resize(tokens);
  for (Eigen::Index query = 0; query < tokens; ++query) {
    rows.shift(query) = pair_scores_reference(scores, query).maxCoeff();
    rows.sum(query) = boltzmann_weights(scores, query, rows.shift(query)).sum();
  }
}

void attend_reference(const PairScores& scores, const RowMatrix& values, PartitionSums& rows, RowMatrix& mean) {
  partition_reference(scores, rows);
  mean.resize(values.rows(), values.cols());
  for (Eigen::Index query = 0; query < values.cols(); ++query) {
    mean.col(query) = values * boltzmann_weights(scores, query, rows.shift(query)) / rows.sum(query);
  }
}

void attend_back_reference(const PairScores& scores, const PartitionSums& rows, const RowMatrix& sources,
                           RowMatrix& back) {
  back.setZero(sources.rows(), sources.cols());
  for (Eigen::Index query = 0; query < sources.cols(); ++query) {
    const Vector weights = boltzmann_weights(scores, query, rows.shift(query)) / rows.sum(query);
    back += sources.col(query) * weights.transpose();
  }
}

}  // namespace softmech
