// Rotors in motion: what is conserved, and temperatures.
#include "typed_rotors.hpp"

#include <softmech/attention/scaled_bessel.hpp>
#include <softmech/mechanics/simulation.hpp>

#include <algorithm>
#include <tuple>

using namespace softmech;
using Eigen::Index;

namespace {

/// The root mean square of E − E(0) in the first and in the second half of a run.
struct EnergyError {
  double early = 0, late = 0;
};

EnergyError energy_error(const RotorSystem& system, const State& start, const char* name, double step, int steps) {
  Simulation simulation{system, start, stepper({.stepper = name, .step = step})};
  const double energy = total_energy(system, start);
  EnergyError error;
  std::vector<double> depths;
  for (int i = 10; i <= steps; i += 10) depths.push_back(i * step);
  simulation.observe(depths, [&](double t, const State& state) {
    const double deviation = total_energy(system, state) - energy;
    (2 * t < steps * step ? error.early : error.late) += deviation * deviation;
  });
  simulation.run(steps * step);
  const double samples = steps / 20.0;
  return {std::sqrt(error.early / samples), std::sqrt(error.late / samples)};
}

State random_start(const RotorSystem& system, double speed) {
  State start{system.helix() + typed::random_phases(system.rotors(), 0.5),
              typed::random_phases(system.rotors(), speed, 1)};
  start.velocity.array() -= start.velocity.mean();
  return start;
}

/// Numbers of a run in equilibrium, each with its error from ten blocks.
struct BathAverages {
  double kinetic, configurational, kinetic_error, configurational_error, energy;
};

BathAverages bath_averages(const RotorSettings& settings, double step, int steps) {
  const RotorSystem system(settings);
  Flow flow = lagrangian_flow(system);
  flow.temperature = settings.temperature;
  RandomStream noise(3, 0, "noise");
  flow.noise = [&](std::uint64_t, Eigen::Ref<Vector> out) {
    noise.fill_normal({out.data(), static_cast<std::size_t>(out.size())});
  };
  const double speed = std::sqrt(settings.temperature / settings.mass);
  Simulation simulation{flow, State{system.helix(), typed::random_phases(system.rotors(), speed)},
                        stepper({.stepper = "baoab", .step = step})};
  constexpr int blocks = 10;
  double kinetic[blocks] = {}, gradient2[blocks] = {}, laplacian[blocks] = {};
  double energy = 0;
  Vector gradient(system.rotors());
  std::vector<double> depths;
  for (int i = 1; i <= steps; ++i) depths.push_back(i * step);
  const double relaxation = 0.2 * steps * step;
  simulation.observe(depths, [&](double t, const State& state) {
    if (t <= relaxation) return;
    const int block = std::min(blocks - 1, static_cast<int>(blocks * (t - relaxation) / (0.8 * steps * step)));
    kinetic[block] += system.mass() * state.velocity.squaredNorm();
    system.gradient(state.position, gradient);
    gradient2[block] += gradient.squaredNorm();
    laplacian[block] += system.laplacian(state.position);
    energy += system.potential(state.position);
  });
  simulation.run(steps * step);
  const double samples = 0.8 * steps / blocks * static_cast<double>(system.rotors());
  Vector k(blocks), c(blocks);
  for (int b = 0; b < blocks; ++b) k[b] = kinetic[b] / samples, c[b] = gradient2[b] / laplacian[b];
  const auto error = [](const Vector& v) {
    return std::sqrt((v.array() - v.mean()).square().sum() / (blocks * (blocks - 1)));
  };
  return {k.mean(), c.mean(), error(k), error(c), energy / (samples * blocks)};
}

}  // namespace

