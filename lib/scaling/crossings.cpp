#include <softmech/scaling/crossings.hpp>

#include <softmech/scaling/smooth_curve.hpp>

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Straight lines between points; x inside their range.
double interpolated(VectorView x, VectorView y, double at) {
  const auto above = std::upper_bound(x.begin(), x.end() - 1, at) - x.begin();
  const Eigen::Index right = std::max<Eigen::Index>(above, 1), left = right - 1;
  return y[left] + (y[right] - y[left]) * (at - x[left]) / (x[right] - x[left]);
}

/// The points of one size, and what y is multiplied by.
struct SizePoints {
  Eigen::Index begin, count;
  double factor;
  VectorView of(const Vector& values) const { return values.segment(begin, count); }
};

/// The curves of two sizes, y L^{−a}, between the ends they have in common.
struct Pair {
  SizePoints first, second;
  std::optional<SmoothCurve> first_curve = {}, second_curve = {};
  double low = 0, high = 0, near = 0;
};

/// The place that best parts a positive from a negative difference, noise weighed: of all grid points in the common
/// range, the one with the largest |Σ_left D/σ − Σ_right D/σ|. Nothing if the difference is not of opposite signs, by
/// two standard errors, on the two sides: where curves run together, noise crosses anywhere.
std::optional<double> sign_change(const ScalingData& data, const ScalingSeries& series, const Pair& pair) {
  const VectorView x1 = pair.first.of(data.x), x2 = pair.second.of(data.x);
  std::vector<double> grid{pair.low, pair.high};
  for (const VectorView& x : {x1, x2}) {
    std::ranges::copy_if(x, std::back_inserter(grid), [&](double at) { return at > pair.low && at < pair.high; });
  }
  std::ranges::sort(grid);
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  std::vector<double> difference;
  for (const double at : grid) {
    const auto read = [at](const SizePoints& points, VectorView x, const Vector& values) {
      return points.factor * interpolated(x, points.of(values), at);
    };
    const double d = read(pair.first, x1, series.y) - read(pair.second, x2, series.y);
    difference.push_back(d / std::hypot(read(pair.first, x1, series.error), read(pair.second, x2, series.error)));
  }
  double total = 0, left = 0, best = -1, place = 0, left_side = 0, right_side = 0;
  for (const double d : difference) total += d;
  for (std::size_t i = 0; i + 1 < grid.size(); ++i) {
    left += difference[i];
    const double right = total - left, contrast = std::abs(left - right);
    if (contrast <= best) continue;
    best = contrast, place = 0.5 * (grid[i] + grid[i + 1]);
    left_side = left / std::sqrt(static_cast<double>(i + 1));
    right_side = right / std::sqrt(static_cast<double>(grid.size() - i - 1));
  }
  const bool seen = left_side * right_side < 0 && std::min(std::abs(left_side), std::abs(right_side)) >= 2;
  return seen ? std::optional(place) : std::nullopt;
}

