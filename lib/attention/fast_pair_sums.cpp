#include <softmech/attention/fast_pair_sums.hpp>

#include <softmech/attention/pair_kernels.hpp>
#include <softmech/attention/pair_sums.hpp>

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cmath>

namespace softmech {
namespace {

using Index = Eigen::Index;

Index rounded_up(Index count, Index to) { return (count + to - 1) / to * to; }

/// Half of the exponents that a number has before the kernels take it as 0: with scores that differ by less, a bound
/// may stand for the largest.
template <class Scalar>
constexpr double safe_difference = sizeof(Scalar) == 8 ? 600 : 40;

/// So low that e^y is 0 for all purposes; sums of a few of them are finite.
constexpr double very_low = -1e30;

/// Groups of consecutive strips with sums of their own; not a number of threads, so that the bits do not depend on it.
Index groups_of(Index strips) { return std::clamp<Index>(strips / 4, 1, 16); }

/// Where a group begins. Strip s meets those after it, so that about as many pairs are in each group.
Index first_strip(Index group, Index groups, Index strips) {
  const double later = 1 - static_cast<double>(group) / static_cast<double>(groups);
  return static_cast<Index>(std::lround(static_cast<double>(strips) * (1 - std::sqrt(later))));
}

/// The columns' norms; row by row, as they lie in memory.
Vector norms(const RowMatrix& columns) {
  Vector squares = Vector::Zero(columns.cols());
  for (Index c = 0; c < columns.rows(); ++c) squares += columns.row(c).transpose().cwiseAbs2();
  return squares.cwiseSqrt();
}
double largest_norm(const RowMatrix& columns) { return norms(columns).maxCoeff(); }

}  // namespace

template <>
const PairKernels<float>& pair_kernels(InstructionSet instructions) {
  return instructions == InstructionSet::avx512 ? pair_kernels_avx512<float>() : pair_kernels_avx2<float>();
}
template <>
const PairKernels<double>& pair_kernels(InstructionSet instructions) {
  return instructions == InstructionSet::avx512 ? pair_kernels_avx512<double>() : pair_kernels_avx2<double>();
}

template <class Scalar>
FastPairSums<Scalar>::FastPairSums(InstructionSet instructions, bool parallel)
    : kernels_(&pair_kernels<Scalar>(instructions)), parallel_(parallel) {}

template <class Scalar>
bool FastPairSums<Scalar>::can_do(const PairScores& scores) const {
  const double limit = sizeof(Scalar) == 8 ? 1e15 : 1e8;
  if (scores.symmetric_sums()) return scores.beta < limit;
  return std::abs(scores.beta) * largest_norm(*scores.queries) * largest_norm(*scores.keys) < limit;
}

// ---- From matrices to what the kernels read ----

/// Calls body(token, component, place in an array of [block][component]).
template <class Scalar>
template <class Body>
void FastPairSums<Scalar>::for_each_component(const Problem& p, Index dim, Body body) const {
  const Index block = kernels_->block;
  for (Index begin = 0; begin < p.tokens; begin += block) {
    const Index end = std::min(begin + block, p.tokens);
    for (Index c = 0; c < dim; ++c) {
      for (Index i = begin; i < end; ++i) body(i, c, begin * dim + c * block + i - begin);
    }
  }
}

template <class Scalar>
PairProblem<Scalar> FastPairSums<Scalar>::pack(const RowMatrix& lanes, const RowMatrix& keys, double beta) {
  Problem p;
  p.tokens = lanes.cols();
  p.padded = rounded_up(p.tokens, kernels_->block);
  p.dim = lanes.rows();
  lanes_.resize(p.dim * p.padded);
  lanes_.tail(p.dim * kernels_->block).setZero();
  keys_.resize(p.dim * p.tokens);
  const double scale = beta * kernels_->score_units;
  for_each_component(p, p.dim, [&](Index i, Index c, Index place) {
    lanes_(place) = static_cast<Scalar>(scale * lanes(c, i));
    keys_(i * p.dim + c) = static_cast<Scalar>(keys(c, i));
  });
  p.lanes = lanes_.data();
  p.keys = keys_.data();
  return p;
}

template <class Scalar>
void FastPairSums<Scalar>::pack_values(const RowMatrix& values, const Vector* factors, Problem& p) {
  p.value_dim = values.rows();
  p.value_stride = rounded_up(p.value_dim, kernels_->lanes);
  values_.resize(p.value_stride * p.padded);
  p.value_stride == p.value_dim ? values_.tail(p.value_stride * (p.padded - p.tokens)).setZero() : values_.setZero();
  fours_.resize(rounded_up(p.value_dim, 4) * p.padded);  // what is beyond the tokens and values is not read
  lane_values_.resize(p.value_dim * p.padded);
  lane_values_.tail(p.value_dim * kernels_->block).setZero();
  for_each_component(p, p.value_dim, [&](Index i, Index c, Index place) {
    const auto value = static_cast<Scalar>(factors == nullptr ? values(c, i) : values(c, i) * (*factors)(i));
    values_(i * p.value_stride + c) = value;
    fours_(c / 4 * 4 * p.padded + i * 4 + c % 4) = value;
    lane_values_(place) = value;
  });
  p.values = values_.data();
  p.fours = fours_.data();
  p.lane_values = lane_values_.data();
}

template <class Scalar>
void FastPairSums<Scalar>::pack_lane_offset(const Vector& shift, Problem& p) {
  lane_offset_.setConstant(p.padded, static_cast<Scalar>(kernels_->lowest));
  lane_offset_.head(p.tokens) = (-kernels_->score_units * shift.array()).template cast<Scalar>();
  p.lane_offset = lane_offset_.data();
}

template <class Scalar>
void FastPairSums<Scalar>::pack_bias(const PairMask& mask, Direction direction, Problem& p) {
  if (mask.is_full()) return;
  const Index reach = mask.window > 0 ? std::min(mask.window, p.tokens) - 1 : p.tokens - 1;
  p.least = mask.causal && direction == Direction::forward ? 0 : -reach;
  p.most = mask.causal && direction == Direction::back ? 0 : reach;
  p.bias_inside = mask.decay != PairMask::Decay::none;
  bias_.setConstant(p.tokens + p.padded, static_cast<Scalar>(very_low));
  for (Index r = p.least; r <= p.most; ++r) {
    bias_(p.tokens + r) = static_cast<Scalar>(std::max(kernels_->score_units * mask.bias(r, 0), very_low));
  }
  p.bias = bias_.data() + p.tokens;
}

/// The largest score of each row, or a bound (Cauchy and Schwarz) that is near enough.
template <class Scalar>
void FastPairSums<Scalar>::find_shift(const PairScores& scores, Problem& p, Vector& shift) {
  const Vector bound = std::abs(scores.beta) * largest_norm(*scores.keys) * norms(*scores.queries);
  if (2 * bound.maxCoeff() < safe_difference<Scalar>) {
    shift = bound;
    p.scores_are_near = true;
    return;
  }
  sums_.resize(p.padded);
  for_each(p.padded / kernels_->block,
           [&](Index block) { kernels_->maxima(p, block, block + 1, totals_in(sums_, 0, p)); });
  shift = sums_.head(p.tokens) / kernels_->score_units;
}

template <class Scalar>
PairTotals FastPairSums<Scalar>::totals_in(Doubles& sums, std::int64_t offset, const Problem& p) const {
  return {sums.data() + offset, sums.data() + offset + p.padded};
}

template <class Scalar>
void FastPairSums<Scalar>::unpack(const Problem& p, RowMatrix& means, const Vector* divisors) const {
  means.resize(p.value_dim, p.tokens);
  for_each_component(p, p.value_dim, [&](Index i, Index c, Index place) {
    means(c, i) = sums_(p.padded + place) / (divisors == nullptr ? 1.0 : (*divisors)(i));
  });
}

// ---- Sums ----

template <class Scalar>
template <class Body>
void FastPairSums<Scalar>::for_each(std::int64_t count, Body body) const {
  if (parallel_) {
    // While it waits, a thread must not begin another member of the ensemble inside of this one.
    tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::int64_t{0}, count, body); });
  } else {
    for (std::int64_t i = 0; i < count; ++i) body(i);
  }
}

