#include <softmech/judgement/condensation.hpp>

#include <softmech/statistics/fit.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <stdexcept>

namespace softmech::condensation {

namespace {

constexpr double condensed_limit = 0.65;  // T/T_c: closer to T_c the transition is rounded at any reachable context
constexpr double plausible = 0.01;        // a law fits if its χ² is not less probable than this

const StudyData& only(std::span<const StudyData> studies) {
  if (studies.size() != 1) throw std::invalid_argument("this observable takes one study");
  return studies.front();
}

/// Points in groups of one number to nine decimals, each group in the order of the study.
std::map<double, std::vector<SweepPoint>> grouped(const std::vector<SweepPoint>& points, double SweepPoint::*by) {
  std::map<double, std::vector<SweepPoint>> groups;
  for (const SweepPoint& point : points) groups[std::round(point.*by * 1e9) / 1e9].push_back(point);
  return groups;
}

/// u(n) = (ln ln n + ln 4π)/(4 ln n).
double edge_correction(double keys) {
  const double size = std::log(keys);
  return (std::log(size) + std::log(4 * std::numbers::pi)) / (4 * size);
}

LinearFit line_in_edge_correction(const std::vector<SweepPoint>& points, std::size_t first) {
  const auto count = static_cast<Eigen::Index>(points.size() - first);
  Vector u(count), value(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const SweepPoint& point = points[first + static_cast<std::size_t>(i)];
    u[i] = edge_correction(point.keys), value[i] = point.value, error[i] = point.error;
  }
  return fit_line(u, value, error);
}

/// Contexts as columns: n, ln n, ln C_max and its error.
struct Peaks {
  Vector keys, size, logarithm, error;
  explicit Peaks(const std::vector<AtContext>& peaks) {
    const auto count = static_cast<Eigen::Index>(peaks.size());
    if (count < 4) throw std::runtime_error("the growth of a peak needs at least 4 context lengths");
    keys.resize(count), logarithm.resize(count), error.resize(count);
    for (Eigen::Index i = 0; i < count; ++i) {
      const AtContext& peak = peaks[static_cast<std::size_t>(i)];
      keys[i] = peak.keys, logarithm[i] = std::log(peak.value), error[i] = peak.error / peak.value;
    }
    size = keys.array().log();
  }
  Vector ones() const { return Vector::Ones(keys.size()); }
};

std::string peak_table(const std::vector<AtContext>& peaks) {
  std::string text;
  for (const AtContext& peak : peaks) {
    text += fmt::format("{}{:.3g} at n = {:g}", text.empty() ? "" : ", ", peak.value / std::log(peak.keys), peak.keys);
  }
  return text;
}

AtContext peak_of(double keys, const std::vector<SweepPoint>& points, const std::string& study) {
  const auto top =
      std::max_element(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
  auto first = top, last = top;
  while (first != points.begin() && std::prev(first)->value > 0.9 * top->value) --first;
  while (std::next(last) != points.end() && std::next(last)->value > 0.9 * top->value) ++last;
  const auto count = static_cast<Eigen::Index>(last - first) + 1;
  if (top == points.begin() || std::next(top) == points.end() || count < 4) {
    throw std::runtime_error(fmt::format(
        "study {}: the specific-heat peak at {:g} keys is not inside the sweep of temperatures", study, keys));
  }
  Vector x(count), value(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const SweepPoint& point = *(first + i);
    x[i] = std::log(point.temperature / top->temperature), value[i] = point.value, error[i] = point.error;
  }
  Matrix parabola(count, 3);
  parabola << Vector::Ones(count), x, x.cwiseAbs2();
  const LinearFit fit = fit_linear(parabola, value, error);
  const double slope = fit.coefficients[1], curvature = fit.coefficients[2];
  if (curvature >= 0)
    throw std::runtime_error(
        fmt::format("study {}: no specific-heat peak at {:g} keys within its errors; more replicas", study, keys));
  const double at = -slope / (2 * curvature);
  return {keys, fit.coefficients[0] + slope * at / 2, fit.scaled_error(Vector(Eigen::Vector3d(1, at, at * at)))};
}

}  // namespace

std::vector<SweepPoint> condensed_curve(const StudyData& study) {
  std::vector<SweepPoint> curve;
  for (auto& [ratio, points] : grouped(sweep(study, "inverse_participation"), &SweepPoint::temperature_ratio)) {
    if (ratio > condensed_limit) continue;
    if (points.size() < 3)
      throw std::runtime_error(
          fmt::format("study {}: needs at least 3 context lengths at T/T_c = {:g}", study.name, ratio));
    std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.keys < b.keys; });
    const LinearFit all = line_in_edge_correction(points, 0), larger = line_in_edge_correction(points, 1);
    SweepPoint limit = points.back();
    limit.temperature_ratio = ratio;
    limit.keys = std::numeric_limits<double>::infinity();
    limit.value = all.coefficients[0];
    limit.error = std::hypot(all.scaled_error(0), all.coefficients[0] - larger.coefficients[0]);
    curve.push_back(limit);
  }
  if (curve.size() < 3)
    throw std::runtime_error(
        fmt::format("study {}: needs at least 3 values of T/T_c up to {:g}", study.name, condensed_limit));
  return curve;
}

