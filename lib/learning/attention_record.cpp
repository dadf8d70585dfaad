#include <softmech/learning/attention_record.hpp>

#include <softmech/attention/bound.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <variant>

namespace softmech {
namespace {

using Chunk = Eigen::Array<double, Eigen::Dynamic, Eigen::Dynamic>;  // [row, key]
using Column = Eigen::Array<double, Eigen::Dynamic, 1>;

/// U/T, S, C and Var_p(E)/T² of some rows.
struct Rows {
  Column energy, entropy, specific_heat, variance;
};

Rows softmax_rows(Chunk z) {
  const Column top = z.rowwise().maxCoeff();
  z.colwise() -= top;
  const Chunk weights = z.exp();
  const Column sum = weights.rowwise().sum();
  const Column mean = (weights * z).rowwise().sum() / sum;
  z.colwise() -= mean;
  const Column variance = (weights * z.square()).rowwise().sum() / sum;
  return {-(top + mean), sum.log() - mean, variance, variance};
}

Rows rows_of(const Operator& op, const Chunk& z) {
  if (std::holds_alternative<Softmax>(op)) return softmax_rows(z);
  Rows rows{Column(z.rows()), Column(z.rows()), Column(z.rows()), Column(z.rows())};
  for (Eigen::Index i = 0; i < z.rows(); ++i) {
    const Vector energies = -z.row(i).matrix();  // in units of T
    const Vector weights = equilibrium(op, energies, 1.0);
    rows.energy[i] = weights.dot(energies);
    rows.entropy[i] = entropy(op, weights);
    rows.specific_heat[i] = heat_capacity(op, energies, 1.0);
    rows.variance[i] = weights.dot((energies.array() - rows.energy[i]).square().matrix());
  }
  return rows;
}

/// Calls visit(first row, scores of some rows) until all rows were seen; a few at a time stay in the first cache.
template <class Block, class Visit>
void in_chunks(const Block& block, const Visit& visit) {
  constexpr Eigen::Index chunk = 256;
  for (Eigen::Index row = 0; row < block.rows(); row += chunk) {
    const Eigen::Index rows = std::min(chunk, block.rows() - row);
    visit(Chunk(block.middleRows(row, rows).template cast<double>()));
  }
}

template <class Block>
double specific_heat_sum(const Block& block, const Operator& op, double scale) {
  double sum = 0;
  if (block.cols() < 2) return sum;
  in_chunks(block, [&](const Chunk& z) { sum += rows_of(op, scale * z).specific_heat.sum(); });
  return sum;
}

/// Mean and mean square of a number per row; deviations from the first row's, so that variances keep their digits.
class RowMean {
 public:
  void add(const Column& values) {
    if (rows_ == 0) first_ = values[0];
    rows_ += static_cast<double>(values.size());
    sum_ += (values - first_).sum();
    squares_ += (values - first_).square().sum();
  }
  double mean() const { return first_ + sum_ / rows_; }
  double variance() const { return std::max(0.0, squares_ / rows_ - sum_ / rows_ * (sum_ / rows_)); }
  double standard_error() const { return std::sqrt(variance() / std::max(1.0, rows_ - 1)); }

