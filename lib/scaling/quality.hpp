// Collapse without a model of the curve: how far points of one size lie from the line through those of the others.
#pragma once

#include <softmech/scaling/ansatz.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace softmech {

/// S of Houdayer & Hartmann, Phys. Rev. B 70 (2004) 014418, eqs. (B1)–(B5): the mean of (y − Y)²/(dy² + dY²) over the
/// points that have neighbors of other sizes on both sides, Y the weighted line through those neighbors. About 1 for
/// a good collapse, ≫ 1 for a bad one, ≪ 1 for errors that are too large. `overlap` is the share of points that count.
struct CollapseQuality {
  double value = 0;
  double overlap = 0;
};
CollapseQuality collapse_quality(const Ansatz& ansatz, VectorView theta, const ScalingData& data);

/// The same, over and over: owns its memory. One object per thread; the arguments outlive it.
///
/// A line through neighbors misses a curve by ½f″ times the distances to them. On coarse grids that shifts exponents by
/// many standard errors, so searches measure distances from curves: Y is the mean over the other sizes, weighted by
/// 1/dY², of the parabolas through either neighbor and the points beside it, blended linearly between the two
/// (Overhauser); dY² has, beside the neighbors' errors, the square of half of the bend, the distance of curve and line.
class QualityMeter {
 public:
  enum class Between { lines, curves };
  QualityMeter(const Ansatz& ansatz, const ScalingData& data, Between between);
  CollapseQuality operator()(VectorView theta);

  /// Y and dY²; ∞ if no other size has neighbors.
  struct Estimate {
    double value = 0, variance = std::numeric_limits<double>::infinity();
  };

 private:
  struct Sum {
    double value = 0;
    Eigen::Index points = 0;
  };
  void add(Sum& sum);
  Estimate line(Eigen::Index point, std::size_t own);
  Estimate curve(Eigen::Index point, std::size_t own);
  template <class Visit>
  void for_neighbors(Eigen::Index point, std::size_t own, Visit visit);
  void find_curvatures();

  const Ansatz* ansatz_;
  const ScalingData* data_;
  Between between_;
  std::vector<Eigen::Index> begins_, cursors_;  ///< first points of the sizes; the neighbors last met at each size
  Collapsed collapsed_;
  Vector variance_, curvature_;
};

/// θ of the best basin of S with curves: the least S/overlap², for S alone is least where hardly any points overlap.
Vector quality_basin(const Ansatz& ansatz, const ScalingData& data);

struct QualityFitSettings {
  std::int64_t resamples = 200;
  std::uint64_t seed = 1;
};

/// The θ of least S with curves in the best basin, where overlaps below 0.8 of quality_basin()'s do not count, with its
/// scatter over resampled data, each fitted from there in parallel. Same bits for any number of threads. Throws
/// std::invalid_argument for fewer than 2 resamples, and if no sizes overlap.
struct QualityFit {
  Vector theta, error;  ///< in the order of ansatz.parameters()
  Matrix covariance;
  RowMatrix draws;          ///< resamples × parameters
  CollapseQuality quality;  ///< the least S, with curves
};
QualityFit fit_quality(const Ansatz& ansatz, const ScalingData& data, const QualityFitSettings& settings = {});

}  // namespace softmech
