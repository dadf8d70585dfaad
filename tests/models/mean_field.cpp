// The limit of infinitely many tokens on the circle: exact rates, exact equilibria, and the limit itself.
#include "random_tokens.hpp"

#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/mechanics/simulation.hpp>
#include <softmech/models/mean_field.hpp>

#include <Eigen/Eigenvalues>
#include <boost/math/special_functions/bessel.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <numbers>

using namespace softmech;
using namespace softmech::test;

namespace {

using std::numbers::pi;

double bessel(Eigen::Index m, double beta) { return boost::math::cyl_bessel_i(static_cast<double>(m), beta); }

SolverSettings tight() {
  SolverSettings settings;
  settings.rel_tol = 1e-11;
  settings.abs_tol = 1e-14;
  settings.step = 1e-3;
  return settings;
}

Vector run(const MeanField& field, const Vector& start, double end) {
  Simulation simulation{field.flow(), {start, Vector::Zero(start.size())}, stepper(tight())};
  simulation.run(end);
  return simulation.state().position;
}

double two_bumps(double angle) { return 1 + 0.8 * std::cos(angle - 0.4) + 0.3 * std::sin(2 * angle); }

}  // namespace

TEST_CASE("USA's modes obey ȧ_m = K m Σ_k (k I_k/β) a_k a_{m−k} − T m² a_m") {
  const double beta = GENERATE(0.01, 1.3, 30.0);
  const Eigen::Index M = GENERATE(5, 32, 100);
  const MeanField field({TokenLaw::usa, beta, 1.7, 0.2, M});
  RandomStream random(1, 0, "modes");  // all modes, also the last: aliases would show
  const Vector state = Vector::NullaryExpr(2 * M, [&](Eigen::Index) { return 0.1 * random.normal(); });
  Vector velocity(2 * M);
  field.velocity(state, velocity);
  const auto a = [&](Eigen::Index m) {
    return m >= 0 ? MeanField::mode(state, m) : std::conj(MeanField::mode(state, -m));
  };
  Vector direct(2 * M);
  for (Eigen::Index m = 1; m <= M; ++m) {
    std::complex<double> sum = 0;
    for (Eigen::Index k = -M; k <= M; ++k) {
      if (std::abs(m - k) <= M) sum += static_cast<double>(k) * bessel(std::abs(k), beta) / beta * a(k) * a(m - k);
    }
    const double number = static_cast<double>(m);
    sum = 1.7 * number * sum - 0.2 * number * number * a(m);
    direct[2 * m - 2] = sum.real();
    direct[2 * m - 1] = sum.imag();
  }
  CHECK((velocity - direct).norm() < 1e-13 * direct.norm());
}

TEST_CASE("the velocity is that of tokens in the density's field, SA and USA") {
  // ȧ_m = −imK⟨e^{−imθ} f⟩ − Tm² a_m with f from integrals over ρ on a fine grid, summed point by point.
  const TokenLaw law = GENERATE(TokenLaw::sa, TokenLaw::usa);
  const double beta = 2.2, coupling = 0.8, temperature = 0.3;
  const MeanField field({law, beta, coupling, temperature, 40});
  const Vector state = field.state_of(two_bumps);
  Vector velocity(state.size());
  field.velocity(state, velocity);
  const int points = 400;
  const auto angle = [&](int j) { return 2 * pi * j / points; };
  const auto density = [&](int j) { return two_bumps(angle(j)) / (2 * pi) * (2 * pi / points); };
  for (const Eigen::Index m : {1, 2, 5}) {
    const double number = static_cast<double>(m);
    std::complex<double> expected = 0;
    for (int j = 0; j < points; ++j) {
      double weight = 0, pull = 0;
      for (int k = 0; k < points; ++k) {
        const double w = density(k) * std::exp(beta * std::cos(angle(j) - angle(k)));
        weight += w;
        pull -= w * std::sin(angle(j) - angle(k));
      }
      const double force = law == TokenLaw::sa ? pull / weight : pull;
      const std::complex<double> wave = std::polar(1.0, -number * angle(j));
      expected +=
          density(j) * wave * (std::complex<double>(0, -number * coupling * force) - temperature * number * number);
    }
    CHECK(std::abs(MeanField::mode(velocity, m) - expected) < 1e-13);
  }
}

