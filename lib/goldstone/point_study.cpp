#include <softmech/goldstone/point_study.hpp>

#include <softmech/statistics/fit.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace softmech {

using std::numbers::pi;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr Eigen::Index least_modes = 6;
constexpr double most_sites = 4096;  // of C(r,t)

/// The periodograms of one mode: a row per record.
RowMatrix periodograms(std::span<const ComplexMatrix> records, Eigen::Index mode, std::int64_t segments,
                       bool without_line, Periodogram& periodogram) {
  const Eigen::Index length = periodogram.count();
  RowMatrix rows(static_cast<Eigen::Index>(records.size()), length);
  rows.setZero();
  for (Eigen::Index r = 0; r < rows.rows(); ++r) {
    ComplexVector record = records[static_cast<std::size_t>(r)].col(mode);
    if (without_line) record -= ComplexVector::LinSpaced(record.size(), record[0], record[record.size() - 1]);
    for (std::int64_t s = 0; s < segments; ++s) {
      const std::span part(record.data() + s * length, static_cast<std::size_t>(length));
      rows.row(r) += periodogram.of(part).transpose() / static_cast<double>(segments);
    }
  }
  return rows;
}

/// Mean and standard error over the records of ⟨|u|²⟩, of the fluctuation alone if asked.
Estimate mean_power(std::span<const ComplexMatrix> records, Eigen::Index mode, bool fluctuation) {
  RowMatrix powers(static_cast<Eigen::Index>(records.size()), 1);
  for (Eigen::Index r = 0; r < powers.rows(); ++r) {
    const auto record = records[static_cast<std::size_t>(r)].col(mode);
    powers(r, 0) = record.cwiseAbs2().mean() - (fluctuation ? std::norm(record.mean()) : 0);
  }
  return jackknife(powers, [](const Vector& mean) { return mean[0]; });
}

/// ⟨|u(t + lag) − u(t)|²⟩ over all t and records.
double squared_displacement(std::span<const ComplexMatrix> records, Eigen::Index mode, Eigen::Index lag) {
  double sum = 0;
  for (const ComplexMatrix& record : records) {
    const Eigen::Index rest = record.rows() - lag;
    sum += (record.col(mode).tail(rest) - record.col(mode).head(rest)).cwiseAbs2().mean();
  }
  return sum / static_cast<double>(records.size());
}

Drift drift_of(const ModePoint& point, Eigen::Index mode) {
  Drift drift;
  const double size = point.number("rotors", point.number("tokens", 1));
  double squares = 0;
  for (const ComplexMatrix& record : point.records)
    squares += std::norm(record(record.rows() - 1, mode) - record(0, mode)) / static_cast<double>(point.records.size());
  const Eigen::Index count = point.records.front().rows();
  drift.velocity = std::sqrt(squares / size) / (static_cast<double>(count - 1) * point.interval);
  const double early = squared_displacement(point.records, mode, count / 8);
  drift.exponent = early > 0 ? std::log(squared_displacement(point.records, mode, count / 2) / early) / std::log(4) : 0;
  return drift;
}

/// Whether k = 0 has no restoring force: by the field and linear theory; where nothing is known, by its drift.
bool is_zero_mode(const ModePoint& point, Eigen::Index mode, const Drift& drift) {
  if (point.wavenumbers[mode] != 0) return false;
  const double field = point.number("field"), linear = point.frequency_linear[mode];
  if (field > 0 || std::abs(linear) > 1e-6) return false;
  return !std::isnan(field) || !std::isnan(linear) || drift.exponent > 0.5;
}

double power_at_edge(const Vector& spectrum) {
  const Eigen::Index count = spectrum.size(), tenth = std::max<Eigen::Index>(1, count / 20);
  const double all = spectrum.sum() - spectrum[0] - spectrum[1] - spectrum[count - 1];
  return all > 0 ? spectrum.segment(count / 2 - tenth, 2 * tenth + 1).sum() / all : 0;
}

// ---- the map S(k,ω)

/// ω from −reach to reach in groups of an odd number of bins around 0.
struct MapBins {
  Eigen::Index group = 1, groups = 0;

  MapBins(double reach, std::int64_t bins, const Periodogram& periodogram) {
    const Eigen::Index most = (periodogram.count() - 1) / 2;
    const auto wanted = std::min(most, static_cast<Eigen::Index>(std::ceil(reach / periodogram.resolution())));
    while (2 * wanted + 1 > group * bins) group += 2;
    groups = std::max<Eigen::Index>(0, std::min(wanted, most - group / 2) / group);
  }
  Vector frequencies(const Periodogram& periodogram) const {
    Vector values(2 * groups + 1);
    for (Eigen::Index g = -groups; g <= groups; ++g)
      values[g + groups] = static_cast<double>(g * group) * periodogram.resolution();
    return values;
  }
  Vector of(const Vector& spectrum) const {
    Vector values = Vector::Zero(2 * groups + 1);
    for (Eigen::Index g = -groups; g <= groups; ++g) {
      for (Eigen::Index i = -(group / 2); i <= group / 2; ++i) {
        const Eigen::Index bin = (g * group + i + spectrum.size()) % spectrum.size();
        values[g + groups] += spectrum[bin] / static_cast<double>(group);
      }
    }
    return values;
  }
};

