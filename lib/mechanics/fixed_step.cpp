#include <softmech/mechanics/fixed_step.hpp>

#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/mechanics/step_control.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

void require_noise(const Flow& flow) {
  if (!(flow.temperature > 0)) return;
  if (!flow.noise) {
    throw std::invalid_argument(
        fmt::format("model.temperature = {}: must be 0 for a flow without noise; set Flow::noise", flow.temperature));
  }
  if (!flow.second_order && !flow.brownian_variance) {
    throw std::invalid_argument(
        fmt::format("model.temperature = {}: must be 0 on a manifold without brownian_variance; give it one, see "
                    "BrownianManifold",
                    flow.temperature));
  }
}

/// Infinities and NaN less themselves are NaN. Vectorized, unlike Eigen's allFinite.
bool is_finite(const Vector& x) { return (x - x).squaredNorm() == 0; }

class FixedStep final : public Stepper {
 public:
  FixedStep(std::string_view name, double largest_step, StepMap map)
      : name_(name), largest_step_(largest_step), map_(map) {}

  void start(const Flow& flow, double t, const State& state) override {
    require_stepper_fits(name_, flow.second_order, flow.friction, flow.temperature);
    require_noise(flow);
    flow_ = flow;
    state_ = state;
    buffers_.force.resize(state.position.size());
    buffers_.acceleration.resize(state.position.size());
    buffers_.normals.resize(state.position.size());
    buffers_.draws = 0;
    buffers_.force_is_current = false;
    buffers_.owed_kick = 0;
    refresh_velocity();
    begin_interval(t, t);
  }

  void step(double target) override {
    if (target != target_) begin_interval(time(), target);
    map_(flow_, state_, step_size(), buffers_);
    ++step_;
    if (step_ == steps_) settle();
    // What is not finite stays so: to look at asked depths and now and then between them costs no time.
    if (step_ == steps_ || std::fmod(step_, 16) == 0) require_finite();
  }

  double time() const override { return step_ == steps_ ? target_ : begin_ + (target_ - begin_) * (step_ / steps_); }
  double step_size() const override { return steps_ > 0 ? (target_ - begin_) / steps_ : largest_step_; }
  void state_at(double /*t*/, State& state) override {
    settle();
    state = state_;
  }

  std::vector<double> save() const override {
    std::vector<double> saved{begin_, target_, step_, steps_, static_cast<double>(buffers_.draws), state_.heat};
    saved.insert(saved.end(), state_.position.begin(), state_.position.end());
    if (flow_.second_order) {
      Vector velocity = state_.velocity;
      give_owed_kick(velocity);
      saved.insert(saved.end(), velocity.begin(), velocity.end());
    }
    return saved;
  }

  void restore(std::span<const double> saved) override {
    const auto size = static_cast<std::size_t>(state_.position.size());
    require_saved_size(name_, saved.size(), 6 + (flow_.second_order ? 2 : 1) * size);
    begin_ = saved[0];
    target_ = saved[1];
    step_ = saved[2];
    steps_ = saved[3];
    buffers_.draws = static_cast<std::uint64_t>(saved[4]);
    state_.heat = saved[5];
    std::copy_n(saved.begin() + 6, size, state_.position.begin());
    if (flow_.second_order) std::copy_n(saved.end() - std::ssize(state_.velocity), size, state_.velocity.begin());
    buffers_.force_is_current = false;
    buffers_.owed_kick = 0;
    refresh_velocity();
  }

 private:
  void require_finite() const {
    const bool position = is_finite(state_.position);
    if (position && is_finite(state_.velocity)) return;
    throw NumericalError(position ? "velocity" : "position", "not finite", time(), step_size(),
                         "try a smaller solver.step, and check the parameters of the model");
  }

  void give_owed_kick(Vector& velocity) const {
    if (buffers_.owed_kick != 0) velocity += buffers_.owed_kick * buffers_.force;
  }

  /// The velocity becomes that of the present depth.
  void settle() {
    give_owed_kick(state_.velocity);
    buffers_.owed_kick = 0;
    if (!buffers_.velocity_is_current) refresh_velocity();
  }

  void refresh_velocity() {
    if (flow_.second_order) return;
    state_.velocity.resize(state_.position.size());
    flow_.force(state_.position, state_.velocity);
    state_.velocity /= flow_.friction;
    buffers_.velocity_is_current = true;
  }

  void begin_interval(double begin, double target) {
    begin_ = begin;
    target_ = target;
    step_ = 0;
    // An interval of n steps, up to the rounding of its ends, is not divided into n + 1.
    const double wanted = (target - begin) / largest_step_;
    const double rounding = 4 * std::numeric_limits<double>::epsilon() * std::max(std::abs(begin), std::abs(target));
    steps_ = std::ceil(wanted * (1 - 1e-12) - rounding / largest_step_);
    if (steps_ > 1e15) {
      throw NumericalError("step size", "vanishes against the depth", begin, largest_step_, "try a larger solver.step");
    }
    if (target > begin) steps_ = std::max(steps_, 1.0);
  }

  std::string_view name_;
  double largest_step_;
  StepMap map_;
  Flow flow_;
  State state_;
  StepBuffers buffers_;
  double begin_ = 0, target_ = 0;  // the interval between asked depths
  double step_ = 0, steps_ = 0;    // whole numbers: steps taken in it, steps it is divided into
};

}  // namespace

std::unique_ptr<Stepper> fixed_step(std::string_view name, const SolverSettings& settings, StepMap map) {
  return std::make_unique<FixedStep>(name, settings.step, map);
}

}  // namespace softmech
