#include <softmech/goldstone/dispersion.hpp>

#include <softmech/statistics/information_criteria.hpp>
#include <softmech/statistics/least_squares.hpp>

#include <boost/math/tools/minima.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

using Exponent = DispersionLaw::Exponent;
using Correction = DispersionLaw::Correction;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr double least_power = 0.15;
constexpr double lead = 4;                        // in AICc, that a law must have over simpler ones
constexpr double normal_95 = 1.6448536269514722;  // one-sided

Vector lattice(const Vector& wavenumber) { return 2 * (wavenumber.array() / 2).sin(); }

double hydrodynamic(BranchKind kind) { return kind == BranchKind::travelling ? 1 : 2; }
/// z/p.
double exponent_share(BranchKind kind) { return kind == BranchKind::waves ? 0.5 : 1; }

/// What a law is a linear combination of at given p: D, a, b or ab.
Matrix design(const DispersionLaw& law, const Vector& kappa, double power) {
  Matrix columns(kappa.size(), 3);
  Eigen::Index count = 0;
  if (law.gap || law.exponent == Exponent::none) columns.col(count++).setOnes();
  if (law.exponent != Exponent::none) columns.col(count++) = kappa.array().pow(power);
  if (law.correction == Correction::range) columns.col(count++) = kappa.array().pow(power + 2);
  if (law.correction == Correction::analytic) columns.col(count++) = kappa.array().square();
  return columns.leftCols(count);
}

/// χ² of the best linear coefficients at p; ∞ where they are not determined.
double chi_squared_at(const DispersionLaw& law, const Vector& kappa, const Vector& y, const Vector& error, double p) {
  try {
    return fit_linear(design(law, kappa, p), y, error).chi_squared;
  } catch (const std::invalid_argument&) {
    return std::numeric_limits<double>::infinity();
  }
}

/// The p of least χ²: the best of a scan from least_power on, below which κ^p is hardly to be told from a gap; refined.
double best_power(const DispersionLaw& law, const Vector& kappa, const Vector& y, const Vector& error, double most) {
  constexpr int steps = 60;
  const double step = (most - least_power) / steps;
  double best = most, least = std::numeric_limits<double>::infinity();
  for (int i = 1; i < steps; ++i) {
    const double p = least_power + step * i, chi_squared = chi_squared_at(law, kappa, y, error, p);
    if (chi_squared < least) least = chi_squared, best = p;
  }
  const auto target = [&](double p) { return chi_squared_at(law, kappa, y, error, p); };
  return boost::math::tools::brent_find_minima(target, best - step, best + 0.99 * step, 40).first;
}

DispersionFit fit_law(const DispersionLaw& law, const DispersionData& data, const Vector& y, const Vector& error) {
  DispersionFit fit;
  fit.law = law;
  if (data.value.size() < law.coefficients()) return fit;
  const Vector kappa = lattice(data.wavenumber);
  const bool free = law.exponent == Exponent::free;
  const double highest = law.correction == Correction::analytic ? 2 : 6;
  fit.power = free ? best_power(law, kappa, y, error, highest) : hydrodynamic(data.kind);
  const LinearFit linear = fit_linear(design(law, kappa, fit.power), y, error);
  LeastSquaresFit full = linear;
  if (free) {  // the same minimum, with p among the coefficients for the covariance
    const auto model = [&](const Vector& c) -> Vector {
      return design(law, kappa, c[c.size() - 1]) * c.head(c.size() - 1);
    };
    Vector start(linear.coefficients.size() + 1);
    start << linear.coefficients, fit.power;
    full = fit_least_squares(model, y, error, start);
    fit.power = full.coefficients[start.size() - 1];
    fit.power_error = full.scaled_error(start.size() - 1);
    if (fit.power < least_power || fit.power > highest) return fit;
  }
  Eigen::Index next = 0;
  if (law.gap || law.exponent == Exponent::none) {
    fit.constant = full.coefficients[next];
    fit.constant_error = full.scaled_error(next++);
  }
  if (law.exponent != Exponent::none) {
    fit.amplitude = full.coefficients[next];
    fit.amplitude_error = full.scaled_error(next++);
    if (!(fit.amplitude > 0)) return fit;
  }
  if (law.correction != Correction::none) fit.correction = full.coefficients[next];
  if (law.correction == Correction::range) fit.correction /= fit.amplitude;
  fit.chi_squared = full.chi_squared;
  fit.probability = full.probability();
  fit.aicc = corrected_akaike(full.chi_squared, law.coefficients(), data.value.size());
  return fit;
}

