#include <softmech/mechanics/simulation.hpp>

#include <softmech/mechanics/numerical_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

Simulation::Simulation(Flow flow, State start, std::unique_ptr<Stepper> stepper, double t)
    : stepper_(std::move(stepper)),
      time_(t),
      observed_(-std::numeric_limits<double>::infinity()),
      state_(std::move(start)) {
  if (state_.velocity.size() == 0) state_.velocity = Vector::Zero(state_.position.size());
  if (state_.velocity.size() != state_.position.size()) {
    throw std::invalid_argument(
        fmt::format("velocity of the start has {} components: must be {}, as many as the position",
                    state_.velocity.size(), state_.position.size()));
  }
  if (!state_.position.allFinite() || !state_.velocity.allFinite() || !std::isfinite(t)) {
    throw std::invalid_argument("start of the simulation: must be finite; check the parameters of the model");
  }
  flow.project(state_.position, state_.velocity);
  stepper_->start(flow, t, state_);
  stepper_->state_at(t, state_);
}

void Simulation::observe(std::vector<double> depths, Observer observer) {
  for (std::size_t i = 0; i < depths.size(); ++i) {
    if (!std::isfinite(depths[i]) || (i > 0 && !(depths[i] > depths[i - 1]))) {
      throw std::invalid_argument(
          fmt::format("observed depth {} = {}: must be finite and above the one before", i, depths[i]));
    }
  }
  watches_.push_back({std::move(depths), std::move(observer)});
}

void Simulation::stop_when(std::function<bool()> stop) { stop_ = std::move(stop); }

void Simulation::limit_steps(std::uint64_t steps) { most_steps_ = steps; }

bool Simulation::run(double end) {
  if (!(end >= time_) || !std::isfinite(end)) {
    throw std::invalid_argument(
        fmt::format("end of the run = {}: must not lie before the present depth, {}", end, time_));
  }
  for (Watch& watch : watches_) {
    // Depths that were observed, or that an interrupted run has left behind.
    const auto passed = [&](double depth) { return depth <= observed_ || depth < time_; };
    while (watch.next < watch.depths.size() && passed(watch.depths[watch.next])) ++watch.next;
  }
  for (;;) {
    const double target = next_depth(end);
    if (!advance(target)) return false;
    call_observers();
    if (target == end) return true;
  }
}

double Simulation::next_depth(double end) const {
  double depth = end;
  for (const Watch& watch : watches_) {
    if (watch.next < watch.depths.size()) depth = std::min(depth, watch.depths[watch.next]);
  }
  return depth;
}

bool Simulation::advance(double target) {
  while (stepper_->time() < target) {
    if (stop_()) {
      time_ = std::max(time_, stepper_->time());
      stepper_->state_at(time_, state_);
      return false;
    }
    if (steps_ == most_steps_) {
      throw NumericalError("number of steps", fmt::format("above the limit of {}", most_steps_), stepper_->time(),
                           stepper_->step_size(), "try a larger solver.step or tolerance, or a shorter run");
    }
    stepper_->step(target);
    ++steps_;
  }
  time_ = target;
  stepper_->state_at(target, state_);
  return true;
}

void Simulation::call_observers() {
  observed_ = time_;
  for (Watch& watch : watches_) {
    if (watch.next < watch.depths.size() && watch.depths[watch.next] == time_) {
      ++watch.next;
      watch.observer(time_, state_);
    }
  }
}

std::vector<double> Simulation::save() const {
  std::vector<double> saved{time_, observed_, static_cast<double>(steps_)};
  const std::vector<double> stepper = stepper_->save();
  saved.insert(saved.end(), stepper.begin(), stepper.end());
  return saved;
}

void Simulation::restore(std::span<const double> saved) {
  if (saved.size() < 3) {
    throw std::invalid_argument(
        fmt::format("saved simulation = {} numbers: must be at least 3; save it again", saved.size()));
  }
  stepper_->restore(saved.subspan(3));
  time_ = saved[0];
  observed_ = saved[1];
  steps_ = static_cast<std::uint64_t>(saved[2]);
  for (Watch& watch : watches_) watch.next = 0;
  stepper_->state_at(time_, state_);
}

}  // namespace softmech
