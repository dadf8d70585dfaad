#include <softmech/goldstone/goldstone_report.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t shown_modes = 12;

/// "0.4998 ± 0.0011": two digits of the error.
std::string text(double value, double error) {
  if (std::isnan(value)) return "-";
  if (!(error > 0) || !std::isfinite(error)) return fmt::format("{:.5g}", value);
  if (error < 1e-7 || error >= 1e5) return fmt::format("{:.6g} ± {:.1e}", value, error);
  const int digits = std::max(0, 1 - static_cast<int>(std::floor(std::log10(error))));
  return fmt::format("{:.{}f} ± {:.{}f}", value, digits, error, digits);
}

std::string shape_text(const ModeStudy& mode) {
  if (mode.zero_mode) return "zero mode";
  if (!mode.fit) return "no power";
  if (!mode.fit->best.converged) return "no line found";
  if (!mode.fit->resolved) return fmt::format("below {:.3g}", mode.fit->limit);
  const Line& line = mode.fit->best.line;
  if (line.shape == LineShape::oscillation && line.overdamped()) return "overdamped";
  return std::string(name(line.shape));
}

double linear_frequency(const PointStudy& study, std::size_t mode) {
  return study.point.frequency_linear[static_cast<Eigen::Index>(mode)];
}

/// What linear theory has for the mode's pole: its frequency, or for overdamped modes its slowest rate.
double linear_pole(const PointStudy& study, std::size_t mode) {
  const double frequency = linear_frequency(study, mode);
  const double damping = study.point.damping_linear[static_cast<Eigen::Index>(mode)];
  const ModeStudy& measured = study.modes[mode];
  const bool first_order = frequency == 0;
  const bool rate = measured.resolved() ? measured.fit->best.line.overdamped() : first_order && !measured.zero_mode;
  if (!rate) return frequency;
  return Line{first_order ? LineShape::relaxation : LineShape::oscillation, 1, frequency, damping}.rate();
}

/// The modes that the laws use, thinned, and the first one beyond.
std::string modes_page(const PointStudy& study) {
  std::string page =
      fmt::format("  {:>8}{:>24}{:>10}{:>24}{:>12}  line\n", "k", "w or rate", "linear", "damping", "S(k)");
  const std::size_t stride = (study.modes.size() + shown_modes - 1) / shown_modes;
  for (std::size_t k = 0; k < study.modes.size(); k += stride) {
    const ModeStudy& mode = study.modes[k];
    const LineFit* fit = mode.resolved() ? &mode.fit->best : nullptr;
    const Estimate pole = mode.pole();
    const double value = fit && !fit->line.overdamped() ? fit->line.frequency : pole.value;  // with its sign
    const double linear = linear_pole(study, k);
    page += fmt::format("  {:>8.4g}{:>24}{:>10}{:>24}{:>12.4g}  {}\n", mode.wavenumber, text(value, pole.error),
                        std::isnan(linear) ? "-" : fmt::format("{:.5g}", linear),
                        fit ? text(fit->line.damping, fit->damping_error) : "-", mode.structure_factor.value,
                        shape_text(mode));
  }
  return page;
}

/// How far frequencies and rates are from linear theory, where both are known.
std::string against_linear(const PointStudy& study) {
  double worst = 0, sum = 0;
  int count = 0, rates = 0;
  for (std::size_t k = 0; k < study.modes.size(); ++k) {
    const double linear = std::abs(linear_pole(study, k));
    const Estimate pole = study.modes[k].pole();
    if (!(linear > 0) || std::isnan(pole.value)) continue;
    rates += study.modes[k].fit->best.line.overdamped();
    const double deviation = std::abs(pole.value / linear - 1);
    worst = std::max(worst, deviation), sum += deviation, ++count;
  }
  if (count == 0) return "";
  const char* what = rates == 0 ? "frequencies" : rates == count ? "rates" : "frequencies and rates";
  return fmt::format("  linear theory: {} {} are off by {:.2f} % in the mean, {:.2f} % at most\n", count, what,
                     100 * sum / count, 100 * worst);
}

