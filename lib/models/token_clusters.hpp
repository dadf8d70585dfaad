// Clusters of tokens: how many there are, how large, and when they merged.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <span>
#include <vector>

namespace softmech {

/// Sizes of the clusters, descending, by single linkage: tokens i and j (rows of x, unit vectors) are linked if
/// x_i·x_j ≥ cosine, and a cluster is a connected component. Exact. O(n²d) in general, and no more than a right-hand
/// side of attention costs; O(n log n) for d = 2, where a cluster is an arc without a gap.
/// @throws std::invalid_argument unless −1 < cosine < 1 and there is a token.
std::vector<Eigen::Index> cluster_sizes(const RowMatrixView& x, double cosine);

/// The number of clusters: cluster_sizes(x, cosine).size().
Eigen::Index cluster_count(const RowMatrixView& x, double cosine);

/// Records when clusters merged: the first depth at which there were at most n − 1, n − 2, …, 1 of them. A cluster that
/// splits again, as with noise, does not undo an event. A merge is known to the depth at which it was fed: feed it as
/// often as events are to be resolved.
class MergeEvents {
 public:
  /// @throws std::invalid_argument unless tokens ≥ 1 and −1 < cosine < 1.
  MergeEvents(Eigen::Index tokens, double cosine);

  /// Looks at positions (n × d) at depth t, and returns the sizes of the clusters there; depths ascend.
  /// @throws std::invalid_argument if t is not finite, or there are other than n rows.
  std::vector<Eigen::Index> feed(double t, const RowMatrixView& positions);

  /// The number of clusters that was last seen; n before the first feed.
  Eigen::Index count() const { return count_; }
  /// The smallest number of clusters seen so far: n − (the number of events).
  Eigen::Index fewest() const { return fewest_; }
  /// n − 1 depths; entry k is the first depth with at most n − 1 − k clusters, NaN if there has been none.
  const Vector& depths() const { return depths_; }

  /// All that it knows, as numbers, and back.
  std::vector<double> save() const;
  /// @throws std::invalid_argument if the numbers are of another number of tokens.
  void restore(std::span<const double> saved);

 private:
  double cosine_;
  Eigen::Index count_;
  Eigen::Index fewest_;
  Vector depths_;
};

}  // namespace softmech
