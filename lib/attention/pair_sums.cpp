#include <softmech/attention/pair_sums.hpp>

#include <softmech/attention/pair_sums_reference.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace softmech {
namespace {

void require_scores(const PairScores& scores) {
  if (scores.queries == nullptr || scores.keys == nullptr) {
    throw std::invalid_argument("scores.queries, scores.keys: must point to matrices of d x n numbers");
  }
  const RowMatrix &queries = *scores.queries, &keys = *scores.keys;
  if (queries.size() == 0 || queries.rows() != keys.rows() || queries.cols() != keys.cols()) {
    throw std::invalid_argument(fmt::format("scores.queries is {} x {}, scores.keys {} x {}: both must be d x n, not 0",
                                            queries.rows(), queries.cols(), keys.rows(), keys.cols()));
  }
  if (!std::isfinite(scores.beta)) {
    throw std::invalid_argument(fmt::format("scores.beta = {}: must be finite", scores.beta));
  }
  if (scores.mask.window < 0 || !(scores.mask.rate >= 0 && std::isfinite(scores.mask.rate))) {
    throw std::invalid_argument(fmt::format("scores.mask: window = {} and rate = {} must be >= 0 and finite",
                                            scores.mask.window, scores.mask.rate));
  }
}

void require_columns(const char* name, const RowMatrix& matrix, const PairScores& scores) {
  if (matrix.rows() == 0 || matrix.cols() != scores.queries->cols()) {
    throw std::invalid_argument(fmt::format("{} is {} x {}: must have one column for each of the {} tokens", name,
                                            matrix.rows(), matrix.cols(), scores.queries->cols()));
  }
}

}  // namespace

bool PairMask::attends(Eigen::Index query, Eigen::Index key) const {
  return !(causal && key > query) && (window == 0 || std::abs(query - key) < window);
}

double PairMask::bias(Eigen::Index query, Eigen::Index key) const {
  const auto distance = static_cast<double>(std::abs(query - key));
  switch (decay) {
    case Decay::exponential:
      return -rate * distance;
    case Decay::power:
      return -rate * std::log1p(distance);
    case Decay::none:
      break;
  }
  return 0;
}

PairSums::PairSums(PairSettings settings)
    : settings_(settings),
      double_precision_(settings.instructions, settings.parallel),
      single_precision_(settings.instructions, settings.parallel) {}

/// Whether the fast kernel ran: not on request, nor for scores so large that round-off rules the weights.
template <class Run>
bool PairSums::run_fast(const PairScores& scores, Run run) {
  const auto run_with = [&](auto& fast) {
    if (settings_.kernel == PairSettings::Kernel::reference || !fast.can_do(scores)) return false;
    run(fast);
    return true;
  };
  return settings_.precision == PairSettings::Precision::double_precision ? run_with(double_precision_)
                                                                          : run_with(single_precision_);
}

void PairSums::partition(const PairScores& scores, PartitionSums& rows) {
  require_scores(scores);
  if (!run_fast(scores, [&](auto& fast) { fast.attend(scores, nullptr, rows, nullptr); })) {
    partition_reference(scores, rows);
  }
}

void PairSums::attend(const PairScores& scores, const RowMatrix& values, PartitionSums& rows, RowMatrix& mean) {
  require_scores(scores);
  require_columns("values", values, scores);
  if (!run_fast(scores, [&](auto& fast) { fast.attend(scores, &values, rows, &mean); })) {
    attend_reference(scores, values, rows, mean);
  }
}

void PairSums::attend_back(const PairScores& scores, const PartitionSums& rows, const RowMatrix& sources,
                           RowMatrix& back) {
  require_scores(scores);
  require_columns("sources", sources, scores);
  if (rows.sum.size() != scores.queries->cols() || rows.shift.size() != rows.sum.size()) {
    throw std::invalid_argument(fmt::format("rows has {} sums: must have one for each of the {} tokens",
                                            rows.sum.size(), scores.queries->cols()));
  }
  if (!run_fast(scores, [&](auto& fast) { fast.attend_back(scores, rows, sources, back); })) {
    attend_back_reference(scores, rows, sources, back);
  }
}

}  // namespace softmech
