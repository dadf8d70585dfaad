// Synthetic data whose scaling is known.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/scaling_data.hpp>

#include <functional>
#include <string>
#include <vector>

namespace softmech::synthetic {

/// One observable with y = f(size, x) + error·N(0, 1) on `points` places from −1 to 1 times `width(size)` about
/// `center`.
inline ScalingData data(const std::vector<double>& sizes, int points, double center,
                        const std::function<double(double size)>& width,
                        const std::function<double(double size, double x)>& f, double error, std::uint64_t seed) {
  RandomStream random(seed, 0, "synthetic points");
  const auto count = static_cast<Eigen::Index>(sizes.size()) * points;
  ScalingData result{Vector(count), Vector(count), {{"y", Vector(count), Vector::Constant(count, error), {}}}, {}};
  Eigen::Index i = 0;
  for (const double size : sizes) {
    for (int k = 0; k < points; ++k, ++i) {
      result.size[i] = size;
      result.x[i] = center + width(size) * (2.0 * k / (points - 1) - 1);
      result.series[0].y[i] = f(size, result.x[i]) + error * random.normal();
    }
  }
  return result;
}

/// The share of `trials` in which |found − truth| ≤ error, with z scores summed.
struct Coverage {
  int trials = 0, covered = 0;
  void add(double found, double error, double truth) {
    ++trials;
    covered += std::abs(found - truth) <= error ? 1 : 0;
  }
  double share() const { return static_cast<double>(covered) / trials; }
};

}  // namespace softmech::synthetic
