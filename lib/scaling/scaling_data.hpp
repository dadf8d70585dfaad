// What finite-size scaling starts from: observables measured at several sizes and places, with their errors.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace softmech {

/// An observable y of the scaling analysis: one value per point.
struct ScalingSeries {
  std::string name;
  Vector y;
  Vector error;  ///< standard errors > 0
  /// y from the means of what the members recorded, at a point; empty if there are no members.
  std::function<double(VectorView means, double size)> of_means;
};

/// Observables that share x_c and ν. Points are sorted by size, then x; sizes may lie on different grids.
struct ScalingData {
  Vector size, x;  ///< one per point
  std::vector<ScalingSeries> series;
  std::vector<RowMatrix> members;  ///< per point, members × recorded quantities; empty if only errors are known

  Eigen::Index points() const { return size.size(); }
  /// The different sizes, ascending.
  std::vector<double> sizes() const;
  /// First point of each of the sizes(), and the number of points at the end.
  std::vector<Eigen::Index> size_begins() const;
};

/// The data as another experiment might have given them, errors unchanged: at every point members are drawn with
/// replacement from the n there, n − 1 of them, whose mean has the unbiased variance s²/n, or, if only errors are
/// known, y + error·N(0, 1). It has no members itself. The same bits for the same seed and resample, in any order and
/// thread.
ScalingData resampled(const ScalingData& data, std::uint64_t seed, std::int64_t resample);

/// Throws std::invalid_argument that says what to do unless there are two sizes, sorted points with finite numbers and
/// errors > 0, no point twice, and lengths that agree.
void require_valid(const ScalingData& data);

}  // namespace softmech
