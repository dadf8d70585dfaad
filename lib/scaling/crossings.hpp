// Where the curves of neighboring sizes cross, and where the crossings go with size.
#pragma once

#include <softmech/scaling/extrapolation.hpp>
#include <softmech/scaling/scaling_data.hpp>

#include <cstdint>
#include <vector>

namespace softmech {

/// The crossing of y L^{−a} of two sizes: K. Binder, Z. Phys. B 43 (1981) 119. NaN if there is none.
struct Crossing {
  double small, large;
  double x, x_error;    ///< errors: standard deviation over resamples with a crossing
  double y, y_error;    ///< y L^{−a} there
  double found = 0;     ///< share of resamples with a crossing
  double size() const;  ///< √(small · large)
};

struct CrossingStudy {
  std::vector<Crossing> pairs;  ///< of neighboring sizes, ascending
  Extrapolation x, y;           ///< of the pairs that cross in nine of ten resamples or more
  std::int64_t extrapolated = 0;
};

struct CrossingSettings {
  std::int64_t resamples = 400;
  std::uint64_t seed = 1;
};

/// Crossings of one observable with y L^{−a}, of smooth curves through the points of each size, next to the place where
/// the difference changes sign; the resamples, see resampled(), carry the covariance of pairs that share a size. Same
/// bits for any number of threads.
CrossingStudy study_crossings(const ScalingData& data, std::size_t series, double exponent,
                              const CrossingSettings& settings = {});

}  // namespace softmech