std::string verdict(const DispersionStudy& study) {
  const bool relaxes = study.data.kind == BranchKind::relaxation;
  const std::string what = relaxes ? "rate" : "frequency";
  const std::string gap = text(study.gap, study.gap_error);
  // what the laws have at k = 0: the square of the frequency, the frequency or the rate
  const std::string constant = fmt::format("{} {}",
                                           relaxes                                     ? "rate at k = 0:"
                                           : study.data.kind == BranchKind::travelling ? "gap ="
                                                                                       : "gap^2 =",
                                           text(study.gap_squared, study.gap_squared_error));
  if (study.flat()) return fmt::format("no soft branch: {} {} at all k", what, gap);
  if (std::isnan(study.gap_squared_error)) return "the gap is not determined: too few modes";
  if (study.contradicts())
    return fmt::format(
        "no law holds down to k = 0 ({}): change fit.largest_wavenumber, or expect effects of the finite size",
        constant);
  if (study.gapped()) return fmt::format("gapped: {} {}", relaxes ? "rate at k = 0:" : "gap =", gap);
  return fmt::format("gapless: {}, {} {:.3g} (95 %)", constant, relaxes ? "below" : "gap <", study.gap_limit);
}

std::string laws_page(const DispersionStudy& study) {
  const Vector& k = study.data.wavenumber;
  std::string page = fmt::format("  {}\n", verdict(study));
  if (!study.flat()) {
    page += fmt::format("  exponent z = {}", text(study.exponent, study.exponent_error));
    if (!std::isnan(study.velocity)) page += fmt::format(", velocity {}", text(study.velocity, study.velocity_error));
    page += "\n";
  }
  page += fmt::format(
      "  best law of {} modes, k = {:.4g} to {:.4g}: {} (weight {:.2f}, chi^2 = {:.1f}, probability {:.2g})", k.size(),
      k.minCoeff(), k.maxCoeff(), study.law().law.name(study.data.kind), study.weights[study.best],
      study.law().chi_squared, study.law().probability);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < study.fits.size(); ++i) {
    if (i != study.best && study.weights[i] > 0.05) order.push_back(i);
  }
  std::ranges::sort(order, std::greater{}, [&study](std::size_t i) { return study.weights[i]; });
  for (const std::size_t i : order)
    page += fmt::format("{} {} {:.2f}", i == order.front() ? "; others:" : ",", study.fits[i].law.name(study.data.kind),
                        study.weights[i]);
  page += "\n";
  if (study.rests_on_tolerance())
    page +=
        fmt::format("  note: errors of the laws from fit.tolerance = {:g}; the data alone say less\n", study.tolerance);
  if (!study.flat() && study.departs_from_power())
    page += study.law().probability < 0.01
                ? "  note: no law fits within the errors: narrow fit.largest_wavenumber, or raise fit.tolerance\n"
                : "  note: not a mere power of 2 sin(k/2): the correction matters within the range\n";
  return page;
}

std::string stiffness_page(const PointStudy& study) {
  std::string page;
  const auto part = [&page](const std::string& name, double value, double error) {
    if (!std::isnan(value)) page += fmt::format("{}{} {}", page.empty() ? "" : ", ", name, text(value, error));
  };
  part("m c^2 =", study.stiffness, study.stiffness_error);
  part("helicity modulus", study.point.helicity_modulus, study.point.helicity_modulus_error);
  part("equipartition", study.static_stiffness, study.static_stiffness_error);
  if (page.empty()) return "";
  const double deviation = study.stiffness_deviation();
  if (!std::isnan(deviation))
    page += fmt::format("; the first two {} ({:+.1f} standard errors)", std::abs(deviation) < 3 ? "agree" : "differ",
                        deviation);
  return "  stiffness: " + page + "\n";
}

