#include <softmech/scaling/quality.hpp>

#include <softmech/scaling/minimize.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();
using Between = QualityMeter::Between;
using Estimate = QualityMeter::Estimate;

/// The sums of a weighted straight line through points, places taken from where it is wanted.
struct Line {
  double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;

  void add(double weight, double x, double y) {
    w += weight;
    wx += weight * x;
    wy += weight * y;
    wxx += weight * x * x;
    wxy += weight * x * y;
  }
  Estimate at_zero() const {
    const double determinant = w * wxx - wx * wx;
    return determinant > 0 ? Estimate{(wxx * wy - wx * wxy) / determinant, wxx / determinant} : Estimate{};
  }
};

/// S, or where fewer points overlap than the least share more than S can be; it falls there towards more overlap.
Objective within(QualityMeter& meter, double least_overlap) {
  return [&meter, least_overlap](VectorView theta) {
    const CollapseQuality quality = meter(theta);
    return quality.overlap < least_overlap ? 1e30 * (2 - quality.overlap) : quality.value;
  };
}

}  // namespace

QualityMeter::QualityMeter(const Ansatz& ansatz, const ScalingData& data, Between between)
    : ansatz_(&ansatz), data_(&data), between_(between), begins_(data.size_begins()), cursors_(begins_) {}

CollapseQuality QualityMeter::operator()(VectorView theta) {
  Sum sum;
  for (std::size_t series = 0; series < data_->series.size(); ++series) {
    ansatz_->collapse(theta, *data_, series, collapsed_);
    variance_ = collapsed_.error.array().square();
    if (between_ == Between::curves) find_curvatures();
    add(sum);
  }
  const auto all = static_cast<double>(data_->points()) * static_cast<double>(data_->series.size());
  if (sum.points == 0) return {infinite, 0};
  return {sum.value / static_cast<double>(sum.points), static_cast<double>(sum.points) / all};
}

void QualityMeter::add(Sum& sum) {
  for (std::size_t own = 0; own + 1 < begins_.size(); ++own) {
    cursors_ = begins_;
    for (Eigen::Index point = begins_[own]; point < begins_[own + 1]; ++point) {
      const auto [value, variance] = between_ == Between::lines ? line(point, own) : curve(point, own);
      if (!(variance < infinite)) continue;
      const double distance = collapsed_.y[point] - value;
      sum.value += distance * distance / (variance_[point] + variance);
      ++sum.points;
    }
  }
}

/// Calls visit(left) for the neighbors left and left + 1 of a point among those of every other size.
template <class Visit>
void QualityMeter::for_neighbors(Eigen::Index point, std::size_t own, Visit visit) {
  const double* const x = collapsed_.x.data();
  for (std::size_t other = 0; other + 1 < begins_.size(); ++other) {
    if (other == own) continue;
    const Eigen::Index last = begins_[other + 1] - 1;
    Eigen::Index& left = cursors_[other];
    while (left + 1 < last && x[left + 1] <= x[point]) ++left;
    if (left < last && x[left] <= x[point] && x[point] <= x[left + 1]) visit(left);
  }
}

QualityMeter::Estimate QualityMeter::line(Eigen::Index point, std::size_t own) {
  Line line;
  for_neighbors(point, own, [&](Eigen::Index left) {
    for (const Eigen::Index neighbor : {left, left + 1})
      line.add(1 / variance_[neighbor], collapsed_.x[neighbor] - collapsed_.x[point], collapsed_.y[neighbor]);
  });
  return line.at_zero();
}

