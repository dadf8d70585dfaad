// Every observable of relaxations on data whose truth is known, and on data that are wrong: the verdict must change.
#include "synthetic.hpp"

#include <catch2/catch.hpp>

using namespace synthetic;

namespace {

const Queries queries = Queries::random(6, 5);

/// p(t) ∝ p(0)^{e^{−Tt/γ}} exp[−(1 − e^{−Tt/γ}) E/T], from the uniform start.
Vector exact_flow(Eigen::Index member, double t, double friction) {
  const double left = std::exp(-queries.temperature * t / friction);
  return softmax((1 - left) * queries.row(member), queries.temperature);
}

Vector settled(Eigen::Index member, double) { return queries.equilibrium(member); }

/// The softmax with a little weight moved from one key to another.
Vector displaced(Eigen::Index member, double amount) {
  Vector weights = queries.equilibrium(member);
  weights[0] += amount, weights[1] -= amount;
  return weights;
}

}  // namespace

TEST_CASE("The distance to the softmax sees one member that ends elsewhere") {
  CHECK(measure("distance_to_softmax", {queries.study(settled)}).value < 1e-15);
  CHECK(measure("distance_to_softmax", {queries.study(settled)}).sample_size == 6);
  const auto one_off = queries.study([](Eigen::Index m, double) { return displaced(m, m == 4 ? 1e-9 : 0.0); });
  CHECK(measure("distance_to_softmax", {one_off}).value == Approx(1e-9).epsilon(1e-5));
  CHECK(measure("distance_to_softmax", {queries.study(settled), one_off}).value == Approx(1e-9).epsilon(1e-5));
  CHECK(measure("least_distance_to_softmax", {one_off}).value < 1e-15);
  const auto all_off =
      queries.study([](Eigen::Index m, double) { return displaced(m, 1e-3 * static_cast<double>(m + 1)); });
  CHECK(measure("least_distance_to_softmax", {all_off}).value == Approx(1e-3).epsilon(1e-9));
}

TEST_CASE("A NaN among the ends is no agreement") {
  const auto broken = queries.study([](Eigen::Index m, double) { return displaced(m, m == 2 ? std::nan("") : 0.0); });
  const auto measured = measure("distance_to_softmax", {broken});
  CHECK(softmech::judge(measured, softmech::Criterion::at_most(1e-12)) == softmech::Verdict::inconclusive);
}

TEST_CASE("The overdamped flow is told from one of another friction") {
  const auto right = queries.study([](Eigen::Index m, double t) { return exact_flow(m, t, queries.friction); });
  CHECK(measure("overdamped_flow_error", {right}).value < 1e-15);
  const auto wrong = queries.study([](Eigen::Index m, double t) { return exact_flow(m, t, 1.001 * queries.friction); });
  CHECK(measure("overdamped_flow_error", {wrong}).value > 1e-5);
}

TEST_CASE("A mirror step is told from a shorter one") {
  const auto step = [](double size) {
    return queries.study([size](Eigen::Index m, double t) {
      return softmax((t > 0 ? size : 0.0) * queries.row(m), queries.temperature);
    });
  };
  CHECK(measure("mirror_step_error", {step(1.0)}).value < 1e-15);
  CHECK(measure("mirror_step_error", {step(0.999)}).value > 1e-5);
}

TEST_CASE("Mode frequencies are compared with the square root of T/m") {
  const auto with_frequencies = [](double factor) {
    StudyData study = queries.study(settled);
    std::vector<double> omega(12, std::sqrt(queries.temperature / queries.mass));
    omega[7] *= factor;
    study.data.variables.push_back(variable("mode", {"mode"}, {2}, ids(2)));
    study.data.variables.push_back(variable("mode_frequency", {"member", "mode"}, {6, 2}, omega));
    return study;
  };
  CHECK(measure("mode_frequency_error", {with_frequencies(1.0)}).value < 1e-14);
  CHECK(measure("mode_frequency_error", {with_frequencies(1.001)}).value == Approx(0.002001).epsilon(1e-6));
  CHECK(measure("mode_frequency_error", {with_frequencies(std::nan(""))}).value > 1e300);
}

TEST_CASE("The action's gradient vanishes at second order on a path of the motion, and not on another") {
  // Two keys of equal energy: y = (cos φ, sin φ) with 4m φ̈ = −∂F/∂φ; here the path is integrated in small steps.
  Queries pair;
  pair.energies = RowMatrix::Zero(2, 2);
  pair.times = Vector::LinSpaced(81, 0, 4);
  const auto swinging = [&pair](double friction) {
    return [&pair, friction](Eigen::Index member, double until) {
      const double T = pair.temperature, quarter = std::atan(1.0);
      const auto force = [T](double phi) {  // −∂F/∂φ for F = T Σ p ln p, p = (cos²φ, sin²φ)
        const double c = std::cos(phi), s = std::sin(phi);
        return -2 * T * s * c * (std::log(s * s) - std::log(c * c));
      };
      double phi = quarter + 0.1 * static_cast<double>(member + 1), velocity = 0;
      constexpr double step = 1e-4;
      const auto steps = static_cast<int>(std::lround(until / step));
      const auto acceleration = [&](double position, double speed) {
        return (force(position) - 4 * friction * speed) / (4 * pair.mass);
      };
      for (int i = 0; i < steps; ++i) {  // midpoint rule
        const double middle = phi + velocity * step / 2, speed = velocity + acceleration(phi, velocity) * step / 2;
        phi += speed * step, velocity += acceleration(middle, speed) * step;
      }
      return Vector(Eigen::Vector2d(std::cos(phi) * std::cos(phi), std::sin(phi) * std::sin(phi)));
    };
  };
  CHECK(measure("action_gradient_order", {pair.study(swinging(0.0))}).value == Approx(2.0).margin(0.02));
  CHECK(measure("action_gradient_order", {pair.study(swinging(0.5))}).value == Approx(0.0).margin(0.05));
}

TEST_CASE("Work and heat balance for equilibria, and for no others") {
  CHECK(measure("work_balance_error", {queries.study(settled)}).value < 1e-14);
  const auto wrong = queries.study([](Eigen::Index m, double) { return displaced(m, m == 3 ? 1e-4 : 0.0); });
  CHECK(measure("work_balance_error", {wrong}).value > 1e-5);
}

TEST_CASE("A rise of the free energy is found") {
  const auto right = queries.study([](Eigen::Index m, double t) { return exact_flow(m, t, queries.friction); });
  CHECK(measure("largest_free_energy_rise", {right}).value < 0);
  const auto back =
      queries.study([](Eigen::Index m, double t) { return exact_flow(m, t > 1.5 ? 1.0 : t, queries.friction); });
  CHECK(measure("largest_free_energy_rise", {back}).value > 1e-4);
}

TEST_CASE("Fluctuation, response and varentropy agree for the softmax only") {
  CHECK(measure("response_error", {queries.study(settled)}).value < 1e-10);
  const auto wrong = queries.study([](Eigen::Index m, double) { return displaced(m, 1e-3); });
  CHECK(measure("response_error", {wrong}).value > 1e-4);
}

TEST_CASE("Missing variables are named") {
  StudyData empty{"empty", {}};
  CHECK_THROWS_WITH(measure("distance_to_softmax", {empty}),
                    Catch::Contains("study empty") && Catch::Contains("weights"));
}
