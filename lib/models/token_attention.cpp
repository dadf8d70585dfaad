#include <softmech/models/token_attention.hpp>

#include <softmech/attention/require.hpp>
#include <softmech/attention/thermodynamics.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

constexpr Eigen::Index block = 64;

struct Range {
  Eigen::Index first, count;
};

Range block_at(Eigen::Index first, Eigen::Index n) { return {first, std::min(block, n - first)}; }

// ⟨q_i, k_j⟩ of a block of queries with a block of keys.
void products(const PairScores& scores, Range queries, Range keys, RowMatrix& out) {
  out.noalias() = scores.queries->middleCols(queries.first, queries.count).transpose() *
                  scores.keys->middleCols(keys.first, keys.count);
}

// A_ij of a block of queries with a block of keys; 0 for pairs that do not attend.
void weights(const PairScores& scores, const PartitionSums& rows, Range queries, Range keys, RowMatrix& out) {
  products(scores, queries, keys, out);
  out *= scores.beta;
  out.colwise() -= rows.shift.segment(queries.first, queries.count);
  if (!scores.mask.is_full()) {
    for (Eigen::Index i = 0; i < queries.count; ++i) {
      for (Eigen::Index j = 0; j < keys.count; ++j) out(i, j) += scores.mask.bias(queries.first + i, keys.first + j);
    }
  }
  out = out.array().exp();  // apart from the division, which is not vectorized and would take the exponentials with it
  out.array().colwise() /= rows.sum.segment(queries.first, queries.count).array();
  if (!scores.mask.is_full()) {
    for (Eigen::Index i = 0; i < queries.count; ++i) {
      for (Eigen::Index j = 0; j < keys.count; ++j) {
        if (!scores.mask.attends(queries.first + i, keys.first + j)) out(i, j) = 0;
      }
    }
  }
}

}  // namespace

AttentionMeans attention_means(const PairScores& scores) {
  if (!(scores.beta > 0 && std::isfinite(scores.beta))) {
    throw std::invalid_argument(fmt::format(
        "model.beta = {}: the thermodynamics of attention has the temperature 1/beta, so it must be > 0; try 1",
        scores.beta));
  }
  const Eigen::Index n = scores.queries->cols();
  const double temperature = 1 / scores.beta;
  AttentionMeans means;
  RowMatrix energies;
  Vector allowed(n);
  for (Eigen::Index first = 0; first < n; first += block) {
    const Range queries = block_at(first, n);
    products(scores, queries, {0, n}, energies);
    for (Eigen::Index i = 0; i < queries.count; ++i) {
      Eigen::Index keys = n;
      if (scores.mask.is_full()) {
        allowed = -energies.row(i).transpose();
      } else {
        keys = 0;
        for (Eigen::Index j = 0; j < n; ++j) {
          if (scores.mask.attends(first + i, j))
            allowed[keys++] = -(energies(i, j) + temperature * scores.mask.bias(first + i, j));
        }
      }
      const RowThermodynamics row = thermodynamics(allowed.head(keys), temperature);
      means.free_energy += row.free_energy;
      means.internal_energy += row.internal_energy;
      means.entropy += row.entropy;
      means.specific_heat += row.specific_heat;
    }
  }
  const double count = static_cast<double>(n);
  return {means.free_energy / count, means.internal_energy / count, means.entropy / count, means.specific_heat / count};
}

double reciprocity_defect(const PairScores& scores, const PartitionSums& rows) {
  const Eigen::Index n = scores.queries->cols();
  require_size("partition sums", rows.sum.size(), "queries", n);
  require_size("shifts", rows.shift.size(), "queries", n);
  RowMatrix forth, back;  // A of two blocks, and of the same ones with queries and keys exchanged
  double differences = 0, squares = 0;
  // Where z_ij = z_ji, A_ji = A_ij Z_i/Z_j: half of the exponentials.
  const bool symmetric = scores.symmetric_sums();
  const Eigen::ArrayXd partition = rows.sum.array() * (rows.shift.array() - rows.shift.maxCoeff()).exp();
  for (Eigen::Index first = 0; first < n; first += block) {
    const Range a = block_at(first, n);
    for (Eigen::Index second = first; second < n; second += block) {
      const Range b = block_at(second, n);
      weights(scores, rows, a, b, forth);
      if (second == first) {
        differences += (forth - forth.transpose()).squaredNorm();
        squares += forth.squaredNorm();
        continue;
      }
      if (symmetric) {
        const auto ratio = partition.segment(a.first, a.count).matrix() *
                           partition.segment(b.first, b.count).inverse().matrix().transpose();
        back = forth.cwiseProduct(ratio);
        differences += 2 * (forth - back).squaredNorm();
        squares += forth.squaredNorm() + back.squaredNorm();
        continue;
      }
      weights(scores, rows, b, a, back);
      differences += 2 * (forth - back.transpose()).squaredNorm();
      squares += forth.squaredNorm() + back.squaredNorm();
    }
  }
  return std::sqrt(differences / squares);
}

double mean_self_weight(const PairScores& scores, const PartitionSums& rows) {
  const Eigen::ArrayXd cosines = scores.queries->cwiseProduct(*scores.keys).colwise().sum().transpose().array();
  return ((scores.beta * cosines - rows.shift.array()).exp() / rows.sum.array()).mean();  // b(0) = 0
}

}  // namespace softmech
