// One query: exact results of docs/theory.md, section 2.
#include <softmech/ensemble/random.hpp>
#include <softmech/mechanics/action.hpp>
#include <softmech/mechanics/normal_modes.hpp>
#include <softmech/mechanics/oscillation.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/query.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

using namespace softmech;
using Catch::Contains;

namespace {

/// A random query with its temperature √d_k.
QuerySystem random_query(Eigen::Index keys, Eigen::Index head_dim, double mass = 1, double friction = 0,
                         Operator op = Softmax{}) {
  RandomStream source(7, 0, "query");
  Vector energies = random_energies(keys, head_dim, source);
  return {std::move(energies), std::sqrt(static_cast<double>(head_dim)), mass, friction, op};
}

Vector softmax(const Vector& energies, double temperature) {
  const Vector z = (-(energies.array() - energies.minCoeff()) / temperature).exp();
  return z / z.sum();
}

SolverSettings settings(const char* stepper, double step, double tolerance = 1e-11) {
  SolverSettings result;
  result.stepper = stepper;
  result.step = step;
  result.rel_tol = tolerance;
  result.abs_tol = tolerance * 1e-3;
  return result;
}

std::vector<double> grid(double end, int intervals) {
  std::vector<double> depths;
  for (int i = 0; i <= intervals; ++i) depths.push_back(end * i / intervals);
  return depths;
}

const std::vector<Operator> operators{Softmax{}, Entmax{1.5}, Entmax{2}, KappaSoftmax{0.3}};

}  // namespace

static_assert(LagrangianSystem<QuerySystem> && HasHessian<QuerySystem>);

TEST_CASE("the potential is F(y²) and its gradient 2y(E + 2T ln|y| + T), 0 where y is") {
  const QuerySystem query = random_query(5, 4);
  const double T = query.temperature();
  const Vector& E = query.energies();
  const Vector y = Vector{{0.1, -0.7, 0.3, 0.0, 0.5}}.normalized();
  double F = 0;
  Vector expected(5), gradient(5);
  for (int i = 0; i < 5; ++i) {
    if (y[i] == 0) {
      expected[i] = 0;
      continue;
    }
    F += y[i] * y[i] * E[i] + T * y[i] * y[i] * std::log(y[i] * y[i]);
    expected[i] = 2 * y[i] * (E[i] + 2 * T * std::log(std::abs(y[i])) + T);
  }
  query.gradient(y, gradient);
  CHECK(query.potential(y) == Approx(F).epsilon(1e-14));
  CHECK((gradient - expected).norm() < 1e-13);
  CHECK(query.mass() == 4);
}

TEST_CASE("gradients of all operators are derivatives of their potentials, Hessians of their gradients") {
  for (const Operator& op : operators) {
    INFO("operator " << op.index());
    const QuerySystem query = random_query(6, 3, 1, 0, op);
    const Vector y = Vector{{0.4, -0.7, 0.3, 0.2, 0.5, 0.35}}.normalized();
    Vector gradient(6);
    query.gradient(y, gradient);
    for (Eigen::Index i = 0; i < 6; ++i) {
      const Vector d = 1e-5 * Vector::Unit(6, i);
      CHECK(gradient[i] == Approx((query.potential(y + d) - query.potential(y - d)) / 2e-5).epsilon(1e-7).margin(1e-8));
    }
    const Matrix basis = tangent_basis(query.manifold(), y);
    REQUIRE(basis.cols() == 5);
    const Matrix exact = basis.transpose() * query.hessian(y) * basis;
    CHECK((exact - hessian_by_differences(query, y, basis)).norm() < 1e-7 * exact.norm());
  }
}

TEST_CASE("all modes of the softmax have ω² = T/m, from the Hessian and from its differences") {
  for (const auto& [keys, head_dim, mass] : {std::tuple{2, 1, 1.0}, {16, 64, 0.7}, {40, 9, 3.0}}) {
    const QuerySystem query = random_query(keys, head_dim, mass);
    const double expected = query.temperature() / mass;
    const Vector y = query.equilibrium().cwiseSqrt();
    const Vector modes = squared_frequencies(query, y);
    REQUIRE(modes.size() == keys - 1);
    CHECK((modes.array() / expected - 1).abs().maxCoeff() < 1e-11);
    const Matrix differences = hessian_by_differences(query, y, tangent_basis(query.manifold(), y));
    CHECK((differences / query.mass() - expected * Matrix::Identity(keys - 1, keys - 1)).cwiseAbs().maxCoeff() <
          1e-6 * expected);
  }
}

