// Dormand and Prince 5(4) on a manifold: Odeint's controlled steps, each followed by a projection, and its dense
// output.
#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/mechanics/odeint_state.hpp>
#include <softmech/mechanics/step_control.hpp>
#include <softmech/mechanics/stepper.hpp>

#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_dopri5.hpp>

#include <algorithm>
#include <functional>

namespace softmech {

namespace {

namespace odeint = boost::numeric::odeint;
using RungeKutta = odeint::runge_kutta_dopri5<OdeintState>;
using Controlled = odeint::controlled_runge_kutta<RungeKutta>;

class Dopri5 final : public Stepper {
 public:
  explicit Dopri5(const SolverSettings& settings)
      : controlled_(Controlled::error_checker_type(settings.abs_tol, settings.rel_tol)),
        max_step_(settings.max_step),
        natural_step_(std::min(settings.step, settings.max_step)) {}

  void start(const Flow& flow, double t, const State& state) override {
    require_stepper_fits("dopri5", flow.second_order, flow.friction, flow.temperature);
    flow_ = OdeintFlow(flow, state.position.size());
    y_ = flow_.pack(state);
    derivative_.resize(y_.size());
    flow_(y_, derivative_, t);
    y_before_ = y_;
    derivative_before_ = derivative_;
    interpolated_ = y_;
    t_ = t_before_ = t;
    step_ = 0;
  }

  void step(double /*target*/) override {
    std::swap(y_, y_before_);
    std::swap(derivative_, derivative_before_);
    t_before_ = t_;
    attempt_until_accepted();
  }

  double time() const override { return t_; }
  double step_size() const override { return step_ > 0 ? step_ : natural_step_; }

  void state_at(double t, State& state) override {
    if (t == t_) return flow_.unpack(y_, state);
    controlled_.stepper().calc_state(t, interpolated_, y_before_, derivative_before_, t_before_, y_, derivative_, t_);
    flow_.project(interpolated_);
    flow_.unpack(interpolated_, state);
  }

  // The stages of the last step, which dense output needs, are not accessible: save where that step began, and repeat
  // it.
  std::vector<double> save() const override {
    const bool stepped = step_ > 0;
    std::vector<double> saved{t_before_, step_, stepped ? step_ : natural_step_};
    const OdeintState& y = stepped ? y_before_ : y_;
    const OdeintState& derivative = stepped ? derivative_before_ : derivative_;
    saved.insert(saved.end(), y.begin(), y.end());
    saved.insert(saved.end(), derivative.begin(), derivative.end());
    return saved;
  }

  void restore(std::span<const double> saved) override {
    const std::size_t size = flow_.size();
    require_saved_size("dopri5", saved.size(), 3 + 2 * size);
    t_ = t_before_ = saved[0];
    step_ = saved[1];
    natural_step_ = saved[2];
    std::copy_n(saved.begin() + 3, size, y_.begin());
    std::copy_n(saved.begin() + 3 + static_cast<std::ptrdiff_t>(size), size, derivative_.begin());
    if (step_ > 0) step(t_);
  }

 private:
  void attempt_until_accepted() {
    StepGuard guard(t_);
    for (;;) {
      const double tried = natural_step_;
      const bool accepted = controlled_.try_step(std::ref(flow_), y_before_, derivative_before_, t_, y_, derivative_,
                                                 natural_step_) == odeint::success;
      const bool finite = is_finite(y_) && is_finite(derivative_);
      step_ = tried;
      if (accepted && finite) break;
      if (!finite) retreat(tried);
      guard.rejected(natural_step_, finite);
    }
    natural_step_ = std::min(natural_step_, max_step_);
    // The derivative is kept from before the projection: the difference is of the order of the local error.
    flow_.project(y_);
  }

  /// Odeint takes NaN for success: back to where the step began, with a smaller one.
  void retreat(double tried) {
    t_ = t_before_;
    natural_step_ = tried / 5;
  }

  OdeintFlow flow_;
  Controlled controlled_;
  double max_step_;
  double natural_step_;  // what the error control proposes next
  double step_ = 0;      // what was taken last
  double t_ = 0;
  OdeintState y_, derivative_;  // at t_
  double t_before_ = 0;
  OdeintState y_before_, derivative_before_;  // where the last step began
  OdeintState interpolated_;
};

}  // namespace

std::unique_ptr<Stepper> dopri5(const SolverSettings& settings) { return std::make_unique<Dopri5>(settings); }

}  // namespace softmech
