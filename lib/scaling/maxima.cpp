#include <softmech/scaling/maxima.hpp>

#include <softmech/scaling/smooth_curve.hpp>
#include <softmech/statistics/moments.hpp>

#include <tbb/parallel_for.h>

#include <cmath>

namespace softmech {

namespace {

/// The points of one size.
struct SizePoints {
  double size;
  Eigen::Index begin, count;
  SmoothCurve curve;
};

struct Top {
  double x, height;
  bool inside;
};

/// The highest value of the curve between its ends.
Top top_of(const SmoothCurve& curve) {
  constexpr int steps = 400;
  const double spacing = (curve.high() - curve.low()) / steps;
  int best = 0;
  double highest = curve.at(curve.low());
  for (int i = 1; i <= steps; ++i) {
    const double height = curve.at(curve.low() + i * spacing);
    if (height > highest) highest = height, best = i;
  }
  const double at = curve.low() + best * spacing;
  const bool inside = best > 0 && best < steps;
  const auto slope = [&](double x) { return curve.derivative(x); };
  const auto flat = inside ? nearest_zero(slope, at - spacing, at + spacing, at) : std::nullopt;
  return flat ? Top{*flat, curve.at(*flat), inside} : Top{at, highest, inside};
}

}  // namespace

std::vector<Maximum> find_maxima(const ScalingData& data, std::size_t series, std::int64_t resamples,
                                 std::uint64_t seed) {
  const std::vector<double> sizes = data.sizes();
  const std::vector<Eigen::Index> begins = data.size_begins();
  const ScalingSeries& values = data.series.at(series);
  std::vector<SizePoints> curves;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const Eigen::Index begin = begins[i], number = begins[i + 1] - begin;
    if (number < 4) continue;
    const auto of = [&](const Vector& all) { return all.segment(begin, number); };
    curves.push_back({sizes[i], begin, number, SmoothCurve(of(data.x), of(values.y), of(values.error))});
  }
  const auto count = static_cast<Eigen::Index>(curves.size());
  RowMatrix x(resamples, count), height(resamples, count), inside(resamples, count);
  tbb::parallel_for(std::int64_t{0}, resamples, [&](std::int64_t resample) {
    const ScalingData again = resampled(data, seed, resample);
    for (Eigen::Index i = 0; i < count; ++i) {
      const SizePoints& points = curves[static_cast<std::size_t>(i)];
      SmoothCurve curve = points.curve;
      curve.set(again.series[series].y.segment(points.begin, points.count));
      const Top top = top_of(curve);
      x(resample, i) = top.x, height(resample, i) = top.height, inside(resample, i) = top.inside ? 1 : 0;
    }
  });
  std::vector<Maximum> maxima;
  for (Eigen::Index i = 0; i < count; ++i) {
    const SizePoints& points = curves[static_cast<std::size_t>(i)];
    const Top top = top_of(points.curve);
    Moments places, heights;
    for (std::int64_t r = 0; r < resamples; ++r) places.add(x(r, i)), heights.add(height(r, i));
    maxima.push_back({points.size, top.x, places.standard_deviation(), top.height, heights.standard_deviation(),
                      top.inside && inside.col(i).mean() >= 0.9});
  }
  return maxima;
}

}  // namespace softmech
