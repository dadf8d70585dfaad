#include <softmech/models/rotor_motion.hpp>

#include <softmech/mechanics/flow.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/noise.hpp>
#include <softmech/models/rotor_averages.hpp>
#include <softmech/models/rotor_correlations.hpp>
#include <softmech/models/rotor_linear.hpp>
#include <softmech/models/rotor_system.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <stdexcept>
#include <utility>

namespace softmech {

namespace {

/// The flow of the motion, or of the Langevin motion that thermalizes its start.
Flow flow_of(const RotorSystem& system, RandomStream noise) {
  const RotorSettings& rotors = system.settings();
  Flow flow = rotors.dynamics == "overdamped" ? gradient_flow(system) : lagrangian_flow(system);
  if (rotors.dynamics == "microcanonical" || rotors.temperature == 0) return flow;
  flow.temperature = rotors.temperature;
  flow.noise = noise_source(noise);
  return flow;
}

/// The stepper that integrates the motion: solver.stepper, or for "auto" the one that fits.
std::string stepper_of(const RotorSettings& rotors, const SolverSettings& solver) {
  if (solver.stepper != "auto") return solver.stepper;
  Flow motion;
  motion.second_order = rotors.has_momenta();
  motion.friction = rotors.friction_of_motion();
  motion.temperature = rotors.dynamics == "microcanonical" ? 0 : rotors.temperature;
  return std::string(automatic_stepper(motion));
}

/// Linear theory before a run starts, unless it takes longer than a look at the settings may.
RotorLinearTheory expected_theory(const RotorSettings& rotors, bool needed) {
  constexpr Eigen::Index quick = 512;
  return needed ? rotor_linear_theory(RotorSystem(rotors)) : rotor_linear_theory(RotorSystem(rotors), quick);
}

/// Steps of these are no longer than 2 over the fastest frequency (or rate), or the motion grows without end.
bool has_longest_step(const std::string& stepper) {
  return stepper == "geodesic_leapfrog" || stepper == "baoab" || stepper == "langevin";
}

/// What is recorded of one motion.
class RotorRecord {
 public:
  RotorRecord(const RotorSystem& system, const RotorMotionSettings& settings, Member& member)
      : system_(system),
        average_depths_(settings.output.average_depths(settings.time.end)),
        linear_(rotor_linear_theory(system)),
        mode_depths_(settings.output.modes.depths(linear_.largest_frequency, settings.time.end)),
        curves_(member.series({"time", settings.time.depths(), "depth t"})),
        rotors_(static_cast<std::size_t>(system.rotors())),
        force_(system.rotors()) {
    const RotorSettings& rotors = system.settings();
    linear_.record(member);
    if (settings.output.correlations)
      correlations_.emplace(rotors.sites(), rotors.boundary == "periodic", settings.output.average_samples);
    if (!settings.output.modes.modes) return;
    ChainModes modes(system.rotors(), rotors.boundary == "periodic" ? ChainEnds::periodic : ChainEnds::open,
                     settings.output.modes.wavenumbers);
    const std::vector<Eigen::Index> numbers = modes.numbers();
    modes_.emplace(std::move(modes), mode_depths_.size(), member);
    linear_.record_band(numbers, member);
  }

  void observe(Simulation& simulation, const TimeGrid& time, Member& member) {
    simulation.observe(time.depths(), [this, &member, end = time.end](double t, const State& state) {
      curve(state);
      member.progress(t / end);
    });
    simulation.observe(average_depths_, [this](double, const State& state) { average(state); });
    simulation.observe(mode_depths_, [this](double t, const State& state) {
      modes_->begin(t);
      modes_->sample("phase", Vector(state.position - system_.helix()), "phase above the helix");
    });
  }

  void finish(Member& member) const {
    const RotorSettings& rotors = system_.settings();
    const bool conserves = rotors.dynamics == "microcanonical";
    record_averages(samples_,
                    {.rotors = static_cast<double>(system_.rotors()),
                     .temperature = conserves ? std::numeric_limits<double>::quiet_NaN() : rotors.temperature,
                     .degrees = conserves && rotors.field == 0 ? 1 - 1 / static_cast<double>(system_.rotors()) : 1.0,
                     .spacing = average_depths_.size() > 1 ? average_depths_[1] - average_depths_[0] : 0.0,
                     .unit = "depth"},
                    member);
    if (conserves) {
      member.record("energy_deviation", energy_deviation_,
                    "largest deviation of the total energy per rotor from its first value, over the sampled depths");
    }
    if (correlations_) correlations_->finish(member);
  }