TEST_CASE("other operators are not isochronous: sparsemax has Hess F = T diag(1) in p") {
  const QuerySystem query(Vector{{0, 0.1, 0.25}}, 1, 1, 0, Entmax{2});
  // p* = 1/3 + (mean E − E) and T s'' = −1: in y, 4 p_i on the tangent space of y* = √p*.
  const Vector p = Vector{{1.0 / 3 + 0.35 / 3, 1.0 / 3 + 0.35 / 3 - 0.1, 1.0 / 3 + 0.35 / 3 - 0.25}};
  CHECK((query.equilibrium() - p).norm() < 1e-15);
  const Vector y = p.cwiseSqrt();
  const Matrix basis = tangent_basis(query.manifold(), y);
  const Matrix expected = basis.transpose() * (4 * p).asDiagonal() * basis / query.mass();
  const Vector modes = squared_frequencies(query, y);
  CHECK((modes - Eigen::SelfAdjointEigenSolver<Matrix>(expected).eigenvalues()).norm() < 1e-12);
  CHECK(modes[1] > 1.1 * modes[0]);
}

TEST_CASE("simulated oscillations near equilibrium have ω² = T/m to 1e-6 in every mode") {
  const double mass = 0.7;
  const QuerySystem query = random_query(12, 16, mass);
  const double expected = query.temperature() / mass;
  const double period = 2 * std::acos(-1.0) / std::sqrt(expected);
  RandomStream source(7, 0, "start");
  const QueryState start = query.near_equilibrium_start(1e-4, source);
  CHECK(query.manifold().distance(start.position, query.equilibrium().cwiseSqrt()) == Approx(1e-4).epsilon(1e-9));

  const Vector y = query.equilibrium().cwiseSqrt();
  const Matrix basis = tangent_basis(query.manifold(), y);
  for (const auto& solver : {settings("dopri5", 0.01, 1e-13), settings("fehlberg78", 0.01, 1e-13),
                             settings("symplectic_rkn", period / 200), settings("geodesic_leapfrog", period / 6000)}) {
    const int samples = 240;
    Matrix displacements(11, samples + 1);
    Simulation simulation{query, start, stepper(solver)};
    Eigen::Index k = 0;
    simulation.observe(grid(6 * period, samples), [&](double, const QueryState& state) {
      displacements.col(k++) = basis.transpose() * query.manifold().log(y, state.position);
    });
    simulation.run(6 * period);
    const Vector squares = Vector::NullaryExpr(11, [&](Eigen::Index mode) {
      return std::pow(oscillation_frequency(displacements.row(mode).transpose(), 6 * period / samples), 2);
    });
    INFO(solver.stepper);
    fmt::print("{}: largest deviation of ω² m/T from 1 over 11 modes: {:.1e}\n", solver.stepper,
               (squares.array() / expected - 1).abs().maxCoeff());
    CHECK((squares.array() / expected - 1).abs().maxCoeff() < 1e-6);
  }
}