QualityMeter::Estimate QualityMeter::curve(Eigen::Index point, std::size_t own) {
  double weights = 0, weighted = 0;
  for_neighbors(point, own, [&](Eigen::Index left) {
    const double u = collapsed_.x[point] - collapsed_.x[left], v = collapsed_.x[left + 1] - collapsed_.x[point];
    const double p = u / (u + v), q = 1 - p;
    const double bend = u * v * (q * curvature_[left] + p * curvature_[left + 1]);
    const double value = q * collapsed_.y[left] + p * collapsed_.y[left + 1] - bend;
    const double weight = 1 / (q * q * variance_[left] + p * p * variance_[left + 1] + 0.25 * bend * bend);
    weights += weight;
    weighted += weight * value;
  });
  return weights > 0 ? Estimate{weighted / weights, 1 / weights} : Estimate{};
}

/// Second divided differences; the first and the last point of a size take their neighbor's.
void QualityMeter::find_curvatures() {
  const Vector& x = collapsed_.x;
  const Vector& y = collapsed_.y;
  curvature_.setZero(x.size());
  for (std::size_t size = 0; size + 1 < begins_.size(); ++size) {
    const Eigen::Index first = begins_[size], last = begins_[size + 1] - 1;
    if (last - first < 2) continue;
    for (Eigen::Index i = first + 1; i < last; ++i)
      curvature_[i] =
          ((y[i + 1] - y[i]) / (x[i + 1] - x[i]) - (y[i] - y[i - 1]) / (x[i] - x[i - 1])) / (x[i + 1] - x[i - 1]);
    curvature_[first] = curvature_[first + 1];
    curvature_[last] = curvature_[last - 1];
  }
}

CollapseQuality collapse_quality(const Ansatz& ansatz, VectorView theta, const ScalingData& data) {
  return QualityMeter(ansatz, data, QualityMeter::Between::lines)(theta);
}

Vector quality_basin(const Ansatz& ansatz, const ScalingData& data) {
  QualityMeter meter(ansatz, data, Between::curves);
  const Objective objective = [&](VectorView theta) {
    const CollapseQuality quality = meter(theta);
    return quality.overlap > 0 ? quality.value / (quality.overlap * quality.overlap) : infinite;
  };
  return minimize_from_many(objective, ansatz.parameters(), 500 * static_cast<int>(ansatz.parameter_count() + 1), 8)
      .place;
}

QualityFit fit_quality(const Ansatz& ansatz, const ScalingData& data, const QualityFitSettings& settings) {
  if (settings.resamples < 2)
    throw std::invalid_argument(
        fmt::format("resamples = {}: must be at least 2, for errors are their scatter; try 200", settings.resamples));
  const auto& box = ansatz.parameters();
  QualityMeter meter(ansatz, data, Between::curves);
  const Vector basin = quality_basin(ansatz, data);
  const double least_overlap = 0.8 * meter(basin).overlap;
  if (!(least_overlap > 0))
    throw std::invalid_argument(
        "no point lies between two of another size, however scaled: measure the sizes at overlapping x");

  // A step of one standard deviation raises χ² = S·points by about 1.
  const double points = static_cast<double>(data.points() * static_cast<Eigen::Index>(data.series.size()));
  const Objective plain = within(meter, least_overlap);
  const Vector steps = steps_that_raise(plain, box, {basin, plain(basin)}, 4 / points);
  const Minimum best = minimize(plain, box, basin, steps);

  QualityFit fit;
  fit.theta = best.place;
  fit.quality = meter(best.place);
  fit.draws.resize(settings.resamples, ansatz.parameter_count());
  const auto fit_resample = [&](std::int64_t resample) {
    const ScalingData drawn = resampled(data, settings.seed, resample);
    QualityMeter own(ansatz, drawn, Between::curves);
    fit.draws.row(resample) = minimize(within(own, least_overlap), box, best.place, steps).place.transpose();
  };
  tbb::this_task_arena::isolate([&] { tbb::parallel_for(std::int64_t{0}, settings.resamples, fit_resample); });

  const RowMatrix centered = fit.draws.rowwise() - fit.draws.colwise().mean();
  fit.covariance = centered.transpose() * centered / static_cast<double>(settings.resamples - 1);
  fit.error = fit.covariance.diagonal().cwiseSqrt();
  return fit;
}

}  // namespace softmech
