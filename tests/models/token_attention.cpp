// Rows of attention among tokens: thermodynamics and reciprocity against the full matrix.
#include "random_tokens.hpp"

#include <softmech/models/token_attention.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;
using namespace softmech::test;

namespace {

// One head with everything on, or nothing.
struct Head {
  RowMatrix queries, keys;
  PairScores scores;

  Head(Eigen::Index n, Eigen::Index d, double beta, PairMask mask = {}, bool symmetric = false)
      : queries(random_tokens(n, d, 5).transpose()), keys(1.3 * random_tokens(n, d, 6).transpose()) {
    scores = {beta, mask, &queries, symmetric ? &queries : &keys};
  }
  Head(const Head&) = delete;

  Eigen::Index tokens() const { return queries.cols(); }
  double score(Eigen::Index i, Eigen::Index j) const {
    return scores.beta * scores.queries->col(i).dot(scores.keys->col(j)) + scores.mask.bias(i, j);
  }
  // A, with the partition sums in two factors whose shift is not the maximum.
  Matrix attention(PartitionSums& rows) const {
    const Eigen::Index n = tokens();
    Matrix a(n, n);
    rows.shift = Vector::LinSpaced(n, -1, 1);
    rows.sum = Vector::Zero(n);
    for (Eigen::Index i = 0; i < n; ++i) {
      for (Eigen::Index j = 0; j < n; ++j) a(i, j) = scores.mask.attends(i, j) ? std::exp(score(i, j)) : 0;
      rows.sum[i] = a.row(i).sum() * std::exp(-rows.shift[i]);
      a.row(i) /= a.row(i).sum();
    }
    return a;
  }
};

PairMask causal_window() {
  PairMask mask;
  mask.causal = true;
  mask.window = 40;
  mask.decay = PairMask::Decay::exponential;
  mask.rate = 0.05;
  return mask;
}

PairMask far_decay() {
  PairMask mask;
  mask.decay = PairMask::Decay::power;
  mask.rate = 0.7;
  return mask;
}

}  // namespace

TEST_CASE("means over rows are those of the canonical ensemble of every row") {
  const PairMask mask = GENERATE(PairMask{}, causal_window(), far_decay());
  const double beta = GENERATE(0.3, 2.5);
  const Head head(150, 3, beta, mask, GENERATE(true, false));
  PartitionSums sums;
  const Matrix a = head.attention(sums);
  const double n = 150, temperature = 1 / beta;
  double free_energy = 0, internal_energy = 0, entropy = 0, specific_heat = 0;
  for (Eigen::Index i = 0; i < head.tokens(); ++i) {
    double energy = 0, square = 0;
    for (Eigen::Index j = 0; j < head.tokens(); ++j) {
      if (a(i, j) == 0) continue;
      const double e = -head.score(i, j) / beta;
      energy += a(i, j) * e;
      square += a(i, j) * e * e;
      entropy -= a(i, j) * std::log(a(i, j)) / n;
    }
    internal_energy += energy / n;
    specific_heat += (square - energy * energy) / (temperature * temperature) / n;
    free_energy -= temperature * (sums.shift[i] + std::log(sums.sum[i])) / n;
  }
  const AttentionMeans means = attention_means(head.scores);
  CHECK(means.free_energy == Approx(free_energy).epsilon(1e-12));
  CHECK(means.internal_energy == Approx(internal_energy).epsilon(1e-12));
  CHECK(means.entropy == Approx(entropy).epsilon(1e-12));
  CHECK(means.specific_heat == Approx(specific_heat).epsilon(1e-11));
  CHECK(means.free_energy == Approx(means.internal_energy - temperature * means.entropy).epsilon(1e-12));
}

TEST_CASE("rows that see one key have no entropy, and no temperature is no thermodynamics") {
  PairMask own;
  own.window = 1;
  const Head head(5, 3, 2, own, true);
  const AttentionMeans means = attention_means(head.scores);
  CHECK(means.entropy == 0);
  CHECK(means.specific_heat == 0);
  CHECK(means.internal_energy == Approx(-1));
  const Head hot(5, 3, 0);
  CHECK_THROWS_WITH(attention_means(hot.scores), Catch::Contains("model.beta = 0"));
}

TEST_CASE("the reciprocity defect is ‖A − Aᵀ‖/‖A‖") {
  const PairMask mask = GENERATE(PairMask{}, causal_window(), far_decay());
  const Eigen::Index n = GENERATE(1, 2, 64, 150);
  const Head head(n, 3, 2.5, mask, GENERATE(true, false));
  PartitionSums sums;
  const Matrix a = head.attention(sums);
  CHECK(reciprocity_defect(head.scores, sums) ==
        Approx((a - a.transpose()).norm() / a.norm()).epsilon(1e-13).margin(1e-15));
}

TEST_CASE("a small defect keeps its digits, a one-way street has the largest") {
  // At a high temperature A_ij = (1 + β(z_ij − ⟨z_i⟩))/n + O(β²), and z is symmetric.
  const Head head(90, 3, 1e-9, {}, true);
  PartitionSums sums;
  (void)head.attention(sums);
  const Matrix z = head.queries.transpose() * head.queries;
  const Vector mean = z.rowwise().mean();
  Matrix first_order(90, 90);  // A − Aᵀ = (β/n)(mean_j − mean_i) + O(β²), ‖A‖ = 1 + O(β)
  for (int i = 0; i < 90; ++i) {
    for (int j = 0; j < 90; ++j) first_order(i, j) = 1e-9 / 90 * (mean[j] - mean[i]);
  }
  CHECK(reciprocity_defect(head.scores, sums) == Approx(first_order.norm()).epsilon(1e-6));

  // Query 0 attends to key 1 only, 1 to 2, 2 to 0: nowhere both ways.
  RowMatrix queries = 400 * RowMatrix::Identity(3, 3), keys(3, 3);
  keys << 0, 1, 0, 0, 0, 1, 1, 0, 0;
  const PairScores cycle{1, {}, &queries, &keys};
  const PartitionSums certain{Vector::Constant(3, 400), Vector::Ones(3)};
  CHECK(reciprocity_defect(cycle, certain) == Approx(std::sqrt(2.0)));
  CHECK_THROWS_AS(reciprocity_defect(cycle, {Vector::Zero(2), Vector::Ones(2)}), std::invalid_argument);
}
