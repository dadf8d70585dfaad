// Backward differentiation formulas on a manifold: order 1 to 5, quasi-constant steps, with the numerical
// differentiation formulas of Shampine & Reichelt, SIAM J. Sci. Comput. 18, 1 (1997), whose backward differences it
// uses. Every solution is on the manifold, and the formula holds in its tangent space; that a projected multistep
// method keeps its order is shown by Eich, SIAM J. Numer. Anal. 30, 1467 (1993).
#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/mechanics/step_control.hpp>
#include <softmech/mechanics/stepper.hpp>
#include <softmech/mechanics/tangent_newton.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace softmech {

namespace {

constexpr int most_order = 5;
constexpr std::array<double, most_order + 1> kappa{0, -0.1850, -1.0 / 9, -0.0823, -0.0415, 0};

/// Σ_{j=1}^k 1/j.
constexpr double gamma(int k) { return k == 0 ? 0 : gamma(k - 1) + 1.0 / k; }
double alpha(int k) { return (1 - kappa[static_cast<std::size_t>(k)]) * gamma(k); }
/// The local error of order k is this times the (k+1)-th difference.
double error_constant(int k) {
  return (k <= most_order ? kappa[static_cast<std::size_t>(k)] * gamma(k) : 0) + 1.0 / (k + 1);
}

/// Turns the differences ∇^0 … ∇^k of a polynomial of degree k at steps h into those at steps factor·h.
Matrix change_of_step(int k, double factor) {
  const auto differences = [k](double ratio) {
    Matrix r = Matrix::Zero(k + 1, k + 1);
    r.row(0).setOnes();
    for (int i = 1; i <= k; ++i) {
      for (int j = 1; j <= k; ++j) r(i, j) = r(i - 1, j) * (i - 1 - ratio * j) / i;
    }
    return r;
  };
  return differences(factor) * differences(1);
}

constexpr double accepted = 1;

class Bdf final : public Stepper {
 public:
  explicit Bdf(const SolverSettings& settings) : settings_(settings) {}

  void start(const Flow& flow, double t, const State& state) override {
    require_stepper_fits("bdf", flow.second_order, flow.friction, flow.temperature);
    flow_ = flow;
    newton_.start(flow, state.position.size());
    const Eigen::Index size = state.position.size();
    y_ = prediction_ = psi_ = velocity_ = change_ = no_velocity_ = Vector::Zero(size);
    t_ = t;
    h_ = std::min(settings_.step, settings_.max_step);
    order_ = next_order_ = 1;
    next_factor_ = 1;
    equal_steps_ = 0;
    differences_ = Matrix::Zero(size, most_order + 3);
    heat_differences_ = Vector::Zero(most_order + 3);
    flow_.force(state.position, velocity_);
    velocity_ /= flow_.friction;
    differences_.col(0) = state.position;
    differences_.col(1) = h_ * velocity_;
    heat_differences_[0] = state.heat;
    heat_differences_[1] = h_ * heating();
  }

  void step(double /*target*/) override {
    if (next_order_ != order_ || next_factor_ != 1) {
      order_ = next_order_;
      change_step(next_factor_);
      next_factor_ = 1;
    }
    StepGuard guard(t_);
    for (;;) {
      const double factor = attempt();
      if (factor == accepted) break;
      guard.rejected(h_ * factor, velocity_.allFinite());
      change_step(factor);
    }
    ++equal_steps_;
    t_ += h_;
    accept();
    choose_next();
  }

  double time() const override { return t_; }
  double step_size() const override { return h_; }

  // The polynomial through the last order + 1 points.
  void state_at(double t, State& state) override {
    state.position = differences_.col(0);
    state.heat = heat_differences_[0];
    double product = 1;
    if (t != t_) {
      for (int j = 0; j < order_; ++j) {
        product *= ((t - t_) / h_ + j) / (j + 1);
        state.position += product * differences_.col(j + 1);
        state.heat += product * heat_differences_[j + 1];
      }
      flow_.project(state.position, no_velocity_);
    }
    state.velocity.resize(state.position.size());
    flow_.force(state.position, state.velocity);
    state.velocity /= flow_.friction;
  }

  std::vector<double> save() const override {
    std::vector<double> saved{t_,
                              h_,
                              static_cast<double>(order_),
                              static_cast<double>(equal_steps_),
                              next_factor_,
                              static_cast<double>(next_order_)};
    saved.insert(saved.end(), differences_.reshaped().begin(), differences_.reshaped().end());
    saved.insert(saved.end(), heat_differences_.begin(), heat_differences_.end());
    const std::vector<double> newton = newton_.save();
    saved.insert(saved.end(), newton.begin(), newton.end());
    return saved;
  }

