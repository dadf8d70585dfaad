#include <softmech/models/rotor_averages.hpp>

#include <softmech/statistics/autocorrelation.hpp>
#include <softmech/statistics/derived.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace softmech {

namespace {

/// The columns of the means: |M|, M², M⁴, e, e², Υ.
constexpr Eigen::Index columns = 6;
using Powers = Eigen::RowVector<double, columns>;

Powers powers(const RotorSample& s) {
  const double m2 = s.magnetization * s.magnetization;
  return {s.magnetization, m2, m2 * m2, s.energy, s.energy * s.energy, s.helicity_modulus};
}

struct RotorQuantity {
  const char* name;
  const char* meaning;
  double (*of)(const Vector& means, const DerivedContext& at);
};

constexpr RotorQuantity quantities[] = {
    {"magnetization", "mean of the magnetization |M| per rotor",
     [](const Vector& m, const DerivedContext&) { return m[0]; }},
    {"magnetization2", "mean of M^2", [](const Vector& m, const DerivedContext&) { return m[1]; }},
    {"magnetization4", "mean of M^4", [](const Vector& m, const DerivedContext&) { return m[2]; }},
    {"energy", "mean energy e per rotor, above aligned rotors",
     [](const Vector& m, const DerivedContext&) { return m[3]; }},
    {"energy2", "mean of e^2", [](const Vector& m, const DerivedContext&) { return m[4]; }},
    {"specific_heat", "specific heat N (<e^2> - <e>^2)/T^2 per rotor, of the phases alone",
     [](const Vector& m, const DerivedContext& at) { return specific_heat(m[3], m[4], at); }},
    {"susceptibility", "susceptibility N (<M^2> - <|M|>^2)/T per rotor",
     [](const Vector& m, const DerivedContext& at) { return susceptibility(m[0], m[1], at); }},
    {"helicity_modulus", "helicity modulus: stiffness against a twist",
     [](const Vector& m, const DerivedContext&) { return m[5]; }},
};

Autocorrelation slower_of(std::span<const RotorSample> samples) {
  std::vector<double> m2, e;
  for (const RotorSample& sample : samples) {
    m2.push_back(sample.magnetization * sample.magnetization);
    e.push_back(sample.energy);
  }
  const Autocorrelation order = autocorrelation(m2), energy = autocorrelation(e);
  return order.time >= energy.time ? order : energy;
}

}  // namespace

void record_averages(std::span<const RotorSample> samples, double rotors, double temperature, Member& member) {
  const Autocorrelation slower = slower_of(samples);
  // At least 8 blocks, or the error itself is not known.
  const auto length = std::clamp<std::size_t>(static_cast<std::size_t>(slower.block()), 1,
                                              std::max<std::size_t>(1, samples.size() / 8));
  // What is left over at the beginning is nearest to the start and is not used.
  const std::size_t blocks = samples.size() / length;
  samples = samples.last(blocks * length);
  RowMatrix numbers(static_cast<Eigen::Index>(samples.size()), columns);
  for (std::size_t i = 0; i < samples.size(); ++i) numbers.row(static_cast<Eigen::Index>(i)) = powers(samples[i]);
  const RowMatrix means = block_means(numbers, static_cast<Eigen::Index>(blocks));
  for (const RotorQuantity& quantity : quantities) {
    const Estimate estimate = jackknife(means, [&](const Vector& mean) {
      return quantity.of(mean, {rotors, temperature});
    });
    member.record_as_defined(quantity.name, estimate.value, quantity.meaning);
    member.record_as_defined(std::string(quantity.name) + "_error", estimate.error, "standard error");
  }
  member.record("autocorrelation_time", slower.time,
                "integrated autocorrelation time, the longer of those of M^2 and e, in sweeps");
}

}  // namespace softmech
