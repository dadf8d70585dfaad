// Collapse without a model of the curve: how far points of one size lie from the line through those of the others.
#pragma once

#include <softmech/scaling/ansatz.hpp>

#include <cstdint>

namespace softmech {

/// S of Houdayer & Hartmann, Phys. Rev. B 70 (2004) 014418, eqs. (B1)–(B5): the mean of (y − Y)²/(dy² + dY²) over the
/// points that have neighbors of other sizes on both sides, Y the weighted line through those neighbors. About 1 for
/// a good collapse, ≫ 1 for a bad one, ≪ 1 for errors that are too large. `overlap` is the share of points that count.
struct CollapseQuality {
  double value = 0;
  double overlap = 0;
};
CollapseQuality collapse_quality(const Ansatz& ansatz, VectorView theta, const ScalingData& data);

struct QualityFitSettings {
  std::int64_t resamples = 200;
  std::uint64_t seed = 1;
};

/// The θ of least S, with the scatter of that over resampled data.
struct QualityFit {
  Vector theta, error;  ///< in the order of ansatz.parameters()
  Matrix covariance;
  RowMatrix draws;  ///< resamples × parameters
  CollapseQuality quality;
};
QualityFit fit_quality(const Ansatz& ansatz, const ScalingData& data, const QualityFitSettings& settings = {});

}  // namespace softmech