/// The highest frequency that matters: of fitted lines with their wings, and of linear theory.
double reach_of(const PointStudy& study) {
  double reach = 0;
  for (const ModeStudy& mode : study.modes) {
    if (mode.resolved()) {
      const Line& line = mode.fit->best.line;
      reach = std::max(reach, std::abs(line.peak()) + 4 * (line.overdamped() ? line.rate() : line.damping / 2));
    }
  }
  for (const double linear : study.point.frequency_linear) {
    if (!std::isnan(linear)) reach = std::max(reach, std::abs(linear));
  }
  return reach > 0 ? 1.25 * reach : std::numeric_limits<double>::infinity();
}

// ---- laws of k

/// The modes that the laws of k are fitted to: k within the range, or the smallest ones.
std::vector<const ModeStudy*> modes_in_range(const PointStudy& study, double largest) {
  std::vector<const ModeStudy*> modes;
  Eigen::Index positive = 0;
  for (const ModeStudy& mode : study.modes) {
    if (mode.wavenumber > 0 && mode.wavenumber > largest && positive >= least_modes) break;
    positive += mode.wavenumber > 0;
    if (mode.resolved()) modes.push_back(&mode);
  }
  return modes;
}

BranchKind kind_of(const std::vector<const ModeStudy*>& modes) {
  std::size_t overdamped = 0, travelling = 0;
  for (const ModeStudy* mode : modes) {
    overdamped += mode->fit->best.line.overdamped();
    travelling += mode->fit->best.line.shape == LineShape::travelling;
  }
  if (2 * travelling > modes.size()) return BranchKind::travelling;
  return 2 * overdamped > modes.size() ? BranchKind::relaxation : BranchKind::waves;
}

bool belongs(const Line& line, BranchKind kind) {
  if (kind == BranchKind::travelling) return line.shape == LineShape::travelling;
  return kind == BranchKind::relaxation ? line.overdamped()
                                        : line.shape == LineShape::oscillation && !line.overdamped();
}

Vector to_vector(const std::vector<double>& values) {
  return Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size()));
}

void study_laws(PointStudy& study, double largest, double tolerance) {
  const std::vector<const ModeStudy*> modes = modes_in_range(study, largest);
  const BranchKind kind = kind_of(modes);
  std::vector<double> wavenumber, value, error, damped, damping, damping_error;
  for (const ModeStudy* mode : modes) {
    const LineFit& fit = mode->fit->best;
    const Estimate pole = mode->pole();
    if (!belongs(fit.line, kind) || !(pole.error > 0) || !std::isfinite(pole.error)) continue;
    wavenumber.push_back(mode->wavenumber), value.push_back(pole.value), error.push_back(pole.error);
    if (kind == BranchKind::relaxation || mode->wavenumber == 0 || !(fit.line.damping > 2 * fit.damping_error))
      continue;
    damped.push_back(mode->wavenumber), damping.push_back(fit.line.damping), damping_error.push_back(fit.damping_error);
  }
  if (value.size() < 3) return;
  study.dispersion = study_dispersion({kind, to_vector(wavenumber), to_vector(value), to_vector(error)}, tolerance);
  study.damping = fit_power_law(to_vector(damped), to_vector(damping), to_vector(damping_error));
}

/// Υ = T/(κ² S(k)) as k → 0, from κ² S(k)/T = c₀ + c₁ κ². All S(k) have about the same relative error.
void study_static_stiffness(PointStudy& study, double largest) {
  const double temperature = study.point.number("temperature");
  std::vector<double> square, value, relative;
  for (const ModeStudy* mode : modes_in_range(study, largest)) {
    const Estimate& power = mode->structure_factor;
    if (mode->wavenumber == 0 || !(power.value > 0) || !(power.error > 0)) continue;
    square.push_back(4 * std::pow(std::sin(mode->wavenumber / 2), 2));
    value.push_back(square.back() * power.value / temperature);
    relative.push_back(power.error / power.value);
  }
  if (!(temperature > 0) || value.size() < 4) return;
  const Vector y = to_vector(value);
  const double error = y.mean() * std::sqrt(to_vector(relative).cwiseAbs2().mean());
  const LinearFit fit = fit_line(to_vector(square), y, Vector::Constant(y.size(), error));
  study.static_stiffness = 1 / fit.coefficients[0];
  study.static_stiffness_error = fit.error(0) / (fit.coefficients[0] * fit.coefficients[0]);
}

void study_stiffness(PointStudy& study, double largest) {
  study.stiffness = study.stiffness_error = study.static_stiffness = study.static_stiffness_error = unknown;
  if (!study.dispersion || study.dispersion->data.kind != BranchKind::waves) return;
  const double mass = study.point.number("mass", 1), velocity = study.dispersion->velocity;
  if (std::isnan(velocity)) return;
  study.stiffness = mass * velocity * velocity;
  study.stiffness_error = 2 * mass * velocity * study.dispersion->velocity_error;
  if (!study.dispersion->gapped()) study_static_stiffness(study, largest);
}

