// A range with a stated chance to hold the truth.
#pragma once

namespace softmech {

struct Interval {
  double low = 0;
  double high = 0;

  bool contains(double value) const { return low <= value && value <= high; }
};

}  // namespace softmech
