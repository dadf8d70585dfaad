#include <softmech/goldstone/goldstone_study.hpp>

#include <softmech/statistics/fit.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace softmech {

namespace {

FieldStudy study_field(const std::string& label, std::vector<const PointStudy*> points) {
  std::ranges::sort(points, {}, [](const PointStudy* point) { return point->point.number("field"); });
  FieldStudy study;
  study.label = label;
  const auto count = static_cast<Eigen::Index>(points.size());
  study.field.resize(count), study.gap_squared.resize(count), study.gap_squared_error.resize(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const PointStudy& point = *points[static_cast<std::size_t>(i)];
    study.field[i] = point.point.number("field");
    study.gap_squared[i] = point.dispersion->gap_squared;
    study.gap_squared_error[i] = point.dispersion->gap_squared_error;
  }
  const LinearFit line = fit_line(study.field, study.gap_squared, study.gap_squared_error);
  study.intercept = line.coefficients[0], study.intercept_error = line.scaled_error(0);
  study.slope = line.coefficients[1], study.slope_error = line.scaled_error(1);
  study.probability = line.probability();
  study.slope_expected = 1 / points.front()->point.number("mass", 1);

  study.exponent = study.exponent_error = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> field, gap, error;  // logarithms
  for (Eigen::Index i = 0; i < count; ++i) {
    if (!(study.field[i] > 0) || !(study.gap_squared[i] > 2 * study.gap_squared_error[i])) continue;
    field.push_back(std::log(study.field[i])), gap.push_back(std::log(study.gap_squared[i]));
    error.push_back(study.gap_squared_error[i] / study.gap_squared[i]);
  }
  if (field.size() < 3) return study;
  const auto size = static_cast<Eigen::Index>(field.size());
  using List = Eigen::Map<const Vector>;
  const LinearFit power = fit_line(List(field.data(), size), List(gap.data(), size), List(error.data(), size));
  study.exponent = power.coefficients[1], study.exponent_error = power.scaled_error(1);
  return study;
}

}  // namespace

GoldstoneStudy study_goldstone(std::vector<ModePoint> points, const PointSettings& settings) {
  GoldstoneStudy study;
  study.varying = varying_coordinates(points);
  for (ModePoint& point : points) study.points.push_back(study_point(std::move(point), settings));
  std::vector<std::string> others = study.varying;
  std::erase(others, "field");
  if (others.size() == study.varying.size()) return study;
  std::map<std::string, std::vector<const PointStudy*>> sets;
  for (const PointStudy& point : study.points) {
    const bool known = point.dispersion && point.dispersion->data.kind == BranchKind::waves &&
                       point.dispersion->gap_squared_error > 0 && std::isfinite(point.point.number("field"));
    if (known) sets[point.point.label(others)].push_back(&point);
  }
  for (const auto& [label, set] : sets) {
    if (set.size() >= 3) study.fields.push_back(study_field(label, set));
  }
  return study;
}

}  // namespace softmech