Measurement condensation_temperature(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = only(studies);
  const auto curve = condensed_curve(study);
  const auto count = static_cast<Eigen::Index>(curve.size());
  Matrix ratio(count, 1);
  Vector rest(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const SweepPoint& point = curve[static_cast<std::size_t>(i)];
    ratio(i, 0) = point.temperature_ratio, rest[i] = 1 - point.value, error[i] = point.error;
  }
  const LinearFit fit = fit_linear(ratio, rest, error);
  const double slope = fit.coefficients[0];
  return {1 / slope, fit.scaled_error(0) / (slope * slope), rows(study), "extrapolated to infinite context"};
}

Measurement condensed_participation_error(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = only(studies);
  Measurement worst{.value = 0, .sample_size = rows(study)};
  for (const SweepPoint& point : condensed_curve(study)) {
    const double deviation = point.value - (1 - point.temperature_ratio);
    if (std::abs(deviation) >= worst.value) {
      worst.value = std::abs(deviation), worst.uncertainty = point.error;
      worst.remark = fmt::format("largest at T/T_c = {:g}, extrapolated to infinite context", point.temperature_ratio);
    }
  }
  return worst;
}

Measurement participation_at_half(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = only(studies);
  const auto points = sweep(study, "inverse_participation");
  const auto best = std::min_element(points.begin(), points.end(), [](const auto& a, const auto& b) {
    return a.keys != b.keys ? a.keys > b.keys
                            : std::abs(a.temperature_ratio - 0.5) < std::abs(b.temperature_ratio - 0.5);
  });
  return {best->value, best->error, rows(study),
          fmt::format("n = {:g}, T/T_c = {:g}", best->keys, best->temperature_ratio)};
}

std::vector<AtContext> specific_heat_peaks(const StudyData& study) {
  std::vector<AtContext> peaks;
  for (auto& [keys, points] : grouped(sweep(study, "specific_heat"), &SweepPoint::keys)) {
    std::sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.temperature < b.temperature; });
    peaks.push_back(peak_of(keys, points, study.name));
  }
  return peaks;
}

Measurement peak_power_of_keys(std::span<const StudyData> studies, const std::string&) {
  const auto found = specific_heat_peaks(only(studies));
  const Peaks peaks(found);
  Matrix design(peaks.keys.size(), 3);
  design << peaks.ones(), peaks.size, peaks.size.array().log().matrix();
  const LinearFit fit = fit_linear(design, peaks.logarithm, peaks.error);
  return {fit.coefficients[1], fit.scaled_error(1), rows(only(studies)),
          fmt::format("C_max/ln n: {}; with (ln n)^{:.2f}±{:.2f}", peak_table(found), fit.coefficients[2],
                      fit.scaled_error(2))};
}

Measurement peak_growth_per_size(std::span<const StudyData> studies, const std::string&) {
  const auto found = specific_heat_peaks(only(studies));
  const Peaks peaks(found);
  const LinearFit power =
      fit_line(peaks.size.array().log(), peaks.logarithm - peaks.size.array().log().matrix(), peaks.error);
  // C_max/ln n = c + a/√ln n + b/ln n: the transition of the random energy model is rounded over |T/T_c − 1| ~ 1/√ln n.
  const Vector per_size = peaks.logarithm.array().exp() / peaks.size.array();
  Matrix rounded(peaks.keys.size(), 3);
  rounded << peaks.ones(), peaks.size.array().rsqrt().matrix(), peaks.size.cwiseInverse();
  const LinearFit bounded = fit_linear(rounded, per_size, Vector(peaks.error.cwiseProduct(per_size)));

  const bool power_fits = power.probability() > plausible, bounded_fits = bounded.probability() > plausible;
  const std::string laws = fmt::format(
      "power law x = {:.3f}±{:.3f} (P = {:.2g}), bounded law C_max/ln n -> {:.2f}±{:.2f} (P = {:.2g}); C_max/ln n: {}",
      power.coefficients[1], power.scaled_error(1), power.probability(), bounded.coefficients[0],
      bounded.scaled_error(0), bounded.probability(), peak_table(found));
  Measurement growth{power.coefficients[1], power.scaled_error(1), rows(only(studies)), laws};
  if (power_fits && bounded_fits) {  // these contexts cannot tell: between 0 and the power
    growth.value /= 2;
    growth.uncertainty = std::hypot(growth.uncertainty, growth.value);
    growth.remark = "both laws fit: " + laws;
  } else if (bounded_fits) {
    growth.value = 0;
    growth.remark = "only the bounded law fits: " + laws;
  } else if (!power_fits) {
    throw std::runtime_error("neither law fits: " + laws);
  }
  return growth;
}

}  // namespace softmech::condensation
