// Fifteen points of three sizes on different grids, for figures computed elsewhere.
#pragma once

#include <softmech/scaling/scaling_data.hpp>

namespace softmech::test {

inline ScalingData golden_data() {
  ScalingData data;
  data.size = Vector{{8, 8, 8, 8, 8, 16, 16, 16, 16, 32, 32, 32, 32, 32, 32}};
  data.x = Vector{{0.30, 0.38, 0.45, 0.53, 0.61, 0.36, 0.42, 0.47, 0.55, 0.40, 0.42, 0.44, 0.46, 0.48, 0.51}};
  data.series.resize(1);
  data.series[0].name = "y";
  data.series[0].y = Vector{{0.61, 0.72, 1.18, 1.52, 1.80, 0.40, 0.80, 1.30, 1.75, 0.31, 0.52, 0.84, 1.21, 1.46, 1.66}};
  data.series[0].error =
      Vector{{0.03, 0.02, 0.04, 0.03, 0.05, 0.02, 0.03, 0.04, 0.03, 0.02, 0.03, 0.02, 0.04, 0.03, 0.02}};
  return data;
}

/// The same with a second observable.
inline ScalingData two_observables() {
  ScalingData data = golden_data();
  data.series.push_back({"binder", 0.3 + 0.1 * data.series[0].y.array(), 0.1 * data.series[0].error, {}});
  return data;
}

}  // namespace softmech::test
