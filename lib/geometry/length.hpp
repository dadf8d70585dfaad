// Euclidean length at full accuracy for any magnitude.
#pragma once

#include <Eigen/Core>

#include <cmath>

namespace softmech {

/// √Σ a_i², also where the squares under- or overflow (below about 1e-140, above 1e140).
template <class Derived>
double length(const Eigen::MatrixBase<Derived>& a) {
  const double squared = a.squaredNorm();
  return squared > 1e-280 && squared < 1e280 ? std::sqrt(squared) : a.stableNorm();
}

}  // namespace softmech