TEST_CASE("modes grow out of the uniform state at their rates, of both signs about the threshold") {
  for (const double beta : {0.5, 4.0}) {
    for (const double distance : {-0.05, 0.05}) {
      const double coupling = critical_coupling(beta, 2) * (1 + distance);
      const MeanField usa({TokenLaw::usa, beta, coupling, 1, 24});
      CHECK(usa.growth_rate(1) == Approx(distance).epsilon(1e-10));
      CHECK(usa.growth_rate(2) == Approx(4 * (coupling * bessel(2, beta) / beta - 1)).epsilon(1e-12));
      const MeanField sa({TokenLaw::sa, beta, coupling, 1, 24});
      CHECK(sa.growth_rate(1) == Approx(coupling * bessel(1, beta) / (beta * bessel(0, beta)) - 1).epsilon(1e-12));
      for (const MeanField* field : {&usa, &sa}) {
        for (const Eigen::Index m : {1, 2}) {
          const double t = m == 1 ? 1 : 0.25;
          Vector start = field->uniform();
          start[2 * m - 2] = 1e-6;
          const double grown = MeanField::order(run(*field, start, t), m);
          CHECK(std::log(grown / 1e-6) / t == Approx(field->growth_rate(m)).margin(1e-9));
        }
      }
    }
  }
}

TEST_CASE("below the threshold order dies, above it it grows") {
  const double beta = 1;
  for (const double distance : {-0.1, 0.1}) {
    const MeanField field({TokenLaw::usa, beta, critical_coupling(beta, 2) * (1 + distance), 1, 20});
    const Vector start = field.state_of([](double angle) { return 1 + 0.02 * std::cos(angle); });
    const double end = MeanField::order(run(field, start, 10));
    if (distance < 0) CHECK(end < 0.006);
    if (distance > 0) CHECK(end > 0.02);
  }
}

TEST_CASE("the free energy of USA falls by what diffusion and drift dissipate, to an equilibrium in its own field") {
  const double beta = 1.5, temperature = 0.4, coupling = 1;
  const MeanField field({TokenLaw::usa, beta, coupling, temperature, 48});
  Simulation simulation{field.flow(), {field.state_of(two_bumps), {}}, stepper(tight())};
  double before = field.free_energy(simulation.state().position);
  for (int i = 1; i <= 40; ++i) {
    simulation.run(0.1 * i);
    const double now = field.free_energy(simulation.state().position);
    CHECK(now < before);
    before = now;
  }
  simulation.run(60);
  const Vector state = simulation.state().position;
  CHECK(field.tail(state) < 1e-12);
  CHECK_NOTHROW(field.require_resolved(state, 60));
  // At rest ρ ∝ e^{K g/(βT)}, so ln ρ − K g/(βT) is constant on the circle.
  const Vector density = field.density(state, 200);
  Vector chemical = density.array().log();
  for (Eigen::Index j = 0; j < 200; ++j) {
    const double angle = 2 * pi * static_cast<double>(j) / 200;
    double g = bessel(0, beta);
    for (Eigen::Index m = 1; m <= 30; ++m) {
      g += 2 * bessel(m, beta) * (MeanField::mode(state, m) * std::polar(1.0, static_cast<double>(m) * angle)).real();
    }
    chemical[j] -= coupling * g / (beta * temperature);
  }
  CHECK((chemical.array() - chemical.mean()).abs().maxCoeff() < 1e-8);
  CHECK(MeanField::order(state) > 0.5);
}

TEST_CASE("dF/dt = −∫ρ|∂_θ δF/δρ|² of USA, literally") {
  const double beta = 1.5, temperature = 0.4, coupling = 1.2, h = 1e-5;
  const MeanField field({TokenLaw::usa, beta, coupling, temperature, 48});
  const Vector state = field.state_of(two_bumps);
  Vector velocity(state.size());
  field.velocity(state, velocity);
  const double slope = (field.free_energy(state + h * velocity) - field.free_energy(state - h * velocity)) / (2 * h);
  const int points = 256;
  double dissipation = 0;
  for (int j = 0; j < points; ++j) {
    const double at = 2 * pi * j / points;
    double pull = 0;
    for (int k = 0; k < points; ++k) {
      const double other = 2 * pi * k / points;
      pull -= two_bumps(other) / points * std::exp(beta * std::cos(at - other)) * std::sin(at - other);
    }
    const double log_slope = (-0.8 * std::sin(at - 0.4) + 0.6 * std::cos(2 * at)) / two_bumps(at);
    dissipation += two_bumps(at) / points * std::pow(temperature * log_slope - coupling * pull, 2);
  }
  CHECK(slope == Approx(-dissipation).epsilon(1e-8));
}

