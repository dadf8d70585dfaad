// A simulation: a flow, a start and a stepper; observers say when and what.
#pragma once

#include <softmech/mechanics/flow.hpp>
#include <softmech/mechanics/state.hpp>
#include <softmech/mechanics/stepper.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace softmech {

/// Runs a system from a start and calls its observers at exactly the depths they asked for:
///
///   Simulation simulation{query, start, stepper(settings.solver)};
///   simulation.observe(times, [&](double t, const State& state) { … });
///   simulation.run(end);
///
/// `Simulation{gradient_flow(query), …}` follows the overdamped flow instead. The system must outlive the simulation.
class Simulation {
 public:
  /// Called with an asked depth and the state there, which is on the manifold.
  using Observer = std::function<void(double t, const State& state)>;

  /// @throws std::invalid_argument if the start is not finite or the stepper cannot follow the flow.
  Simulation(Flow flow, State start, std::unique_ptr<Stepper> stepper, double t = 0);

  template <LagrangianSystem System>
  Simulation(const System& system, State start, std::unique_ptr<Stepper> stepper, double t = 0)
      : Simulation(lagrangian_flow(system), std::move(start), std::move(stepper), t) {}
  template <LagrangianSystem System>
  Simulation(const System&& system, State start, std::unique_ptr<Stepper> stepper, double t = 0) = delete;

  /// Calls the observer at every one of the depths, which ascend; those that the simulation has passed are skipped, so
  /// a restored simulation is set up like a new one. Observers of the same depth are called in the order of these
  /// calls; one that saves the simulation goes last.
  void observe(std::vector<double> depths, Observer observer);

  /// Asks `stop` before every step; when it answers true, `run` returns false and can be called again.
  void stop_when(std::function<bool()> stop);

  /// A run fails when it has taken more steps than this in all (10^9 if not called).
  void limit_steps(std::uint64_t steps);

  /// Runs to depth `end` and returns true, or false if it was stopped before. Steps with dense output may compute
  /// further ahead, but the next call goes on as if the runs were one.
  /// @throws NumericalError if the state is not finite, the step size collapses, or there are too many steps.
  bool run(double end);

  /// The depth of `state()`: the end of the run, or where it was stopped.
  double time() const { return time_; }
  const State& state() const { return state_; }
  /// The steps taken so far.
  std::uint64_t steps() const { return steps_; }

  /// Everything that the rest of the run depends on; `restore` on a simulation that was set up in the same way
  /// continues it with the same bits.
  std::vector<double> save() const;
  void restore(std::span<const double> saved);

 private:
  struct Watch {
    std::vector<double> depths;
    Observer observer;
    std::size_t next = 0;
  };

  bool advance(double target);
  void call_observers();
  double next_depth(double end) const;

  std::unique_ptr<Stepper> stepper_;
  std::vector<Watch> watches_;
  std::function<bool()> stop_ = [] { return false; };
  std::uint64_t most_steps_ = 1'000'000'000;
  std::uint64_t steps_ = 0;
  double time_;
  double observed_;  // observers have been called up to and including this depth
  State state_;
};

}  // namespace softmech
