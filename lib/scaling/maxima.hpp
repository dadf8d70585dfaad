// How high an observable gets at each size, and where.
#pragma once

#include <softmech/scaling/scaling_data.hpp>

#include <cstdint>
#include <vector>

namespace softmech {

struct Maximum {
  double size;
  double x, x_error;
  double height, height_error;
  bool inside = false;  ///< a top was seen: in nine of ten resamples the maximum is not at an end of the points
};

/// The maximum of one observable at each size: of a smooth curve through its points. Errors are the scatter over
/// resamples, see resampled(). Sizes with fewer than 4 points have none. Same bits for any number of threads.
std::vector<Maximum> find_maxima(const ScalingData& data, std::size_t series, std::int64_t resamples = 400,
                                 std::uint64_t seed = 1);

}  // namespace softmech
