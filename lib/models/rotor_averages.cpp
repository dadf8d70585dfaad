#include <softmech/models/rotor_averages.hpp>

#include <softmech/statistics/autocorrelation.hpp>
#include <softmech/statistics/derived.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace softmech {

namespace {

/// The columns of the means.
enum Column { m1, m2, m4, e1, e2, stretch, current2, vortices, k1, k2, force2, laplacian, columns };
using Powers = Eigen::RowVector<double, columns>;

Powers powers(const RotorSample& s) {
  const double square = s.magnetization * s.magnetization;
  Powers row;
  row << s.magnetization, square, square * square, s.energy, s.energy * s.energy, s.stretch, s.current2, s.vortices,
      s.kinetic, s.kinetic * s.kinetic, s.force2, s.laplacian;
  return row;
}

double kinetic_temperature(const Vector& m, const RotorEnsemble& at) { return 2 * m[k1] / at.degrees; }

/// The temperature: given, or that of the velocities.
double temperature(const Vector& m, const RotorEnsemble& at) {
  return std::isnan(at.temperature) ? kinetic_temperature(m, at) : at.temperature;
}

double heat_of_phases(const Vector& m, const RotorEnsemble& at) {
  if (!std::isnan(at.temperature)) return specific_heat(m[e1], m[e2], {at.rotors, at.temperature});
  const double fluctuation = at.rotors * (m[k2] - m[k1] * m[k1]) / (m[k1] * m[k1]);
  return at.degrees / 2 * (1 / (1 - at.degrees * fluctuation / 2) - 1);
}

struct RotorQuantity {
  const char* name;
  const char* meaning;
  double (*of)(const Vector& means, const RotorEnsemble& at);
};

constexpr RotorQuantity quantities[] = {
    {"magnetization", "mean of the magnetization |M| per rotor",
     [](const Vector& m, const RotorEnsemble&) { return m[m1]; }},
    {"magnetization2", "mean of M^2", [](const Vector& m, const RotorEnsemble&) { return m[m2]; }},
    {"magnetization4", "mean of M^4", [](const Vector& m, const RotorEnsemble&) { return m[m4]; }},
    {"energy", "mean energy e per rotor of the phases, above the ground state",
     [](const Vector& m, const RotorEnsemble&) { return m[e1]; }},
    {"energy2", "mean of e^2", [](const Vector& m, const RotorEnsemble&) { return m[e2]; }},
    {"kinetic_temperature", "temperature of the velocities, twice their kinetic energy per degree of freedom",
     kinetic_temperature},
    {"configurational_temperature", "temperature of the phases, <|grad V|^2>/<laplacian V>",
     [](const Vector& m, const RotorEnsemble&) { return m[force2] / m[laplacian]; }},
    {"specific_heat", "specific heat of the phases per rotor", heat_of_phases},
    {"susceptibility", "susceptibility N (<M^2> - <|M|>^2)/T per rotor",
     [](const Vector& m, const RotorEnsemble& at) {
       return susceptibility(m[m1], m[m2], {at.rotors, temperature(m, at)});
     }},
    {"helicity_modulus", "helicity modulus: stiffness against a twist",
     [](const Vector& m, const RotorEnsemble& at) { return m[stretch] - m[current2] / temperature(m, at); }},
    {"vortices", "vortices and antivortices per rotor",
     [](const Vector& m, const RotorEnsemble&) { return m[vortices]; }},
};

Autocorrelation slower_of(std::span<const RotorSample> samples) {
  std::vector<double> order, energy;
  for (const RotorSample& sample : samples) {
    order.push_back(sample.magnetization * sample.magnetization);
    energy.push_back(sample.energy);
  }
  const Autocorrelation a = autocorrelation(order), b = autocorrelation(energy);
  return a.time >= b.time ? a : b;
}

}  // namespace

void save(std::span<const RotorSample> samples, std::vector<double>& numbers) {
  numbers.push_back(static_cast<double>(samples.size()));
  for (const RotorSample& s : samples)
    numbers.insert(numbers.end(),
                   {s.magnetization, s.energy, s.stretch, s.current2, s.vortices, s.kinetic, s.force2, s.laplacian});
}

std::vector<RotorSample> restore_rotor_samples(std::span<const double>& numbers) {
  std::vector<RotorSample> samples(static_cast<std::size_t>(numbers.front()));
  numbers = numbers.subspan(1);
  for (RotorSample& s : samples) {
    s = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], numbers[7]};
    numbers = numbers.subspan(8);
  }
  return samples;
}

void record_averages(std::span<const RotorSample> samples, const RotorEnsemble& ensemble, Member& member) {
  const Autocorrelation slower = slower_of(samples);
  // At least 8 blocks, or the error itself is not known.
  const auto length = std::clamp<std::size_t>(static_cast<std::size_t>(slower.block()), 1,
                                              std::max<std::size_t>(1, samples.size() / 8));
  // What is left over at the beginning is nearest to the start and is not used.
  const std::size_t blocks = samples.size() / length;
  samples = samples.last(blocks * length);
  RowMatrix numbers(static_cast<Eigen::Index>(samples.size()), static_cast<Eigen::Index>(columns));
  for (std::size_t i = 0; i < samples.size(); ++i) numbers.row(static_cast<Eigen::Index>(i)) = powers(samples[i]);
  const RowMatrix means = block_means(numbers, static_cast<Eigen::Index>(blocks));
  for (const RotorQuantity& quantity : quantities) {
    const Estimate estimate = jackknife(means, [&](const Vector& mean) { return quantity.of(mean, ensemble); });
    member.record_as_defined(quantity.name, estimate.value, quantity.meaning);
    member.record_as_defined(std::string(quantity.name) + "_error", estimate.error, "standard error");
  }
  member.record("autocorrelation_time", slower.time * ensemble.spacing,
                fmt::format("integrated autocorrelation time, the longer of those of M^2 and e, in {}", ensemble.unit));
}

}  // namespace softmech
