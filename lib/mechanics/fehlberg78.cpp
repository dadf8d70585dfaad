// Fehlberg 7(8) on a manifold: Odeint's controlled steps, each followed by a projection; the eighth-order result goes
// on.
#include <softmech/mechanics/odeint_state.hpp>
#include <softmech/mechanics/step_control.hpp>
#include <softmech/mechanics/stepper.hpp>

#include <boost/numeric/odeint/stepper/controlled_runge_kutta.hpp>
#include <boost/numeric/odeint/stepper/runge_kutta_fehlberg78.hpp>

#include <algorithm>
#include <functional>

namespace softmech {

namespace {

namespace odeint = boost::numeric::odeint;
using RungeKutta = odeint::runge_kutta_fehlberg78<OdeintState>;
using Controlled = odeint::controlled_runge_kutta<RungeKutta>;

class Fehlberg78 final : public Stepper {
 public:
  explicit Fehlberg78(const SolverSettings& settings)
      : controlled_(Controlled::error_checker_type(settings.abs_tol, settings.rel_tol)),
        max_step_(settings.max_step),
        natural_step_(std::min(settings.step, settings.max_step)) {}

  void start(const Flow& flow, double t, const State& state) override {
    require_stepper_fits("fehlberg78", flow.second_order, flow.friction, flow.temperature);
    flow_ = OdeintFlow(flow, state.position.size());
    y_ = y_before_ = derivative_ = flow_.pack(state);
    t_ = t;
    step_ = 0;
  }

  void step(double target) override {
    std::swap(y_, y_before_);
    flow_(y_before_, derivative_, t_);
    StepGuard guard(t_);
    for (;;) {
      // A sliver of rounding errors left before the target would cost a step of its own: stretch this one instead.
      const double remaining = target - t_;
      const bool last = remaining <= natural_step_ * (1 + 1e-10);
      const double tried = last ? remaining : natural_step_;
      double t = t_, proposed = tried;
      const bool accepted =
          controlled_.try_step(std::ref(flow_), y_before_, derivative_, t, y_, proposed) == odeint::success;
      const bool finite = is_finite(y_);  // Odeint takes NaN for success
      if (accepted && finite) {
        // A shortened step says nothing against the natural one.
        natural_step_ = std::min(last ? std::max(natural_step_, proposed) : proposed, max_step_);
        step_ = tried;
        t_ = last ? target : t;
        break;
      }
      natural_step_ = finite ? proposed : tried / 5;
      guard.rejected(natural_step_, finite);
    }
    flow_.project(y_);
  }

  double time() const override { return t_; }
  double step_size() const override { return step_ > 0 ? step_ : natural_step_; }
  void state_at(double /*t*/, State& state) override { flow_.unpack(y_, state); }

  std::vector<double> save() const override {
    std::vector<double> saved{t_, step_, natural_step_};
    saved.insert(saved.end(), y_.begin(), y_.end());
    return saved;
  }

  void restore(std::span<const double> saved) override {
    require_saved_size("fehlberg78", saved.size(), 3 + flow_.size());
    t_ = saved[0];
    step_ = saved[1];
    natural_step_ = saved[2];
    std::copy(saved.begin() + 3, saved.end(), y_.begin());
  }

 private:
  OdeintFlow flow_;
  Controlled controlled_;
  double max_step_;
  double natural_step_;  // what the error control proposes, undisturbed by asked depths
  double step_ = 0;      // what was taken last
  double t_ = 0;
  OdeintState y_;  // at t_
  OdeintState y_before_, derivative_;
};

}  // namespace

std::unique_ptr<Stepper> fehlberg78(const SolverSettings& settings) { return std::make_unique<Fehlberg78>(settings); }

}  // namespace softmech