TEST_CASE("the overdamped flow is p(0)^a exp(-(1-a)E/T), a = exp(-Tt/γ), to 1e-9 at rel_tol 1e-11") {
  const double friction = 1.7;
  const QuerySystem query = random_query(24, 16, 1, friction);
  const double T = query.temperature();
  RandomStream source(3, 1, "start");
  const QueryState start = query.dirichlet_start(source);
  const Vector p0 = query.weights(start);
  for (const char* name : {"dopri5", "fehlberg78"}) {
    double worst = 0, worst_formula = 0;
    Simulation simulation{gradient_flow(query), start, stepper(settings(name, 0.01, 1e-11))};
    simulation.observe(grid(3, 37), [&](double t, const QueryState& state) {
      const double a = std::exp(-T * t / friction);
      const Vector logs = a * p0.array().log() - (1 - a) * query.energies().array() / T;
      Vector exact = (logs.array() - logs.maxCoeff()).exp();
      exact /= exact.sum();
      worst = std::max(worst, (query.weights(state) - exact).cwiseAbs().maxCoeff());
      worst_formula = std::max(worst_formula, (query.overdamped(p0, t) - exact).cwiseAbs().maxCoeff());
    });
    simulation.run(3);
    INFO(name);
    fmt::print("{}, overdamped: largest error of a weight {:.1e} in {} steps\n", name, worst, simulation.steps());
    CHECK(worst < 1e-9);
    CHECK(worst_formula < 1e-15);
  }
  CHECK((query.overdamped(p0, 1e3) - softmax(query.energies(), T)).norm() < 1e-15);
  CHECK((query.overdamped(p0, 0) - p0).norm() < 1e-15);
}

TEST_CASE("one mirror-descent step is the softmax, for other operators their attention; small steps follow the flow") {
  const QuerySystem query = random_query(32, 64);
  RandomStream source(3, 2, "start");
  const Vector p0 = query.weights(query.dirichlet_start(source));
  CHECK((query.mirror_step(p0) - softmax(query.energies(), 8)).cwiseAbs().maxCoeff() < 1e-16);

  // Half a step: p' ∝ √p e^{−E/2T}.
  Vector half = p0.array().sqrt() * (-query.energies().array() / 16).exp();
  half /= half.sum();
  CHECK((query.mirror_step(p0, 0.5) - half).cwiseAbs().maxCoeff() < 1e-16);

  for (const Operator& op : operators) {
    const QuerySystem other = random_query(8, 4, 1, 0, op);
    const Vector p = query.weights({Vector::LinSpaced(8, 1, 2).normalized(), {}});
    CHECK((other.mirror_step(p) - other.equilibrium()).norm() < 1e-15);
    CHECK((other.mirror_step(other.equilibrium(), 0.3) - other.equilibrium()).norm() < 1e-13);
  }
}

TEST_CASE("the undamped energy error of the symplectic steppers is bounded without trend over 10^5 steps") {
  // In the open orthant. Half as much energy again and weights would pass through zero.
  const QuerySystem query = random_query(16, 16);
  RandomStream source(7, 0, "start");
  const QueryState start = query.near_equilibrium_start(0.15, source);
  const double energy = total_energy(query, start);
  const double scale = query.excess(start);
  for (const auto& [name, step, bound] : {std::tuple{"geodesic_leapfrog", 0.05, 5e-3}, {"symplectic_rkn", 0.1, 1e-6}}) {
    constexpr int steps = 100'000;
    std::vector<double> errors;
    double smallest = 1;
    Simulation simulation{query, start, stepper(settings(name, step))};
    simulation.observe(grid(steps * step, steps), [&](double, const QueryState& state) {
      errors.push_back((total_energy(query, state) - energy) / scale);
      smallest = std::min(smallest, state.position.minCoeff());
    });
    simulation.run(steps * step);
    REQUIRE(simulation.steps() == steps);
    const auto half = errors.begin() + steps / 2;
    const auto [first_low, first_high] = std::minmax_element(errors.begin(), half);
    const auto [last_low, last_high] = std::minmax_element(half, errors.end());
    const double first = std::accumulate(errors.begin(), half, 0.0) / (steps / 2);
    const double last = std::accumulate(half, errors.end(), 0.0) / (steps / 2 + 1);
    fmt::print(
        "{}: energy error / (F(0) − F*) in [{:.2e}, {:.2e}] and [{:.2e}, {:.2e}], means {:.3e} and {:.3e}, smallest y "
        "{:.3f}\n",
        name, *first_low, *first_high, *last_low, *last_high, first, last, smallest);
    const double amplitude = *first_high - *first_low;
    CHECK(smallest > 0);
    CHECK(amplitude < bound);
    CHECK(std::abs(last - first) < 0.02 * amplitude);
    CHECK(*last_high - *last_low < 1.1 * amplitude);
  }
}

