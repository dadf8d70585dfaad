#include <softmech/mechanics/fixed_step.hpp>

#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/mechanics/step_control.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

class FixedStep final : public Stepper {
 public:
  FixedStep(const SolverSettings& settings, StepMap map, void (*require)(const Flow&))
      : settings_(settings), map_(map), require_(require) {}

  void start(const Flow& flow, double t, const State& state) override {
    require_(flow);
    flow_ = flow;
    state_ = state;
    buffers_.force.resize(state.position.size());
    buffers_.acceleration.resize(state.position.size());
    buffers_.force_is_current = false;
    if (!flow.second_order) {
      flow.force(state_.position, state_.velocity);
      state_.velocity /= flow.friction;
    }
    begin_interval(t, t);
  }

  void step(double target) override {
    if (target != target_) begin_interval(time(), target);
    map_(flow_, state_, step_size(), buffers_);
    ++step_;
    if (!state_.position.allFinite() || !state_.velocity.allFinite()) {
      throw NumericalError(state_.position.allFinite() ? "velocity" : "position", "not finite", time(), step_size(),
                           "try a smaller solver.step, and check the parameters of the model");
    }
  }

  double time() const override { return step_ == steps_ ? target_ : begin_ + (target_ - begin_) * (step_ / steps_); }
  double step_size() const override { return steps_ > 0 ? (target_ - begin_) / steps_ : settings_.step; }
  void state_at(double /*t*/, State& state) override { state = state_; }

  std::vector<double> save() const override {
    std::vector<double> saved{begin_, target_, step_, steps_};
    saved.insert(saved.end(), state_.position.begin(), state_.position.end());
    saved.insert(saved.end(), state_.velocity.begin(), state_.velocity.end());
    return saved;
  }

  void restore(std::span<const double> saved) override {
    const auto size = static_cast<std::size_t>(state_.position.size());
    require_saved_size(settings_.stepper, saved.size(), 4 + 2 * size);
    begin_ = saved[0];
    target_ = saved[1];
    step_ = saved[2];
    steps_ = saved[3];
    std::copy_n(saved.begin() + 4, size, state_.position.begin());
    std::copy_n(saved.begin() + 4 + static_cast<std::ptrdiff_t>(size), size, state_.velocity.begin());
    buffers_.force_is_current = false;
  }

 private:
  void begin_interval(double begin, double target) {
    begin_ = begin;
    target_ = target;
    step_ = 0;
    // An interval of n steps, up to the rounding of its ends, is not divided into n + 1.
    const double wanted = (target - begin) / settings_.step;
    const double rounding = 4 * std::numeric_limits<double>::epsilon() * std::max(std::abs(begin), std::abs(target));
    steps_ = std::ceil(wanted * (1 - 1e-12) - rounding / settings_.step);
    if (steps_ > 1e15) {
      throw NumericalError("step size", "vanishes against the depth", begin, settings_.step,
                           "try a larger solver.step");
    }
    if (target > begin) steps_ = std::max(steps_, 1.0);
  }

  SolverSettings settings_;
  StepMap map_;
  void (*require_)(const Flow&);
  Flow flow_;
  State state_;
  StepBuffers buffers_;
  double begin_ = 0, target_ = 0;  // the interval between asked depths
  double step_ = 0, steps_ = 0;    // whole numbers: steps taken in it, steps it is divided into
};

}  // namespace

std::unique_ptr<Stepper> fixed_step(const SolverSettings& settings, StepMap map, void (*require)(const Flow&)) {
  return std::make_unique<FixedStep>(settings, map, require);
}

void require_second_order(const Flow& flow) {
  if (!flow.second_order) {
    throw std::invalid_argument(
        "solver.stepper is symplectic: must not be used with overdamped dynamics; try dopri5, fehlberg78 or euler");
  }
}

}  // namespace softmech