DispersionFit fit_law_if_possible(const DispersionLaw& law, const DispersionData& data, const Vector& y,
                                  const Vector& error) {
  try {
    return fit_law(law, data, y, error);
  } catch (const std::exception&) {  // the values do not determine all coefficients
    DispersionFit fit;
    fit.law = law;
    return fit;
  }
}

/// The fit with the lowest AICc that `wanted` holds for; nothing if none is finite.
template <class Wanted>
const DispersionFit* best_of(const std::vector<DispersionFit>& fits, Wanted&& wanted) {
  const DispersionFit* best = nullptr;
  for (const DispersionFit& fit : fits) {
    if (std::isfinite(fit.aicc) && wanted(fit.law) && (!best || fit.aicc < best->aicc)) best = &fit;
  }
  return best;
}

/// The law of fewest coefficients whose AICc is within `lead` of the lowest, and of those the one with the lowest.
std::size_t simplest_of(const std::vector<DispersionFit>& fits, const std::vector<double>& criteria) {
  const double highest = *std::ranges::min_element(criteria) + lead;
  const auto better = [&](std::size_t a, std::size_t b) {
    const int more = fits[a].law.coefficients() - fits[b].law.coefficients();
    return more < 0 || (more == 0 && criteria[a] < criteria[b]);
  };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < fits.size(); ++i) {
    if (criteria[i] <= highest && (!best || better(i, *best))) best = i;
  }
  return *best;
}

void state_gap(DispersionStudy& study, const DispersionFit* gapped) {
  study.gap_squared = study.gap_squared_error = study.gap = study.gap_error = study.gap_limit = unknown;
  if (!gapped) return;
  const bool square = study.data.kind == BranchKind::waves;
  const auto root = [square](double y) { return square ? std::sqrt(std::max(y, 0.0)) : y; };
  study.gap_squared = gapped->constant;
  study.gap_squared_error = gapped->constant_error;
  study.gap = root(gapped->constant);
  study.gap_error = root(std::max(square ? 0.0 : -1e300, gapped->constant) + gapped->constant_error) - study.gap;
  study.gap_limit = root(std::max(gapped->constant, 0.0) + normal_95 * gapped->constant_error);
}

}  // namespace

std::string_view name(BranchKind kind) {
  switch (kind) {
    case BranchKind::waves:
      return "waves";
    case BranchKind::relaxation:
      return "relaxation";
    case BranchKind::travelling:
      return "travelling";
  }
  return "";
}

int DispersionLaw::coefficients() const {
  if (exponent == Exponent::none) return 1;
  return 1 + gap + (exponent == Exponent::free) + (correction != Correction::none);
}

std::string DispersionLaw::name(BranchKind kind) const {
  if (exponent == Exponent::none) return "flat";
  std::string text = gap ? "gapped " : "";
  text += exponent == Exponent::free ? "power" : kind == BranchKind::relaxation ? "quadratic" : "linear";
  if (correction == Correction::range) text += ", range";
  if (correction == Correction::analytic) text += ", analytic";
  return text;
}

std::vector<DispersionLaw> dispersion_laws() {
  std::vector<DispersionLaw> laws{{false, Exponent::none, Correction::none}};
  for (const bool gap : {false, true}) {
    laws.push_back({gap, Exponent::hydrodynamic, Correction::none});
    laws.push_back({gap, Exponent::free, Correction::none});
    laws.push_back({gap, Exponent::hydrodynamic, Correction::range});
    laws.push_back({gap, Exponent::free, Correction::range});
    laws.push_back({gap, Exponent::free, Correction::analytic});
  }
  return laws;
}

