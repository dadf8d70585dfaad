#include <softmech/judgement/goldstone_modes.hpp>

#include <softmech/attention/response.hpp>
#include <softmech/goldstone/goldstone_study.hpp>
#include <softmech/judgement/study_data.hpp>
#include <softmech/statistics/fit.hpp>
#include <softmech/statistics/moments.hpp>

#include <boost/math/tools/roots.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

namespace softmech::goldstone_modes {

namespace {

using Eigen::Index;

std::int64_t members(const StudyData& study) { return per_member(study, "zero_modes").size(); }

GoldstoneStudy modes_of(const StudyData& study) {
  PointSettings settings;
  settings.largest_wavenumber = 0.15;  // waves that are long against the ranges of all studies
  return study_goldstone(read_modes(std::span(&study.file, 1)), settings);
}

/// The only point of a study.
PointStudy point_of(const StudyData& study) {
  GoldstoneStudy modes = modes_of(study);
  if (modes.points.size() != 1) {
    throw std::runtime_error(
        fmt::format("study {}: has {} points; the observable needs one", study.name, modes.points.size()));
  }
  return std::move(modes.points.front());
}

const DispersionStudy& dispersion_of(const PointStudy& point) {
  if (!point.dispersion) throw std::runtime_error("too few frequencies were found for a law of w(k)");
  return *point.dispersion;
}

/// The frequencies that were found for k > 0, with errors.
std::vector<std::pair<double, Estimate>> branch_of(const PointStudy& point) {
  std::vector<std::pair<double, Estimate>> branch;
  for (const ModeStudy& mode : point.modes)
    if (mode.wavenumber > 0 && mode.resolved()) branch.emplace_back(mode.wavenumber, mode.pole());
  if (branch.empty()) throw std::runtime_error("no frequency was found");
  return branch;
}

/// M of infinitely many all-to-all rotors at T < 1/2: M = I₁(M/T)/I₀(M/T), I₁/I₀ being langevin(2, ·).
double mean_field_order(double temperature) {
  if (temperature >= 0.5) return 0;
  const auto excess = [temperature](double m) { return langevin(2, m / temperature) - m; };
  std::uintmax_t iterations = 100;
  const auto bracket = boost::math::tools::toms748_solve(excess, std::sqrt(1 - 2 * temperature) / 2, 1.0,
                                                         boost::math::tools::eps_tolerance<double>(48), iterations);
  return (bracket.first + bracket.second) / 2;
}

/// T at the energy U = T/2 + (1 - M²)/2 per rotor.
double mean_field_temperature(double energy) {
  if (energy >= 0.75) return 2 * energy - 1;
  const auto excess = [energy](double temperature) {
    const double order = mean_field_order(temperature);
    return temperature / 2 + (1 - order * order) / 2 - energy;
  };
  std::uintmax_t iterations = 100;
  const auto bracket = boost::math::tools::toms748_solve(excess, 1e-3, 0.4999,
                                                         boost::math::tools::eps_tolerance<double>(48), iterations);
  return (bracket.first + bracket.second) / 2;
}

/// A variable's members by the value of a parameter.
std::map<double, Moments> by_parameter(const StudyData& study, const Vector& parameter, std::string_view variable) {
  const Vector values = per_member(study, variable);
  std::map<double, Moments> result;
  for (Index i = 0; i < values.size(); ++i) result[parameter[i]].add(values[i]);
  return result;
}

/// The largest deviation, with its error and what it is of.
struct Largest {
  Measurement measurement{.value = 0};
  void take(double deviation, double error, std::string where) {
    if (std::abs(deviation) < measurement.value) return;
    measurement.value = std::abs(deviation);
    measurement.uncertainty = error;
    measurement.remark = std::move(where);
  }
};

}  // namespace

Measurement dispersion_exponent(std::span<const StudyData> studies, const std::string&) {
  const PointStudy point = point_of(studies.front());
  const DispersionStudy& law = dispersion_of(point);
  return {law.exponent, law.exponent_error, members(studies.front()),
          fmt::format("best law {} of {} k", law.law().law.name(law.data.kind), law.data.value.size())};
}

Measurement relative_gap(std::span<const StudyData> studies, const std::string&) {
  const PointStudy point = point_of(studies.front());
  const DispersionStudy& law = dispersion_of(point);
  double top = 0;
  for (const auto& [k, pole] : branch_of(point)) top = std::max(top, pole.value * pole.value);
  return {law.gap_squared / top, law.gap_squared_error / top, members(studies.front()),
          fmt::format("gap at most {:.2g} (95 %), highest frequency {:.3g}", law.gap_limit, std::sqrt(top))};
}

Measurement dispersion_deviation(std::span<const StudyData> studies, const std::string&) {
  Largest largest;
  Index frequencies = 0;
  for (const StudyData& study : studies) {
    for (const PointStudy& point : modes_of(study).points) {
      for (std::size_t i = 0; i < point.modes.size(); ++i) {
        const ModeStudy& mode = point.modes[i];
        const double linear = point.point.frequency_linear[static_cast<Index>(i)];
        if (!mode.resolved() || !(linear > 0)) continue;
        const Estimate pole = mode.pole();
        ++frequencies;
        largest.take(pole.value / linear - 1, pole.error / linear,
                     fmt::format("{} at k = {:.3g}", study.name, mode.wavenumber));
      }
    }
    largest.measurement.sample_size += members(study);
  }
  largest.measurement.remark = fmt::format("largest of {} frequencies: {}", frequencies, largest.measurement.remark);
  return largest.measurement;
}

Measurement branch_softness(std::span<const StudyData> studies, const std::string&) {
  const auto branch = branch_of(point_of(studies.front()));
  const auto less = [](const auto& a, const auto& b) { return a.second.value < b.second.value; };
  const auto [low, high] = std::ranges::minmax_element(branch, less);
  const double ratio = low->second.value / high->second.value;
  return {ratio, ratio * std::hypot(low->second.error / low->second.value, high->second.error / high->second.value),
          members(studies.front()),
          fmt::format("w = {:.4g} at k = {:.3g}, {:.4g} at k = {:.3g}", low->second.value, low->first,
                      high->second.value, high->first)};
}

namespace {

FieldStudy field_of(const StudyData& study) {
  GoldstoneStudy modes = modes_of(study);
  if (modes.fields.size() != 1)
    throw std::runtime_error(fmt::format("study {}: needs points that differ in model.field alone", study.name));
  return std::move(modes.fields.front());
}

}  // namespace

Measurement field_slope(std::span<const StudyData> studies, const std::string&) {
  const FieldStudy field = field_of(studies.front());
  return {field.slope / field.slope_expected, field.slope_error / field.slope_expected, members(studies.front()),
          fmt::format("{} fields up to {:g}", field.field.size(), field.field.maxCoeff())};
}

Measurement field_intercept(std::span<const StudyData> studies, const std::string&) {
  const FieldStudy field = field_of(studies.front());
  double smallest = std::numeric_limits<double>::infinity();
  for (const double h : field.field)
    if (h > 0) smallest = std::min(smallest, h);
  const double unit = smallest * field.slope_expected;
  return {field.intercept / unit, field.intercept_error / unit, members(studies.front()),
          fmt::format("in units of h/m at h = {:g}", smallest)};
}

Measurement zero_mode_surplus(std::span<const StudyData> studies, const std::string&) {
  Measurement measurement{.value = 0};
  for (const StudyData& study : studies) {
    const Vector surplus = per_member(study, "zero_modes") - per_member(study, "zero_modes_expected");
    measurement.sample_size += surplus.size();
    if (!surplus.allFinite()) {
      measurement.value = std::numeric_limits<double>::quiet_NaN();
      measurement.remark = "not known of all members of study " + study.name;
      return measurement;
    }
    const double largest = surplus.cwiseAbs().maxCoeff();
    if (largest <= measurement.value) continue;
    measurement.value = largest;
    measurement.remark = "in study " + study.name;
  }
  return measurement;
}

Measurement frequency_shift(std::span<const StudyData> studies, const std::string&) {
  if (studies.size() != 2) throw std::runtime_error("frequency_shift needs two studies");
  const auto one = branch_of(point_of(studies[0])), other = branch_of(point_of(studies[1]));
  Largest largest;
  for (const auto& [k, pole] : one) {
    const auto same =
        std::ranges::find_if(other, [k = k](const auto& entry) { return std::abs(entry.first - k) < 1e-9; });
    if (same == other.end()) continue;
    const double base = same->second.value;
    largest.take(pole.value / base - 1, std::hypot(pole.error, same->second.error) / base,
                 fmt::format("at k = {:.3g}", k));
    ++largest.measurement.sample_size;
  }
  largest.measurement.remark =
      fmt::format("largest of {} wavenumbers, {}", largest.measurement.sample_size, largest.measurement.remark);
  return largest.measurement;
}

Measurement order_exponent(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const Vector temperature = per_member(study, "temperature"), rotors = per_member(study, "rotors");
  const Vector order = per_member(study, "magnetization2");
  std::map<double, Moments> sizes;
  for (Index i = 0; i < rotors.size(); ++i)
    if (temperature[i] == temperature.minCoeff()) sizes[rotors[i]].add(order[i]);
  Vector x(std::ssize(sizes)), y = x, error = x;
  Index row = 0;
  for (const auto& [size, moments] : sizes) {
    if (moments.count() < 2) throw std::runtime_error("order_exponent needs at least two members of each size");
    x[row] = std::log(size), y[row] = std::log(moments.mean());
    error[row++] = moments.standard_error() / moments.mean();
  }
  if (x.size() < 3) throw std::runtime_error("order_exponent needs at least three sizes");
  const LinearFit line = fit_line(x, y, error);
  return {line.coefficients[1], line.scaled_error(1), order.size(),
          fmt::format("<M^2> = {:.3g} at N = {:g}, {:.3g} at {:g}; T = {:g}", std::exp(y[0]), std::exp(x[0]),
                      std::exp(y[x.size() - 1]), std::exp(x[x.size() - 1]), temperature.minCoeff())};
}

Measurement breaking_exponent(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const Variable& spectrum = study.data.at("mode_eigenvalue_real");
  const Vector scale = per_member(study, "rope_scale"), zeros = per_member(study, "zero_modes");
  const Vector dimension = per_member(study, "dimension");
  const std::size_t row = spectrum.shape.at(1);
  std::map<double, Moments> masses;  // ln of the largest eigenvalue of those that were zero without the angles
  for (Index i = 0; i < scale.size(); ++i) {
    if (scale[i] == 0 || zeros[i] < 1) continue;
    const std::size_t largest = static_cast<std::size_t>(i) * row + static_cast<std::size_t>(dimension[i]) - 2;
    masses[scale[i]].add(std::log(spectrum.as<double>()[largest]));
  }
  if (masses.size() < 2) throw std::runtime_error("breaking_exponent needs two scales of RoPE above 0");
  const auto first = masses.begin(), second = std::next(first);
  const double distance = std::log(second->first / first->first);
  const auto error = [](const Moments& m) { return m.count() > 1 ? m.standard_error() : 0.0; };
  return {(second->second.mean() - first->second.mean()) / distance,
          std::hypot(error(first->second), error(second->second)) / distance, scale.size(),
          fmt::format("from scale {:g} to {:g}", first->first, second->first)};
}

Measurement final_order(std::span<const StudyData> studies, const std::string&) {
  Moments order;
  for (const double value : per_member(studies.front(), "magnetization")) order.add(value);
  return {order.mean(), order.count() > 1 ? order.standard_error() : 0.0, order.count()};
}

Measurement mean_field_order_deviation(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  Largest largest;
  for (const auto& [temperature, order] : by_parameter(study, per_member(study, "temperature"), "magnetization")) {
    if (temperature >= 0.5) continue;
    const double exact = mean_field_order(temperature);
    largest.take(order.mean() / exact - 1, order.standard_error() / exact, fmt::format("at T = {:g}", temperature));
  }
  largest.measurement.sample_size = members(study);
  return largest.measurement;
}

Measurement caloric_deviation(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const RowMatrix energies = curves(study, "total_energy");
  Vector energy = energies.col(0);
  for (double& value : energy) value = std::round(1e6 * value) / 1e6;  // equal but for rounding
  Largest largest;
  for (const auto& [total, temperature] : by_parameter(study, energy, "kinetic_temperature")) {
    const double exact = mean_field_temperature(total);
    largest.take(temperature.mean() / exact - 1, temperature.standard_error() / exact,
                 fmt::format("at U = {:g}", total));
  }
  largest.measurement.sample_size = energy.size();
  return largest.measurement;
}

Measurement unbinding_temperature(std::span<const StudyData> studies, const std::string&) {
  const StudyData& study = studies.front();
  const Vector temperature = per_member(study, "temperature"), length = per_member(study, "length");
  const Vector modulus = per_member(study, "helicity_modulus"), error = per_member(study, "helicity_modulus_error");
  std::map<double, std::map<double, Moments>> found;  // by temperature, by length: πΥ/2T
  std::map<double, std::map<double, double>> variance;
  for (Index i = 0; i < modulus.size(); ++i) {
    const double unit = std::numbers::pi / (2 * temperature[i]);
    found[temperature[i]][length[i]].add(unit * modulus[i]);
    variance[temperature[i]][length[i]] += unit * unit * error[i] * error[i];
  }
  // χ² of the one constant c, by Newton's steps in 1/(2 ln L + c) being monotonic: a scan is enough.
  std::vector<std::pair<double, double>> misfit;
  for (const auto& [t, sizes] : found) {
    double least = std::numeric_limits<double>::infinity();
    for (double c = -1; c < 8; c += 0.005) {
      double chi = 0;
      for (const auto& [l, moments] : sizes) {
        const double expected = 1 + 1 / (2 * std::log(l) + c), n = static_cast<double>(moments.count());
        chi += (moments.mean() - expected) * (moments.mean() - expected) / (variance[t][l] / (n * n));
      }
      least = std::min(least, chi);
    }
    misfit.emplace_back(t, least);
  }
  const auto best = std::ranges::min_element(misfit, {}, &std::pair<double, double>::second);
  if (best == misfit.begin() || best == std::prev(misfit.end()))
    throw std::runtime_error("the stiffness obeys no universal jump at any of the temperatures inside the study");
  // The parabola through the least value and its neighbors.
  const auto [t0, y0] = *std::prev(best);
  const auto [t1, y1] = *best;
  const auto [t2, y2] = *std::next(best);
  const double left = (y1 - y0) / (t1 - t0), right = (y2 - y1) / (t2 - t1);
  const double curvature = (right - left) / (t2 - t0);
  const double place = (t0 + t1) / 2 - left / (2 * curvature);
  return {place, 1 / std::sqrt(curvature), modulus.size(),
          fmt::format("chi^2 {:.3g} at T = {:g} for {} lengths", y1, t1, found.begin()->second.size())};
}

}  // namespace softmech::goldstone_modes