std::string point_page(const PointStudy& study, const std::vector<std::string>& varying) {
  std::string page =
      fmt::format("\n{}: {} modes, {} records of duration {:g}, every {:g}\n", study.point.label(varying),
                  study.modes.size(), study.records, study.duration, study.point.interval);
  for (const std::string& note : study.notes()) page += fmt::format("  note: {}\n", note);
  page += modes_page(study) + against_linear(study);
  if (study.dispersion) page += laws_page(*study.dispersion);
  if (study.damping)
    page += fmt::format("  damping ~ k^g with g = {}\n", text(study.damping->exponent, study.damping->exponent_error));
  page += stiffness_page(study);
  if (!std::isnan(study.point.zero_modes))
    page += fmt::format("  zero modes: {:g} found, {:g} expected (dim G/H)\n", study.point.zero_modes,
                        study.point.zero_modes_expected);
  if (study.drift && study.drift->velocity * study.duration > 1e-6)
    page += fmt::format(
        "  k = 0 drifts with velocity {:.3g}; its squared displacement grows as t^{:.2f} (2 ballistic, 1 diffusive)\n",
        study.drift->velocity, study.drift->exponent);
  else if (study.drift)
    page += "  k = 0 rests, though no force holds it: the total momentum is 0\n";
  return page;
}

std::string field_page(const FieldStudy& study) {
  std::string page = fmt::format("\ngap^2 against the field, {}\n", study.label);
  for (Eigen::Index i = 0; i < study.field.size(); ++i)
    page += fmt::format("  {:>10g}{:>28}\n", study.field[i], text(study.gap_squared[i], study.gap_squared_error[i]));
  page += fmt::format(
      "  slope {} (1/m = {:g}), intercept {}{}, probability of the line {:.2g}\n", text(study.slope, study.slope_error),
      study.slope_expected, text(study.intercept, study.intercept_error),
      std::abs(study.intercept) < 2 * study.intercept_error ? ", compatible with 0" : "", study.probability);
  if (!std::isnan(study.exponent))
    page += fmt::format("  gap^2 ~ h^e with e = {}\n", text(study.exponent, study.exponent_error));
  return page;
}

}  // namespace

std::string goldstone_page(const GoldstoneStudy& study) {
  std::string page = fmt::format("{} points\n", study.points.size());
  for (const PointStudy& point : study.points) page += point_page(point, study.varying);
  for (const FieldStudy& field : study.fields) page += field_page(field);
  return page;
}

std::string goldstone_tsv(const GoldstoneStudy& study) {
  std::string table =
      "point\twhere\tk\tfrequency\tfrequency_error\tfrequency_linear\tdamping\tdamping_error\tstructure_factor\t"
      "asymmetry\tasymmetry_error\tline\n";
  for (std::size_t p = 0; p < study.points.size(); ++p) {
    const PointStudy& point = study.points[p];
    const std::string label = point.point.label(study.varying);
    for (std::size_t k = 0; k < point.modes.size(); ++k) {
      const ModeStudy& mode = point.modes[k];
      const LineFit* fit = mode.resolved() ? &mode.fit->best : nullptr;
      const bool wave = fit && fit->line.shape != LineShape::relaxation;
      table += fmt::format("{}\t{}\t{:.10g}\t{:.10g}\t{:.4g}\t{:.10g}\t{:.10g}\t{:.4g}\t{:.10g}\t{:.6g}\t{:.4g}\t{}\n",
                           p, label, mode.wavenumber, wave ? fit->line.frequency : unknown,
                           wave ? fit->frequency_error : unknown, linear_frequency(point, k),
                           fit ? fit->line.damping : unknown, fit ? fit->damping_error : unknown,
                           mode.structure_factor.value, mode.asymmetry ? mode.asymmetry->value : unknown,
                           mode.asymmetry ? mode.asymmetry->error : unknown, shape_text(mode));
    }
  }
  return table;
}

}  // namespace softmech
