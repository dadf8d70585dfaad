#include <softmech/models/token_field.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace softmech {

namespace {

void require_shape(const char* name, const Matrix& matrix, Eigen::Index rows, Eigen::Index columns) {
  if (matrix.size() == 0 || (matrix.cols() == columns && (rows == 0 || matrix.rows() == rows))) return;
  throw std::invalid_argument(fmt::format("model.{} of a head is {} × {}: must be {} × {}; check model.weights", name,
                                          matrix.rows(), matrix.cols(), rows == 0 ? matrix.rows() : rows, columns));
}

void require_head(const TokenHead& head, Eigen::Index dim) {
  if (!(head.beta > 0)) throw std::invalid_argument(fmt::format("model.beta = {}: must be > 0; try 1", head.beta));
  require_shape("query", head.query, 0, dim);
  require_shape("key", head.key, 0, dim);
  require_shape("value", head.value, dim, dim);
  const Eigen::Index query_rows = head.query.size() ? head.query.rows() : dim;
  const Eigen::Index key_rows = head.key.size() ? head.key.rows() : dim;
  if (query_rows != key_rows) {
    throw std::invalid_argument(fmt::format(
        "model.query of a head has {} rows, its key {}: must be as many; check model.weights and model.head_dim",
        query_rows, key_rows));
  }
}

bool is_identity(const TokenHead& head) { return head.query.size() + head.key.size() + head.value.size() == 0; }

/// d = 2, Q = K = V = 1 in every head, all pairs attending: what depends on the angles' differences only.
bool depends_on_angles(const SphereProduct& space, const TokenWeights& weights) {
  return space.dim() == 2 && weights.rotary.dim == 0 &&
         std::all_of(weights.heads.begin(), weights.heads.end(),
                     [](const TokenHead& head) { return is_identity(head) && head.mask.is_full(); });
}

/// Whether the sums over pairs are Fourier series: wanted, possible, and unless insisted upon faster.
bool takes_series(const SphereProduct& space, const TokenWeights& weights, const TokenKernel& kernel) {
  if (kernel.series == TokenKernel::Series::never) return false;
  double beta = 0;
  for (const TokenHead& head : weights.heads) beta = std::max(beta, head.beta);
  const bool possible = depends_on_angles(space, weights) && beta <= CircleSums::largest_beta;
  if (kernel.series == TokenKernel::Series::automatic) {
    return possible && kernel.pairs.kernel == PairSettings::Kernel::fast &&
           kernel.pairs.precision == PairSettings::Precision::double_precision &&
           std::max(16.0, 9 * std::sqrt(beta)) < 0.5 * static_cast<double>(space.tokens());  // terms of the series
  }
  if (possible) return true;
  throw std::invalid_argument(fmt::format(
      "solver.kernel = \"fourier\": needs d = 2, Q = K = V = 1, all pairs, no positions and beta <= {}; try "
      "\"auto\"",
      CircleSums::largest_beta));
}

/// out = weight · in, the identity if the weight is empty.
void apply(const Matrix& weight, const RowMatrix& in, RowMatrix& out) {
  if (weight.size() == 0) {
    out = in;
  } else {
    out.noalias() = weight * in;
  }
}

/// total += (weightᵀ · in)ᵀ.
void add_transposed(const Matrix& weight, const RowMatrix& in, RowMatrix& total) {
  if (weight.size() == 0) {
    total += in.transpose();
  } else {
    total.noalias() += in.transpose() * weight;
  }
}

/// Turns the planes of every token by its angles, or back.
void turn(const RowMatrix& cosine, const RowMatrix& sine, bool back, RowMatrix& vectors) {
  const double sign = back ? -1 : 1;
  for (Eigen::Index plane = 0; plane < cosine.rows(); ++plane) {
    for (Eigen::Index i = 0; i < cosine.cols(); ++i) {
      double& a = vectors(2 * plane, i);
      double& b = vectors(2 * plane + 1, i);
      const double c = cosine(plane, i), s = sign * sine(plane, i);
      const double turned = c * a - s * b;
      b = s * a + c * b;
      a = turned;
    }
  }
}

}  // namespace