TEST_CASE("energies of known densities") {
  const MeanField field({TokenLaw::usa, 2.5, 1, 1, 64});
  CHECK(field.entropy(field.uniform()) == Approx(std::log(2 * pi)).epsilon(1e-14));
  CHECK(field.interaction_energy(field.uniform()) == Approx(-bessel(0, 2.5) / 5).epsilon(1e-13));
  // Von Mises, ρ = e^{κ cos θ}/(2π I_0(κ)): a_m = I_m(κ)/I_0(κ), S = ln 2πI_0(κ) − κ I_1(κ)/I_0(κ).
  const double kappa = 6;
  const Vector state = field.state_of([&](double angle) { return std::exp(kappa * std::cos(angle - 1)); });
  for (const Eigen::Index m : {1, 2, 7}) {
    CHECK(MeanField::order(state, m) == Approx(bessel(m, kappa) / bessel(0, kappa)).epsilon(1e-12));
    CHECK(std::arg(MeanField::mode(state, m)) == Approx(std::remainder(-static_cast<double>(m), 2 * pi)).margin(1e-12));
  }
  CHECK(field.entropy(state) ==
        Approx(std::log(2 * pi * bessel(0, kappa)) - kappa * bessel(1, kappa) / bessel(0, kappa)));
  const Vector density = field.density(state, 100);
  CHECK(density[17] == Approx(std::exp(kappa * std::cos(0.34 * pi - 1)) / (2 * pi * bessel(0, kappa))).epsilon(1e-11));
  // Interaction energy does not depend on how the kernel is scaled inside.
  const MeanField sa({TokenLaw::sa, 2.5, 1, 1, 64});
  CHECK(sa.interaction_energy(state) == Approx(field.interaction_energy(state)).epsilon(1e-13));
}

TEST_CASE("many tokens move as their mean field, until its modes no longer resolve them") {
  // Tokens at the quantiles of the density, integrated one by one: midpoints, so the error is of order 1/n².
  const TokenLaw law = GENERATE(TokenLaw::sa, TokenLaw::usa);
  const double beta = 2, end = 0.6;
  const Eigen::Index n = 400;
  const MeanField field({law, beta, 1, 0, 64});
  const auto quantile = [](double share) {  // of (1 + 0.5 cos θ)/2π
    double angle = 2 * pi * share;
    for (int i = 0; i < 60; ++i)
      angle -= (angle + 0.5 * std::sin(angle) - 2 * pi * share) / (1 + 0.5 * std::cos(angle));
    return angle;
  };
  Vector angles(n);
  for (Eigen::Index i = 0; i < n; ++i) angles[i] = quantile((static_cast<double>(i) + 0.5) / static_cast<double>(n));
  Flow tokens_flow;
  tokens_flow.second_order = false;
  tokens_flow.friction = 1;
  tokens_flow.force = [&](const VectorView& x, Eigen::Ref<Vector> out) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const Vector w = (beta * (x.array() - x[i]).cos()).exp();
      const double pull = w.dot((x.array() - x[i]).sin().matrix());
      out[i] = pull / (law == TokenLaw::sa ? w.sum() : static_cast<double>(n));
    }
  };
  tokens_flow.project = [](Eigen::Ref<Vector>, Eigen::Ref<Vector>) {};
  SolverSettings loose = tight();
  loose.rel_tol = 1e-8;
  loose.abs_tol = 1e-9;
  loose.step = 0.05;
  Simulation particles{tokens_flow, {angles, Vector::Zero(n)}, stepper(loose)};
  particles.run(end);
  const Vector& moved = particles.state().position;
  const Vector modes = run(field, field.state_of([](double angle) { return 1 + 0.5 * std::cos(angle); }), end);
  for (const Eigen::Index m : {1, 2, 4}) {
    const auto phases = static_cast<double>(m) * moved.array();
    const std::complex<double> of_particles(phases.cos().mean(), -phases.sin().mean());
    CHECK(std::abs(of_particles - MeanField::mode(modes, m)) < 2e-5);
  }
  CHECK(field.tail(modes) < 1e-6);
  // Without noise the density contracts to a point, which no number of modes resolves.
  Vector point = field.uniform();
  for (Eigen::Index m = 1; m <= field.modes(); ++m) point[2 * m - 2] = 1;
  CHECK(field.tail(point) == Approx(1));
  CHECK_THROWS_AS(field.require_resolved(point, 3), NumericalError);
  CHECK_THROWS_WITH(field.require_resolved(point, 3), Catch::Contains("raise model.modes"));
}