template <class Scalar>
void FastPairSums<Scalar>::sum_rows(const Problem& p) {
  sums_.resize((1 + p.value_dim) * p.padded);
  for_each(p.padded / kernels_->block,
           [&](Index block) { kernels_->rows(p, block, block + 1, totals_in(sums_, 0, p)); });
}

/// Every group has its own sums, of the tokens from its first strip on; they are added in the order of the groups.
template <class Scalar>
void FastPairSums<Scalar>::sum_symmetric(const Problem& p) {
  const Index strips = rounded_up(p.padded, kernels_->strip) / kernels_->strip, groups = groups_of(strips);
  const Index size = (1 + p.value_dim) * p.padded;
  const Index stride = rounded_up(size + kernels_->strip_scratch(p.value_dim), 8);
  const Index owners = parallel_ ? groups : 1;
  private_sums_.resize(owners * stride);
  // What is left out: the sums and totals of the tokens before the group's first.
  const auto used = [&](Doubles& sums, Index offset, Index group, bool totals) {
    const Index before = first_strip(group, groups, strips) * kernels_->strip, values = totals ? p.value_dim : 1;
    return sums.segment(offset + (totals ? p.padded : 0) + before * values, (p.padded - before) * values);
  };
  const auto sum_group = [&](Index group) {
    const Index offset = group % owners * stride;
    for (const bool totals : {false, true}) used(private_sums_, offset, group, totals).setZero();
    const Index end = first_strip(group + 1, groups, strips);
    for (Index strip = first_strip(group, groups, strips); strip < end; ++strip) {
      kernels_->symmetric_strip(p, strip, totals_in(private_sums_, offset, p), private_sums_.data() + offset + size);
    }
  };
  const auto add_group = [&](Index group) {
    for (const bool totals : {false, true}) {
      used(sums_, 0, group, totals) += used(private_sums_, group % owners * stride, group, totals);
    }
  };
  sums_.setZero(size);
  for_each(groups, [&](Index group) {
    sum_group(group);
    if (!parallel_) add_group(group);
  });
  for (Index group = 0; parallel_ && group < groups; ++group) add_group(group);
}

