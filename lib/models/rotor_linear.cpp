#include <softmech/models/rotor_linear.hpp>

#include <softmech/models/rotor_modes.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

using Eigen::Index;

constexpr Index most_dense = 2048;

/// Waves that run one way and the other.
Vector both_ways(const Vector& band, Index sites) {
  Vector all(sites);
  for (Index n = 0; n < sites; ++n) all[n] = band[std::min(n, sites - n)];
  std::ranges::sort(all);
  return all;
}

bool is_translation_invariant(const RotorSettings& rotors) {
  return rotors.boundary == "periodic" && rotors.lattice == "chain" && !rotors.has_file() &&
         (rotors.field == 0 || rotors.twist_per_site() == 0);
}

std::string stability_of(const ModeSpectrum& spectrum) {
  return spectrum.messages.empty() ? "stable" : fmt::format("{}", fmt::join(spectrum.messages, "; "));
}

}  // namespace

RotorLinearTheory rotor_linear_theory(const RotorSystem& system) {
  const RotorSettings& rotors = system.settings();
  RotorLinearTheory theory;
  theory.mass = system.mass();
  theory.friction = system.friction();
  theory.second_order = rotors.has_momenta();
  theory.broken_generators = rotors.field == 0 ? 1 : 0;
  Vector all;
  if (is_translation_invariant(rotors)) {
    theory.squared_frequency = rotor_band(system).squared_frequency;
    all = both_ways(theory.squared_frequency, system.rotors());
    const ModeSpectrum spectrum = hessian_spectrum(system.mass() * all, theory.broken_generators);
    theory.zero_modes = spectrum.zero;
    theory.stability = stability_of(spectrum);
  } else if (system.rotors() <= most_dense) {
    const RotorModes modes = rotor_modes(system);
    all = modes.squared_frequency;
    theory.zero_modes = modes.spectrum.zero;
    theory.stability = stability_of(modes.spectrum);
    if (rotors.boundary == "open" && rotors.lattice == "chain") theory.squared_frequency = all;
  } else {
    theory.stability = fmt::format("not known: more than {} rotors without translation invariance", most_dense);
    return theory;
  }
  const double fastest = std::max(0.0, all.maxCoeff());
  theory.largest_frequency = theory.second_order ? std::sqrt(fastest) : system.mass() * fastest / system.friction();
  return theory;
}

void RotorLinearTheory::record(Member& member) const {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  member.record_as_defined("zero_modes", zero_modes ? static_cast<double>(*zero_modes) : unknown,
                           "modes of frequency 0 about the state at rest");
  member.record("zero_modes_expected", broken_generators, "broken generators of the symmetry, dim G/H");
  member.record("stability", stability, "linear theory of the state at rest");
}

void RotorLinearTheory::record_band(const std::vector<Index>& numbers, Member& member) const {
  const auto count = static_cast<Index>(numbers.size());
  Vector frequency = Vector::Constant(count, std::numeric_limits<double>::quiet_NaN()), damping = frequency;
  for (Index i = 0; i < count && squared_frequency.size() > 0; ++i) {
    const double square = squared_frequency[numbers[static_cast<std::size_t>(i)]];
    frequency[i] = second_order ? std::sqrt(std::max(0.0, square)) : 0;
    damping[i] = second_order ? friction / mass : mass * square / friction;
  }
  const Axis mode = index_axis("mode", numbers.size(), "number of the recorded wavenumber");
  member.record_as_defined("frequency_linear", frequency, mode, "frequency of linear theory");
  member.record_as_defined("damping_linear", damping, mode, "damping of linear theory");
}

}  // namespace softmech