  void save(std::vector<double>& numbers) const {
    numbers.insert(numbers.end(), {first_energy_, energy_deviation_});
    softmech::save(samples_, numbers);
    if (!correlations_) return;
    const std::vector<double> saved = correlations_->save();
    numbers.insert(numbers.end(), saved.begin(), saved.end());
  }
  void restore(std::span<const double>& numbers) {
    first_energy_ = numbers[0];
    energy_deviation_ = numbers[1];
    numbers = numbers.subspan(2);
    samples_ = restore_rotor_samples(numbers);
    if (correlations_) correlations_->restore(numbers);
  }

 private:
  double kinetic(const State& state) const {
    if (!system_.settings().has_momenta()) return std::numeric_limits<double>::quiet_NaN();
    return 0.5 * system_.mass() * state.velocity.squaredNorm() / static_cast<double>(system_.rotors());
  }

  void curve(const State& state) {
    const double potential = system_.potential(state.position) / static_cast<double>(system_.rotors());
    curves_.record("order", system_.helical_magnetization(state.position).norm(),
                   "magnetization |M| per rotor, in the frame of the twist");
    curves_.record("potential_energy", potential, "potential energy per rotor, above the ground state");
    if (!system_.settings().has_momenta()) return;
    const double total = potential + kinetic(state);
    curves_.record("kinetic_energy", kinetic(state), "kinetic energy per rotor");
    curves_.record("total_energy", total, "total energy per rotor");
    if (std::isnan(first_energy_)) first_energy_ = total;
    energy_deviation_ = std::max(energy_deviation_, std::abs(total - first_energy_));
  }

  void average(const State& state) {
    const Vector phases = state.position - system_.helix();
    for (std::size_t i = 0; i < rotors_.size(); ++i) {
      const double phase = phases[static_cast<Eigen::Index>(i)];
      rotors_[i] = {std::cos(phase), std::sin(phase)};
    }
    const RotorInteraction interaction = system_.measure(state.position);
    system_.force(state.position, force_);
    const auto size = static_cast<double>(system_.rotors());
    samples_.push_back({.magnetization = magnetization(rotors_),
                        .energy = interaction.energy,
                        .stretch = interaction.stretch,
                        .current2 = interaction.current2,
                        .vortices = vortex_density(rotors_, system_.settings().sites()),
                        .kinetic = kinetic(state),
                        .force2 = force_.squaredNorm() / size,
                        .laplacian = system_.laplacian(state.position) / size});
    if (correlations_) correlations_->add(rotors_);
  }