std::vector<Pair> pairs_of(const ScalingData& data, const ScalingSeries& series, double exponent) {
  const std::vector<double> sizes = data.sizes();
  const std::vector<Eigen::Index> begins = data.size_begins();
  std::vector<SizePoints> points;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    points.push_back({begins[i], begins[i + 1] - begins[i], std::pow(sizes[i], -exponent)});
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    Pair pair{points[i], points[i + 1]};
    const auto curve = [&](const SizePoints& size) {
      return SmoothCurve(size.of(data.x), size.of(series.y), size.of(series.error));
    };
    if (pair.first.count > 1 && pair.second.count > 1) {
      const SmoothCurve first = curve(pair.first), second = curve(pair.second);
      pair.low = std::max(first.low(), second.low()), pair.high = std::min(first.high(), second.high());
      const auto near = pair.low < pair.high ? sign_change(data, series, pair) : std::nullopt;
      if (near) {
        pair.near = *near;
        pair.first_curve = first, pair.second_curve = second;
      }
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

/// x and y of the crossing, NaN if there is none where both sizes have points.
std::pair<double, double> crossing_of(const Pair& pair, const ScalingSeries& series) {
  if (!pair.first_curve) return {unknown, unknown};
  SmoothCurve first = *pair.first_curve, second = *pair.second_curve;
  first.set(pair.first.of(series.y)), second.set(pair.second.of(series.y));
  const auto difference = [&](double at) {
    return pair.first.factor * first.at(at) - pair.second.factor * second.at(at);
  };
  const auto zero = nearest_zero(difference, pair.low, pair.high, pair.near);
  if (!zero) return {unknown, unknown};
  return {*zero, 0.5 * (pair.first.factor * first.at(*zero) + pair.second.factor * second.at(*zero))};
}

/// Mean and covariance over the rows without NaN.
struct Scatter {
  Matrix covariance;
  double found = 0;
};

Scatter scatter_of(const RowMatrix& draws) {
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < draws.rows(); ++i) {
    if (!draws.row(i).hasNaN()) rows.push_back(i);
  }
  Scatter scatter;
  const auto count = static_cast<double>(rows.size());
  scatter.found = count / static_cast<double>(draws.rows());
  const RowMatrix kept = draws(rows, Eigen::all);
  const RowMatrix centered = kept.rowwise() - kept.colwise().mean();
  scatter.covariance = centered.transpose() * centered / std::max(1.0, count - 1);
  return scatter;
}

Extrapolation extrapolated(const std::vector<Crossing>& pairs, const std::vector<Eigen::Index>& usable,
                           double Crossing::*value, const RowMatrix& draws) {
  const auto count = static_cast<Eigen::Index>(usable.size());
  Vector size(count), values(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const Crossing& pair = pairs[static_cast<std::size_t>(usable[static_cast<std::size_t>(i)])];
    size[i] = pair.size();
    values[i] = pair.*value;
  }
  return extrapolate(size, values, scatter_of(draws(Eigen::all, usable)).covariance);
}

}  // namespace

double Crossing::size() const { return std::sqrt(small * large); }

CrossingStudy study_crossings(const ScalingData& data, std::size_t series, double exponent,
                              const CrossingSettings& settings) {
  const std::vector<double> sizes = data.sizes();
  const std::vector<Pair> pairs = pairs_of(data, data.series.at(series), exponent);
  const auto count = static_cast<Eigen::Index>(pairs.size());
  RowMatrix x(settings.resamples, count), y(settings.resamples, count);
  tbb::parallel_for(std::int64_t{0}, settings.resamples, [&](std::int64_t resample) {
    const ScalingData again = resampled(data, settings.seed, resample);
    for (Eigen::Index i = 0; i < count; ++i)
      std::tie(x(resample, i), y(resample, i)) = crossing_of(pairs[static_cast<std::size_t>(i)], again.series[series]);
  });
  CrossingStudy study;
  std::vector<Eigen::Index> usable;
  for (Eigen::Index i = 0; i < count; ++i) {
    const auto [at, value] = crossing_of(pairs[static_cast<std::size_t>(i)], data.series[series]);
    const Scatter x_scatter = scatter_of(x.col(i)), y_scatter = scatter_of(y.col(i));
    study.pairs.push_back({sizes[static_cast<std::size_t>(i)], sizes[static_cast<std::size_t>(i) + 1], at,
                           std::sqrt(x_scatter.covariance(0, 0)), value, std::sqrt(y_scatter.covariance(0, 0)),
                           x_scatter.found});
    if (std::isfinite(at) && x_scatter.found >= 0.9) usable.push_back(i);
  }
  study.extrapolated = static_cast<std::int64_t>(usable.size());
  const Extrapolation nothing{unknown, unknown, unknown, unknown, unknown, false};
  study.x = usable.empty() ? nothing : extrapolated(study.pairs, usable, &Crossing::x, x);
  study.y = usable.empty() ? nothing : extrapolated(study.pairs, usable, &Crossing::y, y);
  return study;
}

}  // namespace softmech