double RotaryPositions::angle(Eigen::Index plane) const {
  return scale * std::pow(base, -2.0 * static_cast<double>(plane) / static_cast<double>(dim));
}

TokenField::TokenField(SphereProduct space, TokenForce force, TokenWeights weights, double coupling, Inertia inertia,
                       TokenKernel kernel)
    : space_(space),
      force_(force),
      weights_(std::move(weights)),
      coupling_(coupling),
      inertia_(inertia),
      kernel_(kernel),
      series_(takes_series(space_, weights_, kernel)),
      pairs_(kernel.pairs),
      circle_(kernel.pairs.instructions) {
  for (const TokenHead& head : weights_.heads) require_head(head, space_.dim());
  const RotaryPositions& rotary = weights_.rotary;
  const Eigen::Index planes = rotary.dim / 2;
  turn_cosine_.resize(planes, space_.tokens());
  turn_sine_.resize(planes, space_.tokens());
  for (Eigen::Index plane = 0; plane < planes; ++plane) {
    const double rate = rotary.angle(plane);
    for (Eigen::Index i = 0; i < space_.tokens(); ++i) {
      turn_cosine_(plane, i) = std::cos(static_cast<double>(i) * rate);
      turn_sine_(plane, i) = std::sin(static_cast<double>(i) * rate);
    }
  }
}

bool TokenField::is_plain_circle() const {
  return depends_on_angles(space_, weights_) && weights_.heads.size() == 1 && weights_.mlp.in.size() == 0;
}

bool TokenField::has_potential() const {
  if (weights_.mlp.in.size() > 0) return false;
  if (force_ == TokenForce::free_energy) return true;
  if (force_ == TokenForce::sa || weights_.rotary.dim > 0) return false;
  for (const TokenHead& head : weights_.heads) {
    if (!is_identity(head) || head.mask.causal) return false;
  }
  return true;
}

void TokenField::take(const VectorView& x) const {
  at_.x = Eigen::Map<const RowMatrix>(x.data(), space_.tokens(), space_.dim()).transpose();
}

PairScores TokenField::scores_of(const TokenHead& head) const {
  PairScores scores{.beta = head.beta, .mask = head.mask, .queries = &at_.x, .keys = &at_.x};
  if (head.query.size() + head.key.size() == 0 && !turns(head)) return scores;
  apply(head.query, at_.x, at_.queries);
  apply(head.key, at_.x, at_.keys);
  if (turns(head)) {
    turn(turn_cosine_, turn_sine_, false, at_.queries);
    turn(turn_cosine_, turn_sine_, false, at_.keys);
  }
  scores.queries = &at_.queries;
  scores.keys = &at_.keys;
  return scores;
}

void TokenField::add_series(const TokenHead& head) const {
  circle_.attend(at_.x, head.beta, at_.rows, at_.tangent);
  if (force_ == TokenForce::free_energy) {
    circle_.attend_back(at_.x, head.beta, at_.rows, at_.back_tangent);
    at_.tangent += at_.back_tangent;
  } else if (force_ == TokenForce::usa) {
    const auto n = static_cast<double>(space_.tokens());
    at_.tangent.array() *= at_.rows.shift.array().exp() * at_.rows.sum.array() / n;
  }
  at_.total.col(0).array() -= at_.tangent.array() * at_.x.row(1).transpose().array();
  at_.total.col(1).array() += at_.tangent.array() * at_.x.row(0).transpose().array();
}