TEST_CASE("energy errors of rotors stay bounded and fall by the order of the stepper") {
  const std::vector<RotorSettings> systems{
      {.rotors = 16, .kernel = "all", .dynamics = "microcanonical"},
      {.rotors = 16,
       .kernel = "nearest",
       .twist = 2 * std::numbers::pi / 16,
       .mass = 0.8,
       .dynamics = "microcanonical"},
      {.rotors = 64,
       .boundary = "open",
       .kernel = "power",
       .alpha = 1.5,
       .twist = 0.5,
       .field = 0.2,
       .dynamics = "microcanonical"},
      {.rotors = 16, .kernel = "softmax", .attention_beta = 3, .dynamics = "microcanonical"}};
  for (const RotorSettings& settings : systems) {
    const RotorSystem system(settings);
    const State start = random_start(system, 0.5);
    for (const auto& [name, step, factor] :
         {std::tuple{"geodesic_leapfrog", 0.1, 4.0}, {"symplectic_rkn", 0.1, 16.0}}) {
      INFO(settings.kernel << ", " << name);
      const EnergyError coarse = energy_error(system, start, name, step, 20'000);
      const EnergyError fine = energy_error(system, start, name, step / 2, 40'000);
      CHECK(coarse.late < 1.4 * coarse.early);  // a drift would make it 2.6 times
      CHECK(coarse.early / fine.early > factor / std::sqrt(2.0));
      CHECK(coarse.early / fine.early < factor * std::sqrt(2.0));
    }
  }
}

TEST_CASE("angular momentum is conserved without a field, and turns only with one") {
  for (const double field : {0.0, 0.3}) {
    const RotorSystem system({.rotors = 64,
                              .boundary = "open",
                              .kernel = "power",
                              .alpha = 1.5,
                              .twist = 0.4,
                              .field = field,
                              .dynamics = "microcanonical"});
    Simulation simulation{system, random_start(system, 1), stepper({.stepper = "geodesic_leapfrog", .step = 0.05})};
    simulation.run(100);
    const double momentum = std::abs(simulation.state().velocity.sum());
    if (field == 0)
      CHECK(momentum < 1e-11);
    else
      CHECK(momentum > 1e-2);
  }
}

TEST_CASE("small oscillations of rotors have the frequency of their wave") {
  // One wave of a small amplitude comes back after its period.
  const RotorSystem system(
      {.rotors = 32, .kernel = "nearest", .field = 0.1, .mass = 1.5, .dynamics = "microcanonical"});
  const double k = 2 * std::numbers::pi * 3 / 32, frequency = std::sqrt((2 - 2 * std::cos(k) + 0.1) / 1.5);
  const Vector wave = 1e-4 * (k * Vector::LinSpaced(32, 0, 31)).array().cos();
  Simulation simulation{system, State{wave, Vector::Zero(32)}, stepper({.stepper = "symplectic_rkn", .step = 0.05})};
  simulation.run(2 * std::numbers::pi / frequency);
  CHECK((simulation.state().position - wave).cwiseAbs().maxCoeff() < 1e-10);
  simulation.run(3 * std::numbers::pi / frequency);
  CHECK((simulation.state().position + wave).cwiseAbs().maxCoeff() < 1e-10);
}

TEST_CASE("rotors in a bath have its temperature, in their motion and in their phases") {
  for (const RotorSettings& settings :
       {RotorSettings{
            .rotors = 512, .kernel = "all", .mass = 2, .friction = 1, .temperature = 0.4, .dynamics = "langevin"},
        RotorSettings{.rotors = 512,
        .boundary = "open",
        .kernel = "power",
        .alpha = 1.5,
        .twist = 0.3,
        .field = 0.1,
        .temperature = 0.6,
        .dynamics = "langevin"},
        RotorSettings{
            .rotors = 256, .kernel = "softmax", .attention_beta = 3, .temperature = 0.5, .dynamics = "langevin"}}) {
    const BathAverages found = bath_averages(settings, 0.05, 8000);
    INFO(settings.kernel << ": kinetic " << found.kinetic << " ± " << found.kinetic_error << ", configurational "
                         << found.configurational << " ± " << found.configurational_error);
    CHECK(std::abs(found.kinetic - settings.temperature) < 4 * found.kinetic_error + 1e-3 * settings.temperature);
    CHECK(std::abs(found.configurational - settings.temperature) < 4 * found.configurational_error);
    CHECK(found.kinetic_error < 0.006 * settings.temperature);
    CHECK(found.configurational_error < 0.015 * settings.temperature);
  }
}

TEST_CASE("the configurational bias of BAOAB is of the second order in the step") {
  // The bonds of an open chain are independent: e = 1 - I_1/I_0 at 1/T. Hot, so that the bias shows.
  const RotorSettings chain{
      .rotors = 4096, .boundary = "open", .kernel = "nearest", .temperature = 10, .dynamics = "langevin"};
  const Vector bessel = scaled_bessel(0.1, 1);
  const auto bias = [&](double step, int steps) {
    return bath_averages(chain, step, steps).energy * 4096 / 4095 - (1 - bessel[1] / bessel[0]);
  };
  const double ratio = bias(0.4, 3000) / bias(0.2, 6000);
  CHECK(ratio > 2.83);
  CHECK(ratio < 5.66);
}
