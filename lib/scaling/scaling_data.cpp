#include <softmech/scaling/scaling_data.hpp>

#include <softmech/ensemble/random.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

template <class... Arguments>
void require(bool condition, fmt::format_string<Arguments...> message, Arguments&&... arguments) {
  if (!condition) throw std::invalid_argument(fmt::format(message, std::forward<Arguments>(arguments)...));
}

std::string place(const ScalingData& data, Eigen::Index point) {
  return fmt::format("size {}, x {}", data.size[point], data.x[point]);
}

void require_points(const ScalingData& data) {
  const Eigen::Index points = data.points();
  require(data.x.size() == points, "x has {} values: must be as many as sizes, {}", data.x.size(), points);
  for (Eigen::Index i = 0; i < points; ++i) {
    require(data.size[i] > 0 && std::isfinite(data.size[i]), "size = {} of point {}: must be a finite number > 0",
            data.size[i], i);
    require(std::isfinite(data.x[i]), "x = {} at size {}: must be finite; leave the point out", data.x[i],
            data.size[i]);
    if (i == 0) continue;
    require(data.size[i - 1] != data.size[i] || data.x[i - 1] != data.x[i],
            "{} occurs twice: average the two, or keep one", place(data, i));
    require(data.size[i - 1] < data.size[i] || (data.size[i - 1] == data.size[i] && data.x[i - 1] < data.x[i]),
            "{} comes after {}: sort the points by size, then x", place(data, i), place(data, i - 1));
  }
  const std::size_t sizes = data.sizes().size();
  require(sizes >= 2, "{} sizes: scaling compares at least 2; 3 or more tell whether it is there", sizes);
}

void require_series(const ScalingData& data, const ScalingSeries& series) {
  const Eigen::Index points = data.points();
  require(series.y.size() == points && series.error.size() == points,
          "{} has {} values and {} errors: must be as many as points, {}", series.name, series.y.size(),
          series.error.size(), points);
  for (Eigen::Index i = 0; i < points; ++i) {
    require(std::isfinite(series.y[i]), "{} = {} at {}: must be finite; leave the point out", series.name, series.y[i],
            place(data, i));
    require(series.error[i] > 0 && std::isfinite(series.error[i]),
            "error of {} = {} at {}: must be a finite number > 0; without it no point has a weight", series.name,
            series.error[i], place(data, i));
  }
}

void require_members(const ScalingData& data) {
  if (data.members.empty()) return;
  require(static_cast<Eigen::Index>(data.members.size()) == data.points(),
          "members are given at {} points: must be given at all {}, or at none", data.members.size(), data.points());
  for (Eigen::Index i = 0; i < data.points(); ++i) {
    const RowMatrix& members = data.members[static_cast<std::size_t>(i)];
    require(members.rows() >= 2, "{} members at {}: must be at least 2, or give errors alone", members.rows(),
            place(data, i));
    require(members.allFinite(), "a member at {} recorded a number that is not finite: leave the member out",
            place(data, i));
  }
  for (const ScalingSeries& series : data.series) {
    require(static_cast<bool>(series.of_means), "{} has members, but of_means does not say how it follows from them",
            series.name);
  }
}

/// Means over one member less than there are, drawn with replacement: so their variance is the unbiased s²/n.
void draw_means(const RowMatrix& members, RandomStream& random, Vector& means) {
  means.setZero(members.cols());
  const Eigen::Index draws = members.rows() - 1;
  for (Eigen::Index draw = 0; draw < draws; ++draw) {
    const auto member = static_cast<Eigen::Index>(random.below(static_cast<std::uint64_t>(members.rows())));
    means += members.row(member).transpose();
  }
  means /= static_cast<double>(draws);
}

}  // namespace

std::vector<double> ScalingData::sizes() const {
  std::vector<double> sizes;
  for (const double each : size) {
    if (sizes.empty() || sizes.back() != each) sizes.push_back(each);
  }
  return sizes;
}

std::vector<Eigen::Index> ScalingData::size_begins() const {
  std::vector<Eigen::Index> begins;
  for (Eigen::Index i = 0; i < points(); ++i) {
    if (i == 0 || size[i - 1] != size[i]) begins.push_back(i);
  }
  begins.push_back(points());
  return begins;
}

ScalingData resampled(const ScalingData& data, std::uint64_t seed, std::int64_t resample) {
  RandomStream random(seed, static_cast<std::uint32_t>(resample), "resample");
  ScalingData out{data.size, data.x, data.series, {}};
  if (data.members.empty()) {
    for (ScalingSeries& series : out.series) {
      for (Eigen::Index i = 0; i < data.points(); ++i) series.y[i] += series.error[i] * random.normal();
    }
    return out;
  }
  Vector means;
  for (Eigen::Index i = 0; i < data.points(); ++i) {
    draw_means(data.members[static_cast<std::size_t>(i)], random, means);
    for (ScalingSeries& series : out.series) series.y[i] = series.of_means(means, data.size[i]);
  }
  return out;
}

void require_valid(const ScalingData& data) {
  require(!data.series.empty(), "no observable: name the column of y");
  require_points(data);
  for (const ScalingSeries& series : data.series) require_series(data, series);
  require_members(data);
}

}  // namespace softmech
