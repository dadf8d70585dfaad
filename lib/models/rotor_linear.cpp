#include <softmech/models/rotor_linear.hpp>

#include <softmech/models/rotor_modes.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace softmech {

namespace {

using Eigen::Index;

/// What counts as 0 of a band, whose frequencies have no error but rounding: below the longest wave of any chain.
constexpr double band_tolerance = 1e-14;
constexpr double least_share = 0.8;

/// Waves that run one way and the other.
Vector both_ways(const Vector& band, Index sites) {
  Vector all(sites);
  for (Index n = 0; n < sites; ++n) all[n] = band[std::min(n, sites - n)];
  std::ranges::sort(all);
  return all;
}

bool is_translation_invariant(const RotorSystem& system) {
  const RotorSettings& rotors = system.settings();
  return rotors.boundary == "periodic" && rotors.lattice == "chain" && system.coupling().has_value() &&
         (rotors.field == 0 || rotors.twist_per_site() == 0);
}

/// ω² of the cosine waves of an open chain: that of the mode which is nearly this wave.
Vector open_band(const RotorModes& modes) {
  const Index sites = modes.squared_frequency.size();
  Matrix waves(sites, sites);
  for (Index n = 0; n < sites; ++n)
    for (Index j = 0; j < sites; ++j)
      waves(j, n) = std::cos(std::numbers::pi * static_cast<double>(n) * (static_cast<double>(j) + 0.5) /
                             static_cast<double>(sites));
  waves.colwise().normalize();
  const Matrix shares = (waves.transpose() * modes.vectors).cwiseAbs2();  // wave × mode
  Vector band(sites);
  for (Index n = 0; n < sites; ++n) {
    Index mode = 0;
    const double share = shares.row(n).maxCoeff(&mode);
    band[n] = share > least_share ? modes.squared_frequency[mode] : std::numeric_limits<double>::quiet_NaN();
  }
  return band;
}

std::string stability_of(const ModeSpectrum& spectrum) {
  return spectrum.messages.empty() ? "stable" : fmt::format("{}", fmt::join(spectrum.messages, "; "));
}

}  // namespace

RotorLinearTheory rotor_linear_theory(const RotorSystem& system, Index most_dense) {
  const RotorSettings& rotors = system.settings();
  RotorLinearTheory theory;
  theory.mass = system.mass();
  theory.friction = system.friction();
  theory.second_order = rotors.has_momenta();
  theory.broken_generators = rotors.field == 0 ? 1 : 0;
  Vector all;
  if (is_translation_invariant(system)) {
    theory.squared_frequency = rotor_band(system).squared_frequency;
    all = both_ways(theory.squared_frequency, system.rotors());
    const ModeSpectrum spectrum = hessian_spectrum(system.mass() * all, theory.broken_generators, {}, band_tolerance);
    theory.zero_modes = spectrum.zero;
    theory.stability = stability_of(spectrum);
  } else if (system.rotors() <= most_dense) {
    const RotorModes modes = rotor_modes(system);
    all = modes.squared_frequency;
    theory.zero_modes = modes.spectrum.zero;
    theory.stability = stability_of(modes.spectrum);
    if (rotors.boundary == "open" && rotors.lattice == "chain") theory.squared_frequency = open_band(modes);
  } else {
    return theory;
  }
  const double fastest = all.cwiseAbs().maxCoeff();
  theory.largest_frequency = theory.second_order ? std::sqrt(fastest) : system.mass() * fastest / system.friction();
  return theory;
}

void RotorLinearTheory::record(Member& member) const {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  member.record_as_defined("zero_modes", zero_modes ? static_cast<double>(*zero_modes) : unknown,
                           "modes of frequency 0 about the state at rest");
  member.record("zero_modes_expected", broken_generators, "broken generators of the symmetry, dim G/H");
  member.record("stability", zero_modes ? stability : "not known", "linear theory of the state at rest");
}

void RotorLinearTheory::record_band(const std::vector<Index>& numbers, Member& member) const {
  const auto count = static_cast<Index>(numbers.size());
  Vector frequency = Vector::Constant(count, std::numeric_limits<double>::quiet_NaN()), damping = frequency;
  for (Index i = 0; i < count && squared_frequency.size() > 0; ++i) {
    const double square = squared_frequency[numbers[static_cast<std::size_t>(i)]];
    if (std::isnan(square)) continue;
    frequency[i] = second_order ? std::sqrt(std::max(0.0, square)) : 0;
    damping[i] = second_order ? friction / mass : mass * square / friction;
  }
  const Axis mode = index_axis("mode", numbers.size(), "number of the recorded wavenumber");
  member.record_as_defined("frequency_linear", frequency, mode, "frequency of linear theory");
  member.record_as_defined("damping_linear", damping, mode, "damping of linear theory");
}

}  // namespace softmech