template <class Scalar>
void FastPairSums<Scalar>::attend(const PairScores& scores, const RowMatrix* values, PartitionSums& rows,
                                  RowMatrix* mean) {
  Problem p = pack(*scores.queries, *scores.keys, scores.beta);
  if (values != nullptr) pack_values(*values, nullptr, p);
  const bool symmetric = scores.symmetric_sums();
  if (symmetric) {
    rows.shift.setConstant(p.tokens, scores.beta);
    p.scores_are_near = 2 * scores.beta < safe_difference<Scalar>;
  } else {
    pack_bias(scores.mask, Direction::forward, p);
    find_shift(scores, p, rows.shift);
  }
  pack_lane_offset(rows.shift, p);
  symmetric ? sum_symmetric(p) : sum_rows(p);
  rows.sum = sums_.head(p.tokens);
  if (values != nullptr) unpack(p, *mean, &rows.sum);
}

template <class Scalar>
void FastPairSums<Scalar>::attend_back(const PairScores& scores, const PartitionSums& rows, const RowMatrix& sources,
                                       RowMatrix& back) {
  Problem p = pack(*scores.keys, *scores.queries, scores.beta);
  if (scores.symmetric_sums()) {
    const Vector factors = (scores.beta - rows.shift.array()).exp() / rows.sum.array();
    pack_values(sources, &factors, p);
    pack_lane_offset(Vector::Constant(p.tokens, scores.beta), p);
    p.scores_are_near = 2 * scores.beta < safe_difference<Scalar>;
    sum_symmetric(p);
  } else {
    const Vector factors = rows.sum.cwiseInverse();
    pack_values(sources, &factors, p);
    pack_bias(scores.mask, Direction::back, p);
    const double reach = std::abs(scores.beta) * largest_norm(*scores.keys) * largest_norm(*scores.queries);
    p.scores_are_near = reach + rows.shift.maxCoeff() < safe_difference<Scalar>;
    key_offset_ = (-kernels_->score_units * rows.shift.array()).template cast<Scalar>();
    p.key_offset = key_offset_.data();
    sum_rows(p);
  }
  unpack(p, back, nullptr);
}

template class FastPairSums<float>;
template class FastPairSums<double>;

}  // namespace softmech
