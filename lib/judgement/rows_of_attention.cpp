#include <softmech/judgement/rows_of_attention.hpp>

#include <softmech/judgement/study_data.hpp>
#include <softmech/statistics/fit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>

namespace softmech::rows_of_attention {

namespace {

std::int64_t total_rows(std::span<const StudyData> studies) {
  std::int64_t total = 0;
  for (const StudyData& study : studies) total += rows(study);
  return total;
}

std::string place(const StudyData& study, const SweepPoint& point) {
  return fmt::format("{}: n = {:g}, d = {:g}, T = {:.4g}", study.name, point.keys, point.head_dim, point.temperature);
}

/// The largest `score` over all points of all studies, with the error of the point.
Measurement farthest(std::span<const StudyData> studies, const std::string& variable,
                     const std::function<double(const SweepPoint&)>& score) {
  Measurement result{.value = -std::numeric_limits<double>::infinity(), .sample_size = total_rows(studies)};
  for (const StudyData& study : studies) {
    for (const SweepPoint& point : sweep(study, variable)) {
      if (std::isnan(point.value))
        throw std::runtime_error(fmt::format("{} is not a number at {}", variable, place(study, point)));
      if (score(point) <= result.value) continue;
      result.value = score(point), result.uncertainty = point.error, result.remark = "at " + place(study, point);
    }
  }
  return result;
}

bool fewer_keys(const SweepPoint& a, const SweepPoint& b) { return a.keys < b.keys; }

struct Exponent {
  double value, error;
};

Exponent log_growth(const std::vector<SweepPoint>& points, std::size_t first) {
  const auto count = static_cast<Eigen::Index>(points.size() - first);
  Matrix design(count, 3);
  Vector value(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const SweepPoint& point = points[first + static_cast<std::size_t>(i)];
    const double size = std::log(point.keys);
    design.row(i) << 1.0, std::log(size), 1.0 / size;
    value[i] = std::log(std::abs(point.value)), error[i] = point.error / std::abs(point.value);
  }
  const LinearFit fit = fit_linear(design, value, error);
  return {fit.coefficients[1], fit.scaled_error(1)};
}

/// The exponent of ln V, its error with the change on leaving out the smallest context added in quadrature.
Exponent log_growth(const StudyData& study, const std::string& variable) {
  auto points = sweep(study, variable);
  std::sort(points.begin(), points.end(), fewer_keys);
  if (points.size() < 5)
    throw std::runtime_error(fmt::format("study {}: growth needs at least 5 context lengths", study.name));
  const Exponent all = log_growth(points, 0), larger = log_growth(points, 1);
  return {all.value, std::hypot(all.error, all.value - larger.value)};
}

/// I_{d/2}(x)/I_{d/2−1}(x).
double polarization(double dimension, double x) {
  return std::cyl_bessel_i(dimension / 2, x) / std::cyl_bessel_i(dimension / 2 - 1, x);
}

}  // namespace

Measurement largest(std::span<const StudyData> studies, const std::string& variable) {
  return farthest(studies, variable, [](const SweepPoint& p) { return p.value; });
}

Measurement largest_deviation_from_one(std::span<const StudyData> studies, const std::string& variable) {
  return farthest(studies, variable, [](const SweepPoint& p) { return std::abs(p.value - 1); });
}

Measurement least_deviation_from_one(std::span<const StudyData> studies, const std::string& variable) {
  Measurement result = farthest(studies, variable, [](const SweepPoint& p) { return -std::abs(p.value - 1); });
  result.value = -result.value;
  return result;
}

Measurement power_of_head_dim(std::span<const StudyData> studies, const std::string& variable) {
  const auto points = sweep(studies.front(), variable);
  const auto count = static_cast<Eigen::Index>(points.size());
  Vector x(count), value(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const SweepPoint& point = points[static_cast<std::size_t>(i)];
    x[i] = std::log(point.head_dim), value[i] = std::log(std::abs(point.value)),
    error[i] = point.error / std::abs(point.value);
  }
  const LinearFit fit = fit_line(x, value, error);
  return {fit.coefficients[1], fit.scaled_error(1), rows(studies.front()),
          fmt::format("{} = {:.4g} at d = 1 by the fitted line", variable, std::exp(fit.coefficients[0]))};
}

Measurement power_of_log_keys(std::span<const StudyData> studies, const std::string& variable) {
  Measurement result{.value = 0, .sample_size = total_rows(studies)};
  for (const StudyData& study : studies) {
    const Exponent exponent = log_growth(study, variable);
    if (&study == &studies.front() || std::abs(exponent.value) > std::abs(result.value)) {
      result.value = exponent.value, result.uncertainty = exponent.error;
    }
    result.remark += fmt::format("{}{} {:+.3f}±{:.3f}", result.remark.empty() ? "" : ", ", study.name, exponent.value,
                                 exponent.error);
  }
  return result;
}

Measurement spread_over_studies(std::span<const StudyData> studies, const std::string& variable) {
  if (studies.size() < 2) throw std::invalid_argument("a spread needs two studies");
  std::vector<std::vector<SweepPoint>> sweeps;
  double common = std::numeric_limits<double>::infinity();
  for (const StudyData& study : studies) {
    sweeps.push_back(sweep(study, variable));
    common = std::min(common, std::max_element(sweeps.back().begin(), sweeps.back().end(), fewer_keys)->keys);
  }
  std::vector<SweepPoint> points;
  Measurement result{.sample_size = total_rows(studies)};
  double mean = 0;
  for (std::size_t i = 0; i < sweeps.size(); ++i) {
    const auto at =
        std::find_if(sweeps[i].begin(), sweeps[i].end(), [&](const SweepPoint& p) { return p.keys == common; });
    if (at == sweeps[i].end())
      throw std::runtime_error(fmt::format("study {} has no point at {:g} keys", studies[i].name, common));
    points.push_back(*at);
    mean += at->value / static_cast<double>(studies.size());
    result.remark += fmt::format("{}{} {:.4g}", i == 0 ? "" : ", ", studies[i].name, at->value);
  }
  const auto [low, high] =
      std::minmax_element(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
  result.value = (high->value - low->value) / std::abs(mean);
  result.uncertainty = std::hypot(high->error, low->error) / std::abs(mean);
  result.remark += fmt::format(" at n = {:g}", common);
  return result;
}

Measurement dipole_error(std::span<const StudyData> studies, const std::string&) {
  Measurement result{.value = 0, .sample_size = total_rows(studies)};
  for (const StudyData& study : studies) {
    for (const SweepPoint& point : sweep(study, "internal_energy")) {
      const double deviation =
          std::abs(-point.value / point.head_dim - polarization(point.head_dim, point.head_dim / point.temperature));
      if (deviation < result.value) continue;
      result.value = deviation, result.uncertainty = point.error / point.head_dim,
      result.remark = "largest at " + place(study, point);
    }
  }
  return result;
}

}  // namespace softmech::rows_of_attention