TEST_CASE("suggested modes resolve the stationary peak, a quarter of them would not") {
  for (const TokenLaw law : {TokenLaw::sa, TokenLaw::usa}) {
    const MeanField field({law, 3, 1, law == TokenLaw::sa ? 0.1 : 0.5});
    const Vector start = field.state_of([](double angle) { return std::exp(std::cos(angle)); });
    const Vector state = run(field, start, 12);
    INFO(fmt::format("{} modes, tail {:.1e}", field.modes(), field.tail(state)));
    CHECK(field.tail(state) < 1e-8);
    CHECK(MeanField::order(state, field.modes() / 4) > 1e-3);
  }
}

TEST_CASE("the fastest rate is that of the flow's derivative, at rest or nearly a point") {
  const auto fastest = [](const MeanField& field, const Vector& state) {
    Matrix derivative(state.size(), state.size());
    Vector ahead(state.size()), behind(state.size());
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      const Vector shift = 1e-6 * Vector::Unit(state.size(), i);
      field.velocity(state + shift, ahead);
      field.velocity(state - shift, behind);
      derivative.col(i) = (ahead - behind) / 2e-6;
    }
    return -derivative.eigenvalues().real().minCoeff();
  };
  for (const TokenLaw law : {TokenLaw::sa, TokenLaw::usa}) {
    for (const double temperature : {0.3, 0.05}) {
      const MeanField field({law, 2, 1, temperature});
      const Vector rest = run(field, field.state_of([](double angle) { return std::exp(std::cos(angle)); }), 20);
      for (const Vector& state : {field.uniform(), rest}) {
        const double right = fastest(field, state);
        INFO(fmt::format("T = {}, {} modes", temperature, field.modes()));
        CHECK(field.fastest_rate() > right);
        CHECK(field.fastest_rate() < 1.2 * right);
      }
    }
    // Without diffusion the width of a narrow density shrinks as e^{−rate t}.
    const MeanField field({law, 2, 1, 0, 800});
    const Vector start = field.state_of([](double angle) { return std::exp(1e4 * (std::cos(angle) - 1)); });
    const auto width = [](const Vector& state) { return std::sqrt(-2 * std::log(MeanField::order(state))); };
    const double t = 0.1 / field.fastest_rate();
    CHECK(std::log(width(start) / width(run(field, start, t))) / t == Approx(field.fastest_rate()).epsilon(2e-3));
  }
}

TEST_CASE("bdf follows the density as dopri5 does") {
  for (const TokenLaw law : {TokenLaw::sa, TokenLaw::usa}) {
    const MeanField field({law, 2, 1, 0.1, 32});
    const Vector start = field.state_of(two_bumps);
    for (const double end : {0.5, 5.0}) {
      Simulation implicit{field.flow(), {start, Vector::Zero(start.size())}, bdf(tight())};
      implicit.run(end);
      CHECK((implicit.state().position - run(field, start, end)).lpNorm<Eigen::Infinity>() < 1e-8);
    }
  }
}

TEST_CASE("SA at a large β is finite where its own field vanishes") {
  const MeanField field({TokenLaw::sa, 200, 1, 0.05});
  const Vector start = field.state_of([](double angle) { return std::exp(30 * (std::cos(angle) - 1)); });
  const Vector state = run(field, start, 1);
  CHECK(state.allFinite());
  CHECK(field.tail(state) < 1e-9);
  CHECK(field.density(state, 512).minCoeff() > -1e-9);
}

TEST_CASE("mean fields that cannot be resolved or computed are refused") {
  CHECK_THROWS_WITH(MeanField({TokenLaw::usa, 0, 1, 1}), Catch::Contains("model.beta = 0"));
  CHECK_THROWS_WITH(MeanField({TokenLaw::usa, 600, 1, 1}), Catch::Contains("at most 500"));
  CHECK_THROWS_WITH(MeanField({TokenLaw::sa, 1e9, 1, 1}), Catch::Contains("at most 1e8"));
  CHECK_THROWS_WITH(MeanField({TokenLaw::usa, 20, 1, 1e-6}), Catch::Contains("model.temperature = 1e-06"));
  CHECK_THROWS_WITH(MeanField({TokenLaw::usa, 1, -1, 1}), Catch::Contains("model.coupling = -1"));
  CHECK_THROWS_WITH(MeanField({TokenLaw::usa, 1, 1, 1, 3}), Catch::Contains("model.modes = 3"));
  const MeanField field({TokenLaw::usa, 1, 1, 1});
  CHECK_THROWS_AS(field.state_of([](double angle) { return std::cos(angle); }), std::invalid_argument);
  CHECK_THROWS_AS(field.state_of([](double) { return 0.0; }), std::invalid_argument);
}
