#include <softmech/models/rotor_start.hpp>

#include <softmech/models/rotor_cluster.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>
#include <stdexcept>
#include <vector>

namespace softmech {

namespace {

using Eigen::Index;

/// Clusters from aligned rotors: after so many sweeps nothing is left of the start.
constexpr int sweeps = 200;

Vector random_phases(Index count, RandomStream& random) {
  Vector phases(count);
  for (double& phase : phases) phase = 2 * std::numbers::pi * random.uniform();
  return phases;
}

Vector phases_of(std::span<const Rotor> rotors) {
  Vector phases(std::ssize(rotors));
  for (Index i = 0; i < phases.size(); ++i) {
    const Rotor& rotor = rotors[static_cast<std::size_t>(i)];
    phases[i] = std::atan2(rotor.sine, rotor.cosine);
  }
  return phases;
}

/// Phases in equilibrium at the temperature T of the rotors, or where a total energy per rotor U is given, at the one
/// at which T/2 + e(T) = U: T goes towards what the velocities have left, in steps that shrink (Robbins & Monro, Ann.
/// Math. Stat. 22 (1951) 400) and are small against the specific heat's fastest change.
Vector equilibrium_phases(const RotorSystem& system, const std::optional<double>& energy, RandomStream& random) {
  const RotorSettings& settings = system.settings();
  std::vector<Rotor> rotors(static_cast<std::size_t>(settings.rotors));
  double temperature = settings.temperature;
  RotorCluster cluster(settings.coupling(), temperature);
  int clusters = 0;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    // First as many as reflect N rotors, then a fixed number: see RotorRun.
    if (2 * sweep < sweeps) {
      for (std::int64_t reflected = 0; reflected < settings.rotors; ++clusters)
        reflected += cluster.flip(rotors, random);
    } else {
      for (int i = 0; i <= 2 * clusters / sweeps; ++i) cluster.flip(rotors, random);
    }
    if (!energy) continue;
    const double potential = system.potential(phases_of(rotors)) / static_cast<double>(settings.rotors);
    const double left = std::max(2 * (*energy - potential), 1e-3 * *energy);
    temperature += (left - temperature) / (5 + 0.25 * sweep);
    cluster = RotorCluster(settings.coupling(), temperature);
  }
  return phases_of(rotors);
}

}  // namespace

void RotorStartSettings::declare(Keys& k) {
  k.add("start.kind", kind,
        "phases at depth 0 of a motion: the helix of model.twist (without a twist aligned), all aligned, random, or in "
        "equilibrium at model.temperature, by clusters",
        {.words = {"helix", "aligned", "random", "equilibrium"}});
  k.add(
      "start.energy", energy,
      "microcanonical: energy per rotor above the ground state, kinetic energy included; velocities are scaled to it, "
      "and \"equilibrium\" takes the temperature that belongs to it (default: the energy that model.temperature "
      "brings)",
      {.above = 0, .sweep = true});
  k.add("start.thermalize", thermalize,
        "microcanonical: depth of Langevin motion at model.temperature before depth 0; 0: none", {.at_least = 0});
  k.add("start.friction", friction, "friction of this Langevin motion", {.above = 0});
}

void RotorStartSettings::check(const RotorSettings& rotors) const {
  const auto refuse = [](std::string message) { throw std::invalid_argument(std::move(message)); };
  const bool conserves = rotors.dynamics == "microcanonical";
  if (!conserves && (energy || thermalize != 0 || friction != RotorStartSettings().friction)) {
    refuse(
        fmt::format("start.energy, start.thermalize or start.friction with model.dynamics = \"{}\": are for "
                    "\"microcanonical\"; leave them out",
                    rotors.dynamics));
  }
  if (thermalize == 0 && friction != RotorStartSettings().friction)
    refuse(fmt::format("start.friction = {} without start.thermalize: set a depth of Langevin motion", friction));
  if (kind == "equilibrium") rotors.require_clusters("start.kind = \"equilibrium\"");
}

State RotorStartSettings::of(const RotorSystem& system, RandomStream random) const {
  const RotorSettings& rotors = system.settings();
  State state;
  if (kind == "random") {
    state.position = random_phases(rotors.rotors, random);
  } else if (kind == "equilibrium") {
    state.position = equilibrium_phases(system, energy, random);
  } else if (kind == "aligned") {
    state.position = Vector::Zero(rotors.rotors);
  } else {
    state.position = system.helix();
  }
  state.velocity.resize(rotors.rotors);
  for (double& v : state.velocity) v = std::sqrt(rotors.temperature / rotors.mass) * random.normal();
  return state;
}

void RotorStartSettings::settle(const RotorSystem& system, State& state) const {
  const RotorSettings& rotors = system.settings();
  if (rotors.field == 0) state.velocity.array() -= state.velocity.mean();
  if (!energy) return;
  const double potential = system.potential(state.position);
  const double wanted = *energy * static_cast<double>(rotors.rotors);
  if (wanted < potential) {
    throw std::invalid_argument(
        fmt::format("start.energy = {}: must be at least the {} per rotor of the phases alone; take a lower "
                    "model.temperature for their start",
                    *energy, potential / static_cast<double>(rotors.rotors)));
  }
  const double kinetic = 0.5 * system.mass() * state.velocity.squaredNorm();
  state.velocity *= std::sqrt((wanted - potential) / kinetic);
}

}  // namespace softmech
