// Whether two quantities rise together, whatever the law between them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

/// 1 for the smallest value … n for the largest; equal values share the mean of their ranks.
std::vector<double> ranks(std::span<const double> values);

struct RankCorrelation {
  double coefficient = 0;  ///< in [−1, 1]; NaN if one quantity is constant, or for fewer than two pairs
  double p_value = 1;      ///< two-sided: chance of a coefficient as far from 0 without any relation
  std::int64_t pairs = 0;
};

/// Spearman's coefficient: Pearson's correlation of the ranks. The p-value counts all permutations for up to 8 pairs
/// and comes from Student's t with n − 2 degrees of freedom beyond. Throws std::invalid_argument for unequal sizes or
/// NaN.
RankCorrelation spearman(std::span<const double> x, std::span<const double> y);

/// The same within groups, so that a difference between groups is no correlation: ranks are taken and centered in each
/// group, and the coefficient is Σ a b/√(Σ a² Σ b²) over all pairs. Its p-value is the normal one with the exact
/// variance under permutations inside groups, Var Σ a b = Σ_g (Σ a²)_g (Σ b²)_g/(n_g − 1). `pairs` counts those in
/// groups of two and more.
RankCorrelation spearman_within(std::span<const double> x, std::span<const double> y, std::span<const double> group);

}  // namespace softmech