 private:
  double first_ = 0, sum_ = 0, squares_ = 0, rows_ = 0;
};

template <class Block>
HeadThermodynamics answer_rows(const Block& block, const Operator& op, double temperature) {
  RowMean energy, entropy, free_energy, specific_heat, variance, gap;
  double logit = 0, logit2 = 0, deviation2 = 0;
  in_chunks(block, [&](const Chunk& z) {
    const Rows rows = rows_of(op, z);
    energy.add(rows.energy);
    entropy.add(rows.entropy);
    free_energy.add(rows.energy - rows.entropy);
    specific_heat.add(rows.specific_heat);
    variance.add(rows.variance);
    gap.add(z.col(1) - z.col(0));
    logit += z.sum();
    logit2 += z.square().sum();
    deviation2 += (z.colwise() - z.rowwise().mean()).square().sum();
  });
  const auto keys = static_cast<double>(block.cols()), all = static_cast<double>(block.rows()) * keys;
  const double t = temperature, t2 = temperature * temperature;
  HeadThermodynamics head;
  head.internal_energy = t * energy.mean();
  head.entropy = entropy.mean();
  head.free_energy = head.internal_energy - t * head.entropy;
  head.specific_heat = specific_heat.mean();
  head.internal_energy_error = t * energy.standard_error();
  head.entropy_error = entropy.standard_error();
  head.free_energy_error = t * free_energy.standard_error();
  head.specific_heat_error = specific_heat.standard_error();
  head.specific_heat_normalized = head.specific_heat / (std::log(keys) * std::log(keys));
  head.specific_heat_over_bound = head.specific_heat / specific_heat_bound(keys).specific_heat;
  head.energy_variance_within = t2 * variance.mean();
  head.energy_variance_between = t2 * energy.variance();
  head.logit_mean = logit / all;
  head.logit_rms = std::sqrt(logit2 / all);
  head.specific_heat_pooled = std::max(0.0, logit2 / all - head.logit_mean * head.logit_mean);
  head.logit_spread = std::sqrt(deviation2 / all);
  head.gap_mean = gap.mean();
  head.gap_variance = gap.variance();
  return head;
}

}  // namespace

std::span<const HeadQuantity> head_quantities() {
  using Head = HeadThermodynamics;
  static constexpr std::array quantities{
      HeadQuantity{"internal_energy", &Head::internal_energy, "internal energy U = sum p E at the last token"},
      HeadQuantity{"entropy", &Head::entropy, "entropy S of the attention rows of the last token, in nats"},
      HeadQuantity{"free_energy", &Head::free_energy, "free energy F = U - T S at the last token"},
      HeadQuantity{"specific_heat", &Head::specific_heat, "canonical specific heat C = dU/dT at the last token"},
      HeadQuantity{"internal_energy_error", &Head::internal_energy_error, "standard error over rows of U", true},
      HeadQuantity{"entropy_error", &Head::entropy_error, "standard error over rows of S", true},
      HeadQuantity{"free_energy_error", &Head::free_energy_error, "standard error over rows of F", true},
      HeadQuantity{"specific_heat_error", &Head::specific_heat_error, "standard error over rows of C", true},
      HeadQuantity{"specific_heat_all_queries", &Head::specific_heat_all_queries,
                   "canonical specific heat, mean over the rows of all tokens"},
      HeadQuantity{"specific_heat_pooled", &Head::specific_heat_pooled,
                   "variance of all logits z = q.k/T of the last token, every row and key counted once"},
      HeadQuantity{"specific_heat_normalized", &Head::specific_heat_normalized, "C / ln^2 n over n keys"},
      HeadQuantity{"specific_heat_over_bound", &Head::specific_heat_over_bound,
                   "C / C*_n, C*_n the largest of a softmax over n keys"},
      HeadQuantity{"energy_variance_within", &Head::energy_variance_within,
                   "mean over rows of Var_p(E), the first part of the total variance"},
      HeadQuantity{"energy_variance_between", &Head::energy_variance_between,
                   "variance over rows of U, the second part of the total variance"},
      HeadQuantity{"logit_mean", &Head::logit_mean, "mean of the logits z = q.k/T of the last token"},
      HeadQuantity{"logit_rms", &Head::logit_rms, "root mean square of the logits z = q.k/T of the last token"},
      HeadQuantity{"logit_spread", &Head::logit_spread, "root mean square of the logits about the mean of their row"},
      HeadQuantity{"gap_mean", &Head::gap_mean, "mean energy gap (E_a - E_b)/T between the operands at the last token"},
      HeadQuantity{"gap_variance", &Head::gap_variance, "variance over rows of the gap (E_a - E_b)/T"},
  };
  return quantities;
}

template <class Scalar>
std::vector<HeadThermodynamics> head_thermodynamics(const AttentionScores<Scalar>& scores, const NetworkShape& shape) {
  const double temperature = std::sqrt(static_cast<double>(shape.head_dim));
  const std::int64_t last = shape.positions - 1;
  std::vector<HeadThermodynamics> heads;
  for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
    for (std::int64_t h = 0; h < shape.heads; ++h) {
      const auto& answer = scores(layer, h, last);
      HeadThermodynamics head = answer_rows(answer, shape.attention, temperature);
      double all = head.specific_heat;
      for (std::int64_t query = 0; query < last; ++query) {
        all += specific_heat_sum(scores(layer, h, query), shape.attention, 1) / static_cast<double>(answer.rows());
      }
      head.specific_heat_all_queries = all / static_cast<double>(shape.positions);
      heads.push_back(head);
    }
  }
  return heads;
}

HeadThermodynamics mean_over_heads(const std::vector<HeadThermodynamics>& heads) {
  HeadThermodynamics mean;
  double logit2 = 0;
  const auto count = static_cast<double>(heads.size());
  for (HeadThermodynamics head : heads) {
    logit2 += head.logit_rms * head.logit_rms / count;
    head.gap_mean = std::abs(head.gap_mean);
    for (const HeadQuantity& q : head_quantities()) {
      const double value = head.*q.value / count;
      mean.*q.value += q.is_error ? value * value : value;
    }
  }
  for (const HeadQuantity& q : head_quantities()) {
    if (q.is_error) mean.*q.value = std::sqrt(mean.*q.value);
  }
  mean.specific_heat_pooled = std::max(0.0, logit2 - mean.logit_mean * mean.logit_mean);
  return mean;
}

template <class Scalar>
double scale_matched_specific_heat(const AttentionScores<Scalar>& scores, const NetworkShape& shape,
                                   const std::vector<HeadThermodynamics>& own,
                                   const std::vector<HeadThermodynamics>& present) {
  double sum = 0, rows = 0;
  for (std::size_t i = 0; i < present.size(); ++i) {
    const auto layer = static_cast<std::int64_t>(i) / shape.heads, head = static_cast<std::int64_t>(i) % shape.heads;
    const auto& block = scores(layer, head, shape.positions - 1);
    const double factor = own[i].logit_spread > 0 ? present[i].logit_spread / own[i].logit_spread : 0;
    sum += specific_heat_sum(block, shape.attention, factor);
    rows += static_cast<double>(block.rows());
  }
  return sum / rows;
}

template std::vector<HeadThermodynamics> head_thermodynamics(const AttentionScores<float>&, const NetworkShape&);
template std::vector<HeadThermodynamics> head_thermodynamics(const AttentionScores<double>&, const NetworkShape&);
template double scale_matched_specific_heat(const AttentionScores<float>&, const NetworkShape&,
                                            const std::vector<HeadThermodynamics>&,
                                            const std::vector<HeadThermodynamics>&);
template double scale_matched_specific_heat(const AttentionScores<double>&, const NetworkShape&,
                                            const std::vector<HeadThermodynamics>&,
                                            const std::vector<HeadThermodynamics>&);

}  // namespace softmech