TEST_CASE("weights pass through zero; the singular curvature there costs accuracy, not the run") {
  const QuerySystem query = random_query(8, 4);
  QueryState start = query.uniform_start();
  RandomStream source(1, 1, "velocity");
  start.velocity = 3 * query.manifold().random_tangent(start.position, source).normalized();
  for (const auto& solver : {settings("fehlberg78", 0.01, 1e-10), settings("dopri5", 0.01, 1e-10),
                             settings("symplectic_rkn", 0.005), settings("geodesic_leapfrog", 0.001)}) {
    double smallest = 1, worst = 0, norm_error = 0;
    Simulation simulation{query, start, stepper(solver)};
    simulation.observe(grid(20, 400), [&](double, const QueryState& state) {
      smallest = std::min(smallest, state.position.minCoeff());
      worst = std::max(worst, std::abs(total_energy(query, state) / total_energy(query, start) - 1));
      norm_error = std::max(norm_error, std::abs(query.weights(state).sum() - 1));
    });
    simulation.run(20);
    fmt::print("{}: relative energy error {:.1e} with weights passing through zero, {} steps\n", solver.stepper, worst,
               simulation.steps());
    INFO(solver.stepper);
    CHECK(smallest < -0.3);
    CHECK(worst < 1e-4);
    CHECK(norm_error < 1e-15);
  }
}

TEST_CASE("with friction every operator relaxes to its own attention weights") {
  for (const Operator& op : operators) {
    // The last key lies outside the support of the sparse operators.
    const QuerySystem query(Vector{{0.1, 0, 0.3, 0.2, 4}}, 1, 0.5, 1.5, op);
    for (const char* name : {"dopri5", "geodesic_leapfrog"}) {
      Simulation simulation{query, query.uniform_start(), stepper(settings(name, 0.05))};
      std::vector<double> energies;
      simulation.observe(grid(400, 50),
                         [&](double, const QueryState& s) { energies.push_back(total_energy(query, s)); });
      simulation.run(400);
      INFO("operator " << op.index() << " with " << name);
      CHECK((query.weights(simulation.state()) - query.equilibrium()).cwiseAbs().maxCoeff() < 1e-8);
      CHECK(query.excess(simulation.state()) < 1e-8);
      for (std::size_t i = 1; i < energies.size(); ++i) CHECK(energies[i] <= energies[i - 1] + 1e-12);
    }
  }
}

