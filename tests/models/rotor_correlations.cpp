#include <softmech/ensemble/member.hpp>
#include <softmech/models/rotor_correlations.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using namespace softmech;

namespace {

std::vector<Rotor> rotors_of(const std::vector<double>& phases) {
  std::vector<Rotor> rotors;
  for (const double phase : phases) rotors.push_back({std::cos(phase), std::sin(phase)});
  return rotors;
}

/// Phases without any order in them.
std::vector<double> random_phases(std::size_t count, std::uint64_t seed) {
  RandomStream random(seed, 0, "phases");
  std::vector<double> phases(count);
  for (double& phase : phases) phase = 2 * std::numbers::pi * random.uniform();
  return phases;
}

const std::vector<double>& recorded(const Dataset& data, std::string_view name) { return data.at(name).as<double>(); }

}  // namespace

TEST_CASE("a vortex and its antivortex are two, on any background", "[rotors]") {
  // Phases that turn once around the plaquette at (2, 2) and back around that at (2, 6), by the angles to both.
  constexpr Eigen::Index side = 10;
  std::vector<double> phases;
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      phases.push_back(0.7 + std::atan2(row - 2.5, column - 2.5) - std::atan2(row - 2.5, column - 6.5));
  CHECK(vortex_density(rotors_of(phases), {side, side}) == Approx(2.0 / (side * side)));
  CHECK(vortex_density(rotors_of(std::vector<double>(side * side, 1.0)), {side, side}) == 0);
}

TEST_CASE("of independent phases a third of the plaquettes holds a vortex", "[rotors]") {
  // Three independent differences, uniform on (-π, π]: their sum lies beyond ±π with chance 1/3.
  constexpr Eigen::Index side = 200;
  const double density = vortex_density(rotors_of(random_phases(side * side, 4)), {side, side});
  CHECK(density == Approx(1.0 / 3).margin(4 * std::sqrt(2. / 9) / side));
}

TEST_CASE("a chain has no vortices", "[rotors]") { CHECK(std::isnan(vortex_density(rotors_of({0, 1, 2}), {1, 3}))); }

TEST_CASE("correlations are the means over all pairs of a distance", "[rotors]") {
  const bool periodic = GENERATE(true, false);
  const RotorLattice lattice = periodic ? RotorLattice{3, 8} : RotorLattice{1, 11};
  constexpr std::int64_t samples = RotorCorrelations::blocks;
  RotorCorrelations correlations(lattice, periodic, samples), resumed(lattice, periodic, samples);
  const Eigen::Index distances = periodic ? 5 : 11;
  Vector sums = Vector::Zero(distances);
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    const std::vector<double> phases =
        random_phases(static_cast<std::size_t>(lattice.sites()), static_cast<std::uint64_t>(sample));
    correlations.add(rotors_of(phases));
    for (Eigen::Index r = 0; r < distances; ++r) {
      double sum = 0, pairs = 0;
      for (Eigen::Index row = 0; row < lattice.rows; ++row) {
        for (Eigen::Index i = 0; i < lattice.columns; ++i) {
          if (!periodic && i + r >= lattice.columns) continue;
          const auto site = [&](Eigen::Index column) {
            return phases[static_cast<std::size_t>(row * lattice.columns + column % lattice.columns)];
          };
          sum += std::cos(site(i) - site(i + r));
          ++pairs;
        }
      }
      sums[r] += sum / pairs / static_cast<double>(samples);
    }
    if (sample != samples / 2) continue;
    const std::vector<double> saved = correlations.save();
    std::span<const double> rest = saved;
    resumed.restore(rest);
    CHECK(rest.empty());
    correlations = std::move(resumed);
    resumed = RotorCorrelations(lattice, periodic, samples);
  }
  Member member(0, 1);
  correlations.finish(member);
  const Dataset data = member.snapshot();
  for (Eigen::Index r = 0; r < distances; ++r)
    CHECK(recorded(data, "correlation")[static_cast<std::size_t>(r)] == Approx(sums[r]).margin(1e-13));
  CHECK(recorded(data, "correlation_error")[0] < 1e-13);
  CHECK(recorded(data, "correlation_error")[1] > 0);
  if (!periodic) CHECK(std::isnan(recorded(data, "correlation_length")[0]));
}

TEST_CASE("correlations of a Markov chain of phases fall as c^r, within their errors", "[rotors]") {
  // θ_{i+1} - θ_i independent and normal: ⟨cos(θ_i - θ_{i+r})⟩ = c^r with c = e^{-σ²/2}.
  constexpr Eigen::Index length = 4096;
  constexpr std::int64_t samples = 64;
  constexpr double c = 0.8;
  const double sigma = std::sqrt(-2 * std::log(c));
  RandomStream random(7, 0, "steps");
  RotorCorrelations correlations({1, length}, false, samples);
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    std::vector<double> phases{0};
    while (std::ssize(phases) < length) phases.push_back(phases.back() + sigma * random.normal());
    correlations.add(rotors_of(phases));
  }
  Member member(0, 1);
  correlations.finish(member);
  const Dataset data = member.snapshot();
  for (const std::size_t r : {1, 5, 10}) {
    CHECK(std::abs(recorded(data, "correlation")[r] - std::pow(c, r)) < 4 * recorded(data, "correlation_error")[r]);
    CHECK(recorded(data, "correlation_error")[r] < 0.01);
  }
}

TEST_CASE("the correlation length is that of the two longest waves", "[rotors]") {
  // Three aligned states for one helix of one turn: S(0)/S(k) = 3, so ξ = √2/(2 sin(π/L)).
  constexpr Eigen::Index length = 20;
  RotorCorrelations correlations({1, length}, true, 4 * RotorCorrelations::blocks);
  std::vector<double> helix;
  for (Eigen::Index i = 0; i < length; ++i) helix.push_back(2 * std::numbers::pi * static_cast<double>(i) / length);
  for (std::int64_t sample = 0; sample < 4 * RotorCorrelations::blocks; ++sample)
    correlations.add(rotors_of(sample % 4 == 0 ? helix : std::vector<double>(length, 0.3)));
  Member member(0, 1);
  correlations.finish(member);
  CHECK(recorded(member.snapshot(), "correlation_length")[0] ==
        Approx(std::numbers::sqrt2 / (2 * std::sin(std::numbers::pi / length))));
}