ModeStudy study_mode(const ModePoint& point, Eigen::Index mode, bool zero_mode, const PointSettings& settings,
                     Periodogram& periodogram, Vector& spectrum) {
  ModeStudy study;
  study.wavenumber = point.wavenumbers[mode];
  study.zero_mode = zero_mode;
  ModeSpectra spectra;
  spectra.real = point.real(mode);
  spectra.averaged = settings.segments;
  spectra.records = periodograms(point.records, mode, settings.segments, zero_mode, periodogram);
  spectrum = spectra.mean();
  study.power_at_edge = power_at_edge(spectrum);
  study.correlations =
      mode_correlations(point.records, mode, std::min<Eigen::Index>(settings.lags, point.records.front().rows() / 2));
  study.structure_factor = zero_mode ? Estimate{unknown, unknown} : mean_power(point.records, mode, false);
  if (zero_mode) return study;
  if (!spectra.real) study.asymmetry = asymmetry(spectra.records);
  const bool travelling = study.asymmetry && std::abs(study.asymmetry->significance) > 4;
  study.fit = fit_mode(spectra, periodogram, {settings.simulations, settings.seed, travelling});
  return study;
}

}  // namespace

Estimate ModeStudy::pole() const {
  if (!resolved()) return {unknown, unknown};
  const LineFit& best = fit->best;
  if (best.line.overdamped()) return {best.line.rate(), best.rate_error};
  return {std::abs(best.line.frequency), best.frequency_error};
}

const ModeStudy* PointStudy::most_asymmetric() const {
  const auto significance = [](const ModeStudy& mode) { return std::abs(mode.asymmetry->significance); };
  const ModeStudy* largest = nullptr;
  for (const ModeStudy& mode : modes) {
    if (mode.asymmetry && (!largest || significance(mode) > significance(*largest))) largest = &mode;
  }
  return largest;
}

double PointStudy::asymmetry_significance() const {
  const ModeStudy* largest = most_asymmetric();
  return largest ? std::abs(largest->asymmetry->significance) : unknown;
}

double PointStudy::stiffness_deviation() const {
  if (open) return unknown;
  const double error = std::isnan(point.helicity_modulus_error) ? 0 : point.helicity_modulus_error;
  return (stiffness - point.helicity_modulus) / std::hypot(stiffness_error, error);
}

PointStudy study_point(ModePoint point, const PointSettings& settings) {
  PointStudy study;
  const Eigen::Index modes = point.wavenumbers.size();
  const Eigen::Index length = point.records.front().rows() / settings.segments;
  if (length < 64)
    throw std::invalid_argument(
        fmt::format("spectrum.segments = {}: segments of {} snapshots; must be at least 64; "
                    "use fewer segments",
                    settings.segments, length));
  study.records = point.records.size();
  study.duration = point.duration();
  study.open = modes > 2 && point.real(1);
  bool zero_mode = false;
  if (point.wavenumbers[0] == 0) {
    const Drift drift = drift_of(point, 0);
    zero_mode = is_zero_mode(point, 0, drift);
    if (zero_mode) study.drift = drift;
  }
  study.modes.resize(static_cast<std::size_t>(modes));
  std::vector<Vector> spectra(study.modes.size());
  study.longitudinal.resize(point.longitudinal.empty() ? 0 : study.modes.size());
  study.longitudinal_structure_factor = Vector::Constant(modes, unknown);
  tbb::parallel_for(Eigen::Index{0}, modes, [&](Eigen::Index mode) {
    Periodogram periodogram(length, point.interval);
    const auto place = static_cast<std::size_t>(mode);
    study.modes[place] = study_mode(point, mode, zero_mode && mode == 0, settings, periodogram, spectra[place]);
    if (point.longitudinal.empty()) return;
    study.longitudinal[place] =
        periodograms(point.longitudinal, mode, settings.segments, false, periodogram).colwise().mean();
    study.longitudinal_structure_factor[mode] = mean_power(point.longitudinal, mode, true).value;
  });

  const double size = point.number("rotors", point.number("tokens"));
  if (size <= most_sites && all_wavenumbers(point.wavenumbers, size)) {
    ComplexMatrix correlations(modes, study.modes.front().correlations.size());
    for (Eigen::Index mode = 0; mode < modes; ++mode)
      correlations.row(mode) = study.modes[static_cast<std::size_t>(mode)].correlations.transpose();
    study.space = space_correlations(correlations, static_cast<Eigen::Index>(size));
  }
  point.records.clear();
  point.longitudinal.clear();
  study.point = std::move(point);

  const Periodogram periodogram(length, study.point.interval);
  const MapBins map(reach_of(study), settings.bins, periodogram);
  study.frequencies = map.frequencies(periodogram);
  for (std::size_t mode = 0; mode < study.modes.size(); ++mode) study.modes[mode].spectrum = map.of(spectra[mode]);
  for (Vector& spectrum : study.longitudinal) spectrum = map.of(spectrum);

  study_laws(study, settings.largest_wavenumber, settings.tolerance);
  study_stiffness(study, settings.largest_wavenumber);
  return study;
}

}  // namespace softmech