double DispersionFit::at(double wavenumber) const {
  const double kappa = 2 * std::sin(wavenumber / 2);
  if (law.exponent == Exponent::none) return constant;
  const double soft = amplitude * std::pow(kappa, power);
  if (law.correction == Correction::analytic) return constant + soft + correction * kappa * kappa;
  return constant + soft * (1 + correction * kappa * kappa);
}

bool DispersionStudy::departs_from_power() const {
  return law().law.correction != Correction::none || law().probability < 0.01;
}

bool DispersionStudy::rests_on_tolerance() const {
  const auto moving = data.wavenumber.array() > 0;
  return 2 * (moving && data.error.array() < tolerance * data.value.array().abs()).count() > moving.count();
}

DispersionStudy study_dispersion(const DispersionData& data, double tolerance) {
  if (data.value.size() < 3)
    throw std::invalid_argument(
        fmt::format("dispersion of {} wavenumbers: must be at least 3; record more modes or "
                    "raise fit.largest_wavenumber",
                    data.value.size()));
  require_errors(data.error);
  const bool square = data.kind == BranchKind::waves;
  const Vector size = data.value.cwiseAbs();
  const Vector y = square ? Vector(size.cwiseAbs2()) : size;
  const Vector allowed = (data.wavenumber.array() > 0).select(tolerance * size, 0.0);
  const Vector spread = (data.error.cwiseAbs2() + allowed.cwiseAbs2()).cwiseSqrt();
  const Vector error = square ? Vector(2 * size.cwiseProduct(spread)) : spread;

  DispersionStudy study;
  study.data = data;
  study.tolerance = tolerance;
  std::vector<double> criteria;
  for (const DispersionLaw& law : dispersion_laws()) {
    study.fits.push_back(fit_law_if_possible(law, data, y, error));
    criteria.push_back(study.fits.back().aicc);
  }
  study.weights = criterion_weights(criteria);
  study.best = simplest_of(study.fits, criteria);

  const DispersionLaw best = study.law().law;
  state_gap(study, study.flat() ? &study.law() : best_of(study.fits, [&best](const DispersionLaw& law) {
              return law.gap && law.exponent == best.exponent && law.correction == best.correction;
            }));
  study.exponent = study.exponent_error = study.velocity = study.velocity_error = unknown;
  if (study.flat()) return study;
  const double share = exponent_share(data.kind);
  if (const auto* free = best_of(study.fits, [&best](const DispersionLaw& law) {
        return law.gap == best.gap && law.exponent == Exponent::free && law.correction == best.correction;
      })) {
    study.exponent = share * free->power;
    study.exponent_error = share * free->power_error;
  }
  const auto* sound = best_of(study.fits, [&best](const DispersionLaw& law) {
    return law.gap == best.gap && law.exponent == Exponent::hydrodynamic;
  });
  const bool linear = best.exponent == Exponent::hydrodynamic ||
                      std::abs(study.exponent - 1) < std::max(0.03, 2 * study.exponent_error);
  if (sound && linear && !study.contradicts() && data.kind != BranchKind::relaxation) {
    study.velocity = square ? std::sqrt(sound->amplitude) : sound->amplitude;
    study.velocity_error = square ? sound->amplitude_error / (2 * study.velocity) : sound->amplitude_error;
  }
  return study;
}

std::optional<PowerLaw> fit_power_law(const Vector& wavenumber, const Vector& value, const Vector& error) {
  if (value.size() < 3) return std::nullopt;
  const DispersionFit fit = fit_law_if_possible({false, Exponent::free, Correction::none},
                                                {BranchKind::relaxation, wavenumber, value, error}, value, error);
  if (!std::isfinite(fit.chi_squared) || !(fit.amplitude > 0)) return std::nullopt;
  return PowerLaw{fit.amplitude, fit.power, fit.power_error, fit.probability};
}

}  // namespace softmech