void TokenField::add_head(const TokenHead& head) const {
  if (series_) return add_series(head);
  const PairScores scores = scores_of(head);
  if (force_ == TokenForce::free_energy) {
    pairs_.attend(scores, *scores.keys, at_.rows, at_.mean);
    pairs_.attend_back(scores, at_.rows, *scores.queries, at_.back);
    if (turns(head)) {
      turn(turn_cosine_, turn_sine_, true, at_.mean);
      turn(turn_cosine_, turn_sine_, true, at_.back);
    }
    add_transposed(head.query, at_.mean, at_.total);
    add_transposed(head.key, at_.back, at_.total);
    return;
  }
  const RowMatrix* values = &at_.x;
  if (head.value.size() > 0) {
    apply(head.value, at_.x, at_.values);
    values = &at_.values;
  }
  pairs_.attend(scores, *values, at_.rows, at_.mean);
  if (force_ == TokenForce::usa) {
    const auto n = static_cast<double>(space_.tokens());
    at_.mean.array().rowwise() *= (at_.rows.shift.array().exp() * at_.rows.sum.array() / n).transpose();
  }
  at_.total += at_.mean.transpose();
}

void TokenField::ambient_force(const VectorView& x, Eigen::Ref<Vector> out) const {
  take(x);
  at_.total.setZero(space_.tokens(), space_.dim());
  for (const TokenHead& head : weights_.heads) add_head(head);
  if (weights_.mlp.in.size() > 0) {
    at_.values.noalias() = weights_.mlp.in * at_.x;
    at_.values = at_.values.cwiseMax(0.0);
    at_.total.noalias() += at_.values.transpose() * weights_.mlp.out.transpose();
  }
  Eigen::Map<RowMatrix>(out.data(), space_.tokens(), space_.dim()) = coupling_ * at_.total;
}

void TokenField::force(const VectorView& x, Eigen::Ref<Vector> out) const {
  ambient_force(x, out);
  space_.project_vector_in_place(x, out);
}

void TokenField::gradient(const VectorView& x, Eigen::Ref<Vector> out) const {
  ambient_force(x, out);
  out = -out;
}

double TokenField::potential(const VectorView& x) const {
  if (!has_potential()) throw std::logic_error("this token field has no potential");
  return coupled_energy(x);
}

void TokenField::for_each_head(const VectorView& x,
                               const std::function<void(const PairScores&, const PartitionSums&)>& visit) const {
  take(x);
  for (const TokenHead& head : weights_.heads) {
    const PairScores scores = scores_of(head);
    if (series_) {
      circle_.attend(at_.x, head.beta, at_.rows, at_.tangent);
    } else {
      pairs_.partition(scores, at_.rows);
    }
    visit(scores, at_.rows);
  }
}

RowMatrix turned(RowMatrix x, const RotaryPositions& rotary, double share) {
  for (Eigen::Index plane = 0; plane < rotary.dim / 2; ++plane) {
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      const double angle = share * static_cast<double>(i) * rotary.angle(plane);
      const double a = x(i, 2 * plane), b = x(i, 2 * plane + 1);
      x(i, 2 * plane) = std::cos(angle) * a - std::sin(angle) * b;
      x(i, 2 * plane + 1) = std::sin(angle) * a + std::cos(angle) * b;
    }
  }
  return x;
}

double interaction_energy(const PairScores& scores, const PartitionSums& rows) {
  const auto tokens = static_cast<double>(rows.sum.size());
  return -(rows.shift.array().exp() * rows.sum.array()).sum() / (2 * tokens * scores.beta);
}

double free_energy(const PairScores& scores, const PartitionSums& rows) {
  return -(rows.shift.array() + rows.sum.array().log()).sum() / scores.beta;
}

double TokenField::coupled_energy(const VectorView& x) const {
  double interaction = 0, free = 0;
  for_each_head(x, [&](const PairScores& scores, const PartitionSums& rows) {
    interaction += softmech::interaction_energy(scores, rows);
    free += softmech::free_energy(scores, rows);
  });
  return coupled_energy(interaction, free);
}

double TokenField::interaction_energy(const VectorView& x) const {
  double energy = 0;
  for_each_head(x, [&](const PairScores& scores, const PartitionSums& rows) {
    energy += softmech::interaction_energy(scores, rows);
  });
  return energy;
}

double TokenField::free_energy(const VectorView& x) const {
  double energy = 0;
  for_each_head(
      x, [&](const PairScores& scores, const PartitionSums& rows) { energy += softmech::free_energy(scores, rows); });
  return energy;
}

}  // namespace softmech