  const RotorSystem& system_;
  std::vector<double> average_depths_;
  RotorLinearTheory linear_;
  std::vector<double> mode_depths_;
  Series curves_;
  std::vector<Rotor> rotors_;  // in the frame of the twist
  Vector force_;
  std::vector<RotorSample> samples_;
  std::optional<RotorCorrelations> correlations_;
  std::optional<ModeRecord> modes_;
  double first_energy_ = std::numeric_limits<double>::quiet_NaN();
  double energy_deviation_ = 0;
};

/// The two stretches of a run, as checkpoints name them.
constexpr double thermalization = 0, motion = 1;

/// Runs to the end; saves where a pause is due.
template <class Save>
State run_to(Simulation& simulation, double end, Member& member, Save save) {
  simulation.stop_when([&member] { return member.pause_due(); });
  while (!simulation.run(end)) {
    std::vector<double> numbers = save();
    const std::vector<double> rest = simulation.save();
    numbers.insert(numbers.end(), rest.begin(), rest.end());
    member.pause(numbers);
  }
  return simulation.state();
}

}  // namespace

void RotorOutputSettings::declare(Keys& k) {
  k.add("output.correlations", correlations, "whether correlations over distance are recorded");
  k.add("output.average_from", average_from,
        "depth of a motion from which averages are taken (default: a quarter of time.end)", {.at_least = 0});
  k.add("output.average_samples", average_samples, "samples of a motion that averages are taken over, evenly spaced",
        {.at_least = 32, .at_most = 1e8});
  modes.declare(k);
}

std::vector<double> RotorOutputSettings::average_depths(double end) const {
  const double from = average_from.value_or(end / 4);
  std::vector<double> depths(static_cast<std::size_t>(average_samples));
  const double step = (end - from) / static_cast<double>(average_samples);
  for (std::size_t i = 0; i < depths.size(); ++i) depths[i] = from + step * static_cast<double>(i + 1);
  depths.back() = end;
  return depths;
}

void RotorMotionSettings::declare(Keys& keys) {
  start.declare(keys);
  softmech::declare(keys, solver);
  time.declare(keys);
  output.declare(keys);
}

void RotorMotionSettings::check(const RotorSettings& rotors) const {
  const auto refuse = [](std::string message) { throw std::invalid_argument(std::move(message)); };
  if (rotors.dynamics == "cluster") {
    RotorMotionSettings unset;
    unset.output.correlations = output.correlations;
    if (*this != unset) {
      refuse(
          "start.*, solver.*, time.* or output.* is set with model.dynamics = \"cluster\": clusters do not move along "
          "depth; leave them out (but output.correlations), or set model.dynamics = \"langevin\"");
    }
    return;
  }
  start.check(rotors);
  time.check();
  require_stepper_fits(stepper_of(rotors, solver), rotors.has_momenta(), rotors.friction_of_motion(),
                       rotors.dynamics == "microcanonical" ? 0 : rotors.temperature);
  if (output.average_from && *output.average_from >= time.end) {
    refuse(fmt::format("output.average_from = {}: must be below time.end = {}; try {}", *output.average_from, time.end,
                       time.end / 4));
  }
  const double fastest = expected_theory(rotors, output.modes.modes).largest_frequency;
  if (has_longest_step(stepper_of(rotors, solver)) && solver.step * fastest >= 2) {
    refuse(
        fmt::format("solver.step = {}: must be below 2 over the fastest frequency {:.4g} of linear theory; try {:.2g}",
                    solver.step, fastest, 0.2 / fastest));
  }
  if (output.modes.modes && rotors.lattice != "chain")
    refuse("output.modes with model.lattice = \"square\": are recorded of chains; leave them out");
  output.modes.check(fastest, time.end);
}

std::string RotorMotionSettings::note(const RotorSettings& rotors) const {
  if (rotors.dynamics == "cluster") return "";
  const RotorLinearTheory theory = expected_theory(rotors, output.modes.modes);
  std::vector<std::string> notes;
  if (solver.stepper == "auto")
    notes.push_back(fmt::format("solver.stepper = \"auto\" takes {}", stepper_of(rotors, solver)));
  if (has_longest_step(stepper_of(rotors, solver)) && solver.step * theory.largest_frequency > 1)
    notes.push_back(fmt::format("warning: solver.step = {} is long for the fastest frequency {:.4g}; averages are off",
                                solver.step, theory.largest_frequency));
  if (!theory.is_stable()) notes.push_back("warning: " + theory.stability);
  if (std::string warning = output.modes.note(theory.largest_frequency); !warning.empty())
    notes.push_back(std::move(warning));
  return fmt::format("{}", fmt::join(notes, "; "));
}

void follow_rotors(const RotorSettings& rotors, const RotorMotionSettings& settings, Member& member) {
  const RotorSystem system(rotors);
  SolverSettings solver = settings.solver;
  solver.stepper = stepper_of(rotors, settings.solver);
  member.coordinate("stepper", solver.stepper, "integrator of the motion");
  RotorRecord record(system, settings, member);
  std::optional<std::vector<double>> checkpoint = member.resume();
  std::span<const double> saved;
  if (checkpoint) saved = *checkpoint;
  const auto resumes = [&](double stretch) { return !saved.empty() && saved.front() == stretch; };
  const auto restore = [&](Simulation& simulation) {
    simulation.restore(saved);
    saved = {};
  };

  State state = settings.start.of(system, member.random("start"));
  if (settings.start.thermalize > 0 && !resumes(motion)) {
    RotorSettings thermostat = rotors;
    thermostat.dynamics = "langevin";
    thermostat.friction = settings.start.friction;
    const RotorSystem bath(thermostat);
    SolverSettings langevin = solver;
    langevin.stepper = "baoab";
    Simulation simulation(flow_of(bath, member.random("thermalization")), state, stepper(langevin));
    if (resumes(thermalization)) {
      saved = saved.subspan(1);
      restore(simulation);
    }
    state = run_to(simulation, settings.start.thermalize, member, [] { return std::vector<double>{thermalization}; });
  }
  if (rotors.dynamics == "microcanonical" && !resumes(motion)) settings.start.settle(system, state);

  Simulation simulation(flow_of(system, member.random("noise")), state, stepper(solver));
  record.observe(simulation, settings.time, member);
  if (resumes(motion)) {
    saved = saved.subspan(1);
    record.restore(saved);
    restore(simulation);
  }
  run_to(simulation, settings.time.end, member, [&record] {
    std::vector<double> numbers{motion};
    record.save(numbers);
    return numbers;
  });
  record.finish(member);
}

}  // namespace softmech
