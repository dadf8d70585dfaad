#include <softmech/models/rotor_run.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace softmech {

void record_coordinates(const RotorSettings& rotors, Member& member) {
  const auto unless = [](bool unused, double value) {
    return unused ? std::numeric_limits<double>::quiet_NaN() : value;
  };
  const bool ranged = rotors.kernel == "window" || rotors.kernel == "exponential";
  member.coordinate("rotors", rotors.rotors, "number of rotors N");
  member.coordinate("length", rotors.sites().columns, "number of rotors along a side of the lattice");
  member.coordinate("temperature", rotors.temperature, "temperature T");
  member.coordinate("lattice", rotors.lattice, "lattice of the rotors");
  member.coordinate("kernel", rotors.kernel, "coupling against the distance");
  member.coordinate_as_defined("alpha", unless(rotors.kernel != "power", rotors.alpha), "exponent of the coupling");
  member.coordinate_as_defined("range", unless(!ranged, rotors.range), "range of the coupling");
  member.coordinate("dynamics", rotors.dynamics, "how states are sampled");
  const bool moves = rotors.dynamics != "cluster";
  member.coordinate("boundary", rotors.boundary, "ends of the lattice");
  member.coordinate("twist", rotors.twist_per_site(), "twist Omega per site");
  member.coordinate("field", rotors.field, "field h");
  member.coordinate_as_defined("mass", unless(!rotors.has_momenta(), rotors.mass), "mass m");
  member.coordinate_as_defined("friction", unless(!moves, rotors.friction_of_motion()), "friction of the motion");
}

RotorRun::RotorRun(const RotorSettings& rotors, const RotorSamplingSettings& sampling, bool correlations,
                   Member& member)
    : sampling_(sampling),
      lattice_(rotors.sites()),
      temperature_(rotors.temperature),
      cluster_(rotors.coupling(), rotors.temperature),
      field_(rotors.coupling(), rotors.temperature),
      random_(member.random("clusters")),
      rotors_(static_cast<std::size_t>(rotors.rotors)) {
  RandomStream start = member.random("start");
  for (Rotor& rotor : rotors_) {
    const double phase = 2 * std::numbers::pi * start.uniform();
    rotor = {std::cos(phase), std::sin(phase)};
  }
  if (correlations) correlations_.emplace(lattice_, true, sampling.sweeps);
  if (const auto checkpoint = member.resume()) restore(*checkpoint);
}

double RotorRun::done() const {
  return static_cast<double>(sweeps_done_) / static_cast<double>(sampling_.thermalize + sampling_.sweeps);
}

void RotorRun::thermalize() {
  if (2 * sweeps_done_ <= sampling_.thermalize) clusters_ = reflected_ = 0;
  for (std::int64_t reflected = 0; reflected < size(); ++clusters_) {
    const std::int64_t cluster = cluster_.flip(rotors_, random_);
    reflected += cluster;
    reflected_ += cluster;
  }
}

void RotorRun::sweep() {
  random_.seek(static_cast<std::uint64_t>(sweeps_done_) << 32);  // a stream per sweep: nothing of it to save
  if (sweeps_done_ < sampling_.thermalize) {
    thermalize();
  } else {
    const double mean_size = static_cast<double>(reflected_) / static_cast<double>(clusters_);
    const auto clusters = std::max<std::int64_t>(1, std::lround(static_cast<double>(size()) / mean_size));
    for (std::int64_t i = 0; i < clusters; ++i) cluster_.flip(rotors_, random_);
  }
  ++sweeps_done_;
  for (Rotor& rotor : rotors_) {  // against the slow growth of rounding errors
    const double correction = (3 - rotor.cosine * rotor.cosine - rotor.sine * rotor.sine) / 2;
    rotor.cosine *= correction;
    rotor.sine *= correction;
  }
  if (sweeps_done_ <= sampling_.thermalize) return;
  const RotorInteraction interaction = field_.measure(rotors_);
  samples_.push_back({.magnetization = magnetization(rotors_),
                      .energy = interaction.energy,
                      .stretch = interaction.stretch,
                      .current2 = interaction.current2,
                      .vortices = vortex_density(rotors_, lattice_)});
  if (correlations_) correlations_->add(rotors_);
}

void RotorRun::finish(Member& member) const {
  record_averages(samples_,
                  {.rotors = static_cast<double>(size()), .temperature = temperature_, .spacing = 1, .unit = "sweeps"},
                  member);
  if (correlations_) correlations_->finish(member);
  if (!sampling_.series) return;
  std::vector<double> magnetizations, energies;
  for (const RotorSample& sample : samples_) {
    magnetizations.push_back(sample.magnetization);
    energies.push_back(sample.energy);
  }
  const Axis axis = index_axis("sample", samples_.size(), "sample");
  member.record("magnetization_series", magnetizations, axis, "magnetization |M| of every sample");
  member.record("energy_series", energies, axis, "energy per rotor of every sample");
}

std::vector<double> RotorRun::save() const {
  std::vector<double> numbers{static_cast<double>(sweeps_done_), static_cast<double>(clusters_),
                              static_cast<double>(reflected_)};
  for (const Rotor& rotor : rotors_) numbers.insert(numbers.end(), {rotor.cosine, rotor.sine});
  softmech::save(samples_, numbers);
  if (!correlations_) return numbers;
  const std::vector<double> correlations = correlations_->save();
  numbers.insert(numbers.end(), correlations.begin(), correlations.end());
  return numbers;
}

void RotorRun::restore(std::span<const double> saved) {
  sweeps_done_ = static_cast<std::int64_t>(saved[0]);
  clusters_ = static_cast<std::int64_t>(saved[1]);
  reflected_ = static_cast<std::int64_t>(saved[2]);
  std::span<const double> rest = saved.subspan(3);
  for (Rotor& rotor : rotors_) {
    rotor = {rest[0], rest[1]};
    rest = rest.subspan(2);
  }
  samples_ = restore_rotor_samples(rest);
  if (correlations_) correlations_->restore(rest);
}

}  // namespace softmech