TEST_CASE("explicit energies relax to the softmax to 1e-12") {
  const QuerySystem query(Vector{{0.3, -1.2, 2.0, 0.0}}, 0.8, 1, 2);
  Simulation simulation{query, query.uniform_start(), stepper(settings("dopri5", 0.01, 1e-12))};
  simulation.run(80);
  CHECK((query.weights(simulation.state()) - softmax(query.energies(), 0.8)).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a trajectory makes the action of the query stationary") {
  const QuerySystem query = random_query(12, 9);
  const auto largest = [&](const char* name, int intervals) {
    Matrix path(12, intervals + 1);
    Vector depths(intervals + 1);
    Eigen::Index k = 0;
    Simulation simulation{query, query.uniform_start(), stepper(settings(name, 2.0 / intervals, 1e-13))};
    simulation.observe(grid(2, intervals), [&](double t, const QueryState& state) {
      depths[k] = t;
      path.col(k++) = state.position;
    });
    simulation.run(2);
    return action_gradient(query, depths, path).colwise().norm().maxCoeff();
  };
  CHECK(largest("geodesic_leapfrog", 50) < 1e-13);
  CHECK(std::log2(largest("fehlberg78", 100) / largest("fehlberg78", 200)) == Approx(3).margin(0.05));
  CHECK(std::log2(largest("symplectic_rkn", 100) / largest("symplectic_rkn", 200)) == Approx(3).margin(0.05));
}

TEST_CASE("observables of a row") {
  const QuerySystem query = random_query(20, 16);
  const double T = query.temperature();
  RandomStream source(5, 0, "start");
  const QueryState state = query.dirichlet_start(source);
  const Vector p = query.weights(state);
  const Vector q = softmax(query.energies(), T);
  const double kl = (p.array() * (p.array() / q.array()).log()).sum();
  const double U = p.dot(query.energies()), S = -(p.array() * p.array().log()).sum();
  CHECK(query.internal_energy(state) == Approx(U));
  CHECK(query.entropy(state) == Approx(S));
  CHECK(query.free_energy(state) == Approx(U - T * S));
  CHECK(query.potential(state.position) == Approx(U - T * S));
  CHECK(query.kl_to_equilibrium(state) == Approx(kl));
  CHECK(query.excess(state) == Approx(T * kl));
  const QueryState rest = query.at_rest(q);
  const double variance = q.dot(query.energies().cwiseAbs2()) - std::pow(q.dot(query.energies()), 2);
  CHECK(query.specific_heat(rest) == Approx(variance / (T * T)));
  CHECK(query.specific_heat(rest) == Approx(heat_capacity(Softmax{}, query.energies(), T)));
  CHECK(query.excess(rest) < 1e-15);
  CHECK(query.free_energy(rest) == Approx(-T * std::log((-query.energies() / T).array().exp().sum())));
}

TEST_CASE("random energies have variance head_dim over queries, Dirichlet starts mean 1/n") {
  RandomStream source(11, 0, "energies");
  double sum = 0, squares = 0;
  const int rows = 4000;
  for (int row = 0; row < rows; ++row) {
    const Vector energies = random_energies(4, 9, source);
    sum += energies.sum();
    squares += energies.squaredNorm();
  }
  CHECK(std::abs(sum / (4 * rows)) < 5 * 3 / std::sqrt(4.0 * rows));
  // Given q the energies are independent normals of variance |q|², so the mean of four squares has variance
  // Var(|q|²) + 2 E|q|⁴/4 = 2d + d(d+2)/2 per row.
  CHECK(std::abs(squares / (4 * rows) - 9) < 5 * std::sqrt((2 * 9 + 9 * 11 / 2.0) / rows));
  const QuerySystem query = random_query(5, 2);
  Vector mean = Vector::Zero(5);
  for (int i = 0; i < 4000; ++i) mean += query.weights(query.dirichlet_start(source)) / 4000;
  CHECK((mean - Vector::Constant(5, 0.2)).cwiseAbs().maxCoeff() < 5 * std::sqrt(0.2 * 0.8 / 6 / 4000));
}

TEST_CASE("misuse of a query is named") {
  const Vector E{{0, 1}};
  CHECK_THROWS_WITH(QuerySystem(Vector::Zero(1), 1), Contains("model.keys = 1: must be at least 2"));
  CHECK_THROWS_WITH(QuerySystem(E, 0), Contains("model.temperature = 0: must be > 0; try 1"));
  CHECK_THROWS_WITH(QuerySystem(E, 1, -1), Contains("model.mass = -1: must be > 0; try 1"));
  CHECK_THROWS_WITH(QuerySystem(E, 1, 1, -2), Contains("model.friction = -2: must be >= 0; try 0"));
  CHECK_THROWS_AS(QuerySystem(Vector{{0, NAN}}, 1), std::invalid_argument);
  CHECK_THROWS_AS(QuerySystem(E, 1, 1, 0, Entmax{0.5}), std::invalid_argument);
  const QuerySystem query(E, 1);
  CHECK_THROWS_WITH(query.at_rest(Vector::Zero(3)), Contains("weights of 3 keys: must be 2"));
  CHECK_THROWS_WITH(query.at_rest(Vector{{0.5, 0.6}}), Contains("sum 1.1"));
  CHECK_THROWS_WITH(query.overdamped(Vector{{0.5, 0.5}}, 1), Contains("model.friction = 0: must be > 0"));
  CHECK_THROWS_WITH(query.mirror_step(Vector{{0, 1}}), Contains("must be > 0"));
  CHECK_THROWS_WITH(QuerySystem(E, 1, 1, 1, Entmax{2}).overdamped(Vector{{0.5, 0.5}}, 1), Contains("softmax"));
}