  void restore(std::span<const double> saved) override {
    const auto size = static_cast<std::size_t>(differences_.size());
    const auto heats = static_cast<std::size_t>(heat_differences_.size());
    require_saved_size("bdf", saved.size(), 6 + size + heats + newton_.saved_size());
    t_ = saved[0];
    h_ = saved[1];
    order_ = static_cast<int>(saved[2]);
    equal_steps_ = static_cast<int>(saved[3]);
    next_factor_ = saved[4];
    next_order_ = static_cast<int>(saved[5]);
    std::copy_n(saved.begin() + 6, size, differences_.data());
    std::copy_n(saved.begin() + 6 + static_cast<std::ptrdiff_t>(size), heats, heat_differences_.data());
    newton_.restore(saved.last(newton_.saved_size()));
  }

 private:
  /// Γ|x'|², what friction takes.
  double heating() const { return flow_.accounts_heat ? flow_.friction * velocity_.squaredNorm() : 0; }

  /// One try of a step: `accepted`, or the factor by which h should shrink.
  double attempt() {
    prediction_ = differences_.leftCols(order_ + 1).rowwise().sum();
    psi_.setZero();
    for (int k = 1; k <= order_; ++k) psi_ += (gamma(k) / alpha(order_)) * differences_.col(k);
    tolerance_ = settings_.abs_tol + settings_.rel_tol * prediction_.lpNorm<Eigen::Infinity>();
    const ImplicitEquation equation{prediction_, psi_, h_ / alpha(order_), 0.02 * tolerance_};
    for (;;) {
      y_ = prediction_;
      flow_.project(y_, no_velocity_);
      if (newton_.solve(equation, y_, velocity_)) break;
      if (!newton_.forget()) return 0.4;
    }
    change_ = y_ - prediction_;
    const double error = error_constant(order_) * change_.lpNorm<Eigen::Infinity>() / tolerance_;
    if (error <= 1) return accepted;
    return std::max(0.2, safety() * std::pow(error, -1.0 / (order_ + 1)));
  }

  double safety() const { return 0.9 * 9 / (8 + newton_.iterations()); }

  void accept() {
    const auto shift = [this](auto&& column, const auto& change) {
      column(order_ + 2) = change - column(order_ + 1);
      column(order_ + 1) = change;
      for (int k = order_; k >= 0; --k) column(k) += column(k + 1);
    };
    shift([this](int k) { return differences_.col(k); }, change_);
    differences_.col(0) = y_;  // on the manifold, without the roundings of the sum
    if (!flow_.accounts_heat) return;
    double psi = 0;
    for (int k = 1; k <= order_; ++k) psi += gamma(k) / alpha(order_) * heat_differences_[k];
    shift([this](int k) -> double& { return heat_differences_[k]; }, h_ / alpha(order_) * heating() - psi);
  }

  /// After order + 1 equal steps: the order, of three neighbors, that allows the longest step.
  void choose_next() {
    if (equal_steps_ < order_ + 1) return;
    double best = 0;
    for (int k = std::max(1, order_ - 1); k <= std::min(settings_.max_order, order_ + 1); ++k) {
      const double error = error_constant(k) * differences_.col(k + 1).lpNorm<Eigen::Infinity>() / tolerance_;
      const double factor = safety() * std::pow(error, -1.0 / (k + 1));
      if (factor > best) {
        best = factor;
        next_order_ = k;
      }
    }
    best = std::min({best, 10.0, settings_.max_step / h_});
    // A new step costs a factorization: not for little.
    if (best < 1.2) {
      next_order_ = order_;
      return;
    }
    next_factor_ = best;
  }

  void change_step(double factor) {
    const Matrix change = change_of_step(order_, factor);
    differences_.leftCols(order_ + 1) = (differences_.leftCols(order_ + 1) * change).eval();
    heat_differences_.head(order_ + 1) = (change.transpose() * heat_differences_.head(order_ + 1)).eval();
    h_ *= factor;
    equal_steps_ = 0;
  }

  SolverSettings settings_;
  Flow flow_;
  TangentNewton newton_;
  double t_ = 0;
  double h_ = 0;
  int order_ = 1;
  int equal_steps_ = 0;
  double next_factor_ = 1;  // decided after a step, done before the next, so that dense output is that of the last
  int next_order_ = 1;
  double tolerance_ = 0;
  Matrix differences_;       // column k: ∇^k x at t_, for steps h_
  Vector heat_differences_;  // likewise
  Vector y_, velocity_, prediction_, psi_, change_, no_velocity_;
};

}  // namespace

std::unique_ptr<Stepper> bdf(const SolverSettings& settings) { return std::make_unique<Bdf>(settings); }

}  // namespace softmech
