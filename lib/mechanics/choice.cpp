// Which stepper follows which motion.
#include <softmech/mechanics/stepper.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace softmech {

namespace {

bool knows_noise(std::string_view stepper) { return stepper == "langevin" || stepper == "baoab"; }

}  // namespace

void require_stepper_fits(std::string_view stepper, bool second_order, double friction, double temperature) {
  const bool symplectic = stepper == "symplectic_rkn" || stepper == "geodesic_leapfrog";
  if (!(temperature >= 0)) {
    throw std::invalid_argument(fmt::format("model.temperature = {}: must be >= 0; try 0", temperature));
  }
  if (stepper == "auto") return;
  if (temperature > 0 && !knows_noise(stepper)) {
    throw std::invalid_argument(
        fmt::format("solver.stepper = \"{}\" with model.temperature = {}: knows no noise; try \"{}\"", stepper,
                    temperature, second_order ? "baoab" : "langevin"));
  }
  if ((symplectic || stepper == "baoab") && !second_order) {
    throw std::invalid_argument(
        fmt::format("solver.stepper = \"{}\": must not be used with overdamped dynamics; try {}", stepper,
                    temperature > 0 ? "langevin" : "dopri5, fehlberg78, bdf or euler"));
  }
  if ((stepper == "langevin" || stepper == "bdf") && second_order) {
    throw std::invalid_argument(
        fmt::format("solver.stepper = \"{}\": must not be used with second-order dynamics; try {}", stepper,
                    stepper == "bdf" ? "dopri5 or geodesic_leapfrog" : "baoab"));
  }
  if (stepper == "symplectic_rkn" && friction != 0) {
    throw std::invalid_argument(
        fmt::format("solver.stepper = \"symplectic_rkn\" with model.friction = {}: needs friction 0; try "
                    "geodesic_leapfrog, which damps exactly, or dopri5 or fehlberg78",
                    friction));
  }
}

std::string_view automatic_stepper(const Flow& flow, double fast_depths) {
  constexpr double long_run = 1000;  // explicit steps end at about 3 over the fastest rate
  if (flow.temperature > 0) return flow.second_order ? "baoab" : "langevin";
  if (flow.second_order) return flow.friction > 0 ? "dopri5" : "symplectic_rkn";
  return fast_depths > long_run ? "bdf" : "dopri5";
}

namespace {

/// Takes the stepper that the flow asks for when it meets it.
class Automatic final : public Stepper {
 public:
  explicit Automatic(const SolverSettings& settings) : settings_(settings) {}

  void start(const Flow& flow, double t, const State& state) override {
    settings_.stepper = automatic_stepper(flow);
    chosen_ = stepper(settings_);
    chosen_->start(flow, t, state);
  }
  void step(double target) override { chosen_->step(target); }
  double time() const override { return chosen_->time(); }
  double step_size() const override { return chosen_->step_size(); }
  void state_at(double t, State& state) override { chosen_->state_at(t, state); }
  std::vector<double> save() const override { return chosen_->save(); }
  void restore(std::span<const double> saved) override { chosen_->restore(saved); }

 private:
  SolverSettings settings_;
  std::unique_ptr<Stepper> chosen_;
};

}  // namespace

std::unique_ptr<Stepper> automatic(const SolverSettings& settings) { return std::make_unique<Automatic>(settings); }

}  // namespace softmech
