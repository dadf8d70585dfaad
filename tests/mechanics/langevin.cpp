// The noisy steppers: weak orders by exact averages over the noise of one step, Brownian motion, Boltzmann sampling,
// restarts. Averages over the noise are Gauss–Hermite sums, so nothing but the sampling tests is random.
#include "systems.hpp"

#include <softmech/mechanics/convergence.hpp>

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <boost/math/special_functions/bessel.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

using namespace softmech;
using namespace softmech::test;
using Catch::Contains;

namespace {

/// A field κ along the first axis of S^{d−1}: V = −κ cos θ.
SphereField axis_field(Eigen::Index d, double strength, double mass, double friction) {
  return {Sphere(d), Vector::Zero(d), strength * Vector::Unit(d, 0), mass, friction};
}

/// The mean of f(state) after one step, over the normal numbers of all draws of the step: 5 nodes for each of them are
/// exact for polynomials of degree 9.
template <class F>
double mean_after_step(const char* name, Flow flow, const State& start, double h, Eigen::Index draws, const F& f) {
  constexpr int nodes = 5;
  Matrix hermite = Matrix::Zero(nodes, nodes);
  for (int i = 1; i < nodes; ++i) hermite(i, i - 1) = hermite(i - 1, i) = std::sqrt(i);
  const Eigen::SelfAdjointEigenSolver<Matrix> rule(hermite);
  const Vector weights = rule.eigenvectors().row(0).cwiseAbs2();

  const Eigen::Index size = start.position.size();
  Vector numbers(draws * size);
  flow.noise = [&](std::uint64_t draw, Eigen::Ref<Vector> normals) {
    REQUIRE(static_cast<Eigen::Index>(draw) < draws);
    normals = numbers.segment(static_cast<Eigen::Index>(draw) * size, size);
  };
  const auto method = stepper(fixed(name, h));
  State end;
  double mean = 0;
  std::vector<int> index(static_cast<std::size_t>(numbers.size()));
  for (;;) {
    double weight = 1;
    for (std::size_t i = 0; i < index.size(); ++i) {
      numbers[static_cast<Eigen::Index>(i)] = rule.eigenvalues()[index[i]];
      weight *= weights[index[i]];
    }
    method->start(flow, 0, start);
    method->step(h);
    method->state_at(h, end);
    mean += weight * f(end);
    std::size_t digit = 0;
    while (digit < index.size() && ++index[digit] == nodes) index[digit++] = 0;
    if (digit == index.size()) return mean;
  }
}

/// Σ_j h^j/j! L^j f at a point.
template <class Function, class Generator, class Value>
double series(Function f, double h, const Generator& generator, const Value& value) {
  double sum = 0, factor = 1;
  for (int j = 0; j < 16; ++j) {
    sum += factor * value(f);
    f = generator(f);
    factor *= h / (j + 1);
  }
  return sum;
}

/// The mean of Σ_k p_k z^k, z = cos θ, after overdamped motion in the axis field: the generator
///   L p = (T/Γ) [(1 − z²) p'' − (d−1) z p'] + (κ/Γ) (1 − z²) p'.
double exact_overdamped(std::vector<double> p, double z, double h, double d, double strength, double temperature,
                        double friction) {
  const auto generator = [&](const std::vector<double>& f) {
    std::vector<double> result(f.size() + 1);
    for (std::size_t k = 1; k < f.size(); ++k) {
      const double n = static_cast<double>(k);
      if (k > 1) result[k - 2] += temperature / friction * n * (n - 1) * f[k];
      result[k] -= temperature / friction * (n * (n - 1) + (d - 1) * n) * f[k];
      result[k - 1] += strength / friction * n * f[k];
      result[k + 1] -= strength / friction * n * f[k];
    }
    return result;
  };
  return series(std::move(p), h, generator, [z](const std::vector<double>& f) {
    double sum = 0;
    for (std::size_t k = f.size(); k-- > 0;) sum = sum * z + f[k];
    return sum;
  });
}

/// A polynomial in cos θ, sin θ and w = θ'.
using Polynomial = std::map<std::array<int, 3>, double>;

/// Its mean after Langevin motion on the circle: L = w ∂_θ − (κ/M) sin θ ∂_w − (Γ/M) w ∂_w + (ΓT/M²) ∂_w².
double exact_circle(const Polynomial& p, double angle, double rate, double h, double strength, double mass,
                    double friction, double temperature) {
  const auto generator = [&](const Polynomial& f) {
    Polynomial result;
    for (const auto& [powers, a] : f) {
      const auto [c, s, w] = powers;
      if (c > 0) result[{c - 1, s + 1, w + 1}] -= c * a;
      if (s > 0) result[{c + 1, s - 1, w + 1}] += s * a;
      if (w > 0) {
        result[{c, s + 1, w - 1}] -= strength / mass * w * a;
        result[{c, s, w}] -= friction / mass * w * a;
      }
      if (w > 1) result[{c, s, w - 2}] += friction * temperature / (mass * mass) * w * (w - 1) * a;
    }
    return result;
  };
  return series(p, h, generator, [&](const Polynomial& f) {
    double sum = 0;
    for (const auto& [powers, a] : f) {
      sum += a * std::pow(std::cos(angle), powers[0]) * std::pow(std::sin(angle), powers[1]) *
             std::pow(rate, powers[2]);
    }
    return sum;
  });
}

/// Mean and standard error of a series, by 25 blocks.
std::pair<double, double> mean_and_error(const std::vector<double>& values) {
  constexpr std::ptrdiff_t blocks = 25;
  const std::ptrdiff_t length = std::ssize(values) / blocks;
  Vector means(blocks);
  for (std::ptrdiff_t i = 0; i < blocks; ++i) {
    const auto begin = values.begin() + i * length;
    means[i] = std::accumulate(begin, begin + length, 0.0) / static_cast<double>(length);
  }
  return {means.mean(), std::sqrt((means.array() - means.mean()).square().sum() / (blocks * (blocks - 1)))};
}

const std::vector<double> steps{0.02, 0.01, 0.005};

}  // namespace

TEST_CASE("one Langevin step has weak errors of third order, on the circle and on S2") {
  for (const Eigen::Index d : {2, 3}) {
    const double strength = 1.3, friction = 1.7, temperature = 0.6, z = 0.35;
    const auto system = axis_field(d, strength, 1, friction);
    Flow flow = gradient_flow(system);
    flow.temperature = temperature;
    State start{std::sqrt(1 - z * z) * Vector::Unit(d, 1), {}};
    start.position[0] = z;
    for (const std::size_t power : {1, 2, 3}) {
      std::vector<double> p(power + 1);
      p.back() = 1;
      const auto table = measure_convergence(fmt::format("langevin, d = {}: mean of z^{}", d, power), steps,
                                             [&](double h) {
        const double mean = mean_after_step("langevin", flow, start, h, 2, [&](const State& s) {
          return std::pow(s.position[0], static_cast<double>(power));
        });
        return std::abs(mean - exact_overdamped(p, z, h, static_cast<double>(d), strength, temperature, friction));
      });
      fmt::print("{}\n", to_string(table));
      CHECK(table.order() == Approx(3).margin(0.15));
    }
  }
}

TEST_CASE("Brownian motion: spherical harmonics of degree l fade like exp(-l(l+d-2)Tt/friction)") {
  // Without the correction of the variance the error would be of second order, which the test notices.
  struct Uncorrected : Sphere {
    using Sphere::Sphere;
    double brownian_variance(double s) const { return s; }
  };
  const double z = 0.35, temperature = 0.6, friction = 1.7;
  const auto order = [&](const auto& system, int l) {
    Flow flow = gradient_flow(system);
    flow.temperature = temperature;
    const double d = 3;
    const auto harmonic = [&](double x) { return l == 1 ? x : x * x - 1 / d; };
    const auto table = measure_convergence(fmt::format("Brownian motion on S2, l = {}", l), steps, [&](double h) {
      const double mean = mean_after_step("langevin", flow, {Vector{{z, std::sqrt(1 - z * z), 0}}, {}}, h, 2,
                                          [&](const State& s) { return harmonic(s.position[0]); });
      return std::abs(mean - std::exp(-l * (l + d - 2) * temperature * h / friction) * harmonic(z));
    });
    fmt::print("{}\n", to_string(table));
    return table.order();
  };
  for (const int l : {1, 2}) {
    CHECK(order(axis_field(3, 0, 1, friction), l) == Approx(3).margin(0.15));
    const QuadraticField<Uncorrected> uncorrected{Uncorrected(3), Vector::Zero(3), Vector::Zero(3), 1, friction};
    CHECK(order(uncorrected, l) == Approx(2).margin(0.15));
  }
}

TEST_CASE("the variance of Brownian steps is right in every dimension") {
  // |ξ| = σr with the density r^{m−1} e^{−r²/2} of m = n − 1 normal numbers; degree l = 2 is cos² − 1/n.
  using boost::math::quadrature::gauss_kronrod;
  const auto mean = [](double n, double sigma, int l) {
    const auto weight = [n](double r) { return std::pow(r, n - 2) * std::exp(-r * r / 2); };
    const auto harmonic = [&](double r) {
      const double c = std::cos(sigma * r);
      return l == 1 ? c : (c * c - 1 / n) / (1 - 1 / n);
    };
    const auto integral = [](const auto& f) { return gauss_kronrod<double, 61>::integrate(f, 0, 20, 8, 1e-14); };
    return integral([&](double r) { return weight(r) * harmonic(r); }) / integral(weight);
  };
  for (const int n : {2, 3, 10, 64}) {
    for (const int l : {1, 2}) {
      const auto table = measure_convergence(fmt::format("variance in n = {}, l = {}", n, l),
                                             std::vector<double>{0.08 / n, 0.04 / n, 0.02 / n}, [&](double s) {
        const double exact = std::exp(-0.5 * l * (l + n - 2) * s);
        return std::abs(mean(n, std::sqrt(Sphere(n).brownian_variance(s)), l) - exact) + 1e-15;
      });
      INFO(to_string(table));
      if (n == 2) CHECK(table.errors.front() < 1e-12);
      if (n > 2) CHECK(table.order() == Approx(3).margin(0.1));
    }
  }
  CHECK(FlatSpace(4).brownian_variance(0.7) == 0.7);
  CHECK(Sphere(2).brownian_variance(0.7) == 0.7);
  CHECK(SphereProduct(5, 8).brownian_variance(0.7) == Sphere(8).brownian_variance(0.7));
  // (3/(n−2)) (1 − e^{−(n−2)s/3})
  CHECK(Sphere(8).brownian_variance(0.7) == Approx(3.0 / 6 * (1 - std::exp(-6 * 0.7 / 3))).epsilon(1e-15));
}

TEST_CASE("one BAOAB step has weak errors of third order on the circle") {
  const double strength = 1.3, mass = 0.8, friction = 1.7, temperature = 0.6, angle = 0.9, rate = 0.7;
  const auto system = axis_field(2, strength, mass, friction);
  Flow flow = lagrangian_flow(system);
  flow.temperature = temperature;
  const Vector along{{-std::sin(angle), std::cos(angle)}};
  const State start{Vector{{std::cos(angle), std::sin(angle)}}, rate * along};
  // Functions of cos θ, sin θ and w.
  for (const std::array<int, 3>& powers : {std::array{1, 0, 0}, {1, 1, 0}, {0, 0, 2}, {0, 2, 1}, {2, 0, 2}}) {
    const auto table = measure_convergence(
        fmt::format("baoab: mean of cos^{} sin^{} w^{}", powers[0], powers[1], powers[2]), steps, [&](double h) {
      const double mean = mean_after_step("baoab", flow, start, h, 1, [&](const State& s) {
        const double w = s.position[0] * s.velocity[1] - s.position[1] * s.velocity[0];
        return std::pow(s.position[0], powers[0]) * std::pow(s.position[1], powers[1]) * std::pow(w, powers[2]);
      });
      return std::abs(mean - exact_circle({{powers, 1}}, angle, rate, h, strength, mass, friction, temperature));
    });
    fmt::print("{}\n", to_string(table));
    CHECK(table.order() == Approx(3).margin(0.15));
  }
}

TEST_CASE("BAOAB of a harmonic oscillator has <x2> = T/k at any step and M<v2> = T (1 - h2 k/4M)") {
  // The map is linear, (x, v) → A (x, v) + b ξ: the stationary covariance is its fixed point.
  const DampedOscillator oscillator;
  const auto system = oscillator.system();
  const double temperature = 0.37;
  for (const double h : {0.1, 0.5, 1.0}) {
    const auto map = [&](double x, double v, double xi) {
      Flow flow = lagrangian_flow(system);
      flow.temperature = temperature;
      flow.noise = [xi](std::uint64_t, Eigen::Ref<Vector> normals) { normals[0] = xi; };
      const State end = [&] {
        Simulation simulation{flow, {Vector::Constant(1, x), Vector::Constant(1, v)}, stepper(fixed("baoab", h))};
        simulation.run(h);
        return simulation.state();
      }();
      return Vector{{end.position[0], end.velocity[0]}};
    };
    Matrix a(2, 2);
    a << map(1, 0, 0), map(0, 1, 0);
    const Vector b = map(0, 0, 1);
    Matrix covariance = Matrix::Zero(2, 2);
    for (int i = 0; i < 5000; ++i) covariance = (a * covariance * a.transpose() + b * b.transpose()).eval();
    CHECK(covariance(0, 0) == Approx(temperature / oscillator.k).epsilon(1e-12));
    CHECK(covariance(1, 1) * oscillator.m ==
          Approx(temperature * (1 - h * h * oscillator.k / (4 * oscillator.m))).epsilon(1e-12));
  }
}

TEST_CASE("both noisy steppers sample exp(-V/T) on the circle and on S2, BAOAB also the kinetic temperature") {
  const double strength = 1.2, temperature = 0.8, k = strength / temperature;
  // ⟨cos θ⟩: I_1(κ/T)/I_0(κ/T) on the circle, coth(κ/T) − T/κ on S².
  const std::map<Eigen::Index, double> exact{
      {2, boost::math::cyl_bessel_i(1, k) / boost::math::cyl_bessel_i(0, k)}, {3, 1 / std::tanh(k) - 1 / k}};
  for (const Eigen::Index d : {2, 3}) {
    for (const char* name : {"langevin", "baoab"}) {
      const auto system = axis_field(d, strength, 1, 1);
      const bool inertial = name == std::string("baoab");
      Simulation simulation{noisy(inertial ? lagrangian_flow(system) : gradient_flow(system), temperature),
                            {Vector::Unit(d, 1), {}}, stepper(fixed(name, 0.05))};
      std::vector<double> cosines, kinetic;
      simulation.observe(grid(0, 10'000, 100'000), [&](double t, const State& s) {
        if (t < 20) return;
        cosines.push_back(s.position[0]);
        kinetic.push_back(s.velocity.squaredNorm() / static_cast<double>(d - 1));
      });
      simulation.run(10'000);
      const auto [mean, error] = mean_and_error(cosines);
      fmt::print("{}, d = {}: <cos> = {:.4f} +- {:.4f}, exact {:.4f}\n", name, d, mean, error, exact.at(d));
      CHECK(error < 0.012);
      CHECK(std::abs(mean - exact.at(d)) < 3 * error);
      if (!inertial) continue;
      const auto [kinetic_mean, kinetic_error] = mean_and_error(kinetic);
      CHECK(kinetic_error < 0.012);
      CHECK(std::abs(kinetic_mean - temperature) < 3 * kinetic_error + 0.004);
    }
  }
}

TEST_CASE("noisy runs are repeated, interrupted and restored with the same bits") {
  const auto system = axis_field(3, 1.2, 0.7, 0.9);
  for (const char* name : {"langevin", "baoab"}) {
    const auto simulation = [&](std::uint64_t seed) {
      Flow flow = noisy(name == std::string("baoab") ? lagrangian_flow(system) : gradient_flow(system), 0.5, seed);
      flow.accounts_heat = true;
      return Simulation{flow, {Vector::Unit(3, 1), {}}, stepper(fixed(name, 0.03))};
    };
    const auto depths = grid(0, 7, 23);
    std::vector<State> whole;
    Simulation unsplit = simulation(1);
    unsplit.observe(depths, [&](double, const State& s) { whole.push_back(s); });
    unsplit.run(7);
    CHECK(unsplit.state().heat != 0);
    for (const int stop_after : {0, 1, 17, 40, 100}) {
      std::vector<State> split;
      Simulation first = simulation(1);
      first.observe(depths, [&](double, const State& s) { split.push_back(s); });
      int asked = 0;
      first.stop_when([&] { return asked++ == stop_after; });
      REQUIRE_FALSE(first.run(7));
      Simulation second = simulation(1);
      second.observe(depths, [&](double, const State& s) { split.push_back(s); });
      second.restore(first.save());
      CHECK(same_bits(first.state(), second.state()));
      REQUIRE(second.run(7));
      INFO(name << ", stopped after " << stop_after);
      CHECK(std::equal(whole.begin(), whole.end(), split.begin(), split.end(), same_bits));
      CHECK(second.save() == unsplit.save());
    }
    Simulation other = simulation(2);
    other.run(7);
    CHECK((other.state().position - unsplit.state().position).norm() > 1e-3);
  }
}

TEST_CASE("without a temperature langevin is the gradient flow and baoab the damped motion, at second order") {
  const auto system = axis_field(3, 1.2, 0.7, 0.9);
  const State start{Vector{{0.2, 0.6, std::sqrt(0.6)}}, Vector{{0, std::sqrt(0.6), -0.6}}};
  for (const char* name : {"langevin", "baoab"}) {
    const Flow flow = name == std::string("baoab") ? lagrangian_flow(system) : gradient_flow(system);
    Simulation reference{flow, start, stepper(controlled("fehlberg78", 1e-13))};
    reference.run(2);
    const auto table = measure_convergence(name, std::vector<double>{0.1, 0.05, 0.025}, [&](double h) {
      Simulation simulation{flow, start, stepper(fixed(name, h))};
      simulation.run(2);
      return (simulation.state().position - reference.state().position).norm();
    });
    CHECK(table.order() == Approx(2).margin(0.05));
  }
}

TEST_CASE("a flow with noise is refused where the noise would be lost, and the other way round") {
  const auto system = axis_field(3, 1, 1, 1);
  const State start{Vector::Unit(3, 1), {}};
  const auto run = [&](const Flow& flow, const char* name) { Simulation{flow, start, stepper(fixed(name, 0.1))}; };
  for (const char* name : {"dopri5", "fehlberg78", "bdf", "euler"}) {
    CHECK_THROWS_WITH(run(noisy(gradient_flow(system), 0.3), name),
                      Contains(fmt::format("solver.stepper = \"{}\"", name)) && Contains("model.temperature = 0.3") &&
                          Contains("try \"langevin\""));
  }
  CHECK_THROWS_WITH(run(noisy(lagrangian_flow(system), 0.3), "geodesic_leapfrog"), Contains("try \"baoab\""));
  CHECK_THROWS_WITH(run(lagrangian_flow(system), "langevin"), Contains("second-order") && Contains("try baoab"));
  CHECK_THROWS_WITH(run(lagrangian_flow(system), "bdf"), Contains("second-order") && Contains("try dopri5"));
  CHECK_THROWS_WITH(run(noisy(gradient_flow(system), 0.3), "baoab"), Contains("overdamped") && Contains("langevin"));
  Flow silent = gradient_flow(system);
  silent.temperature = 0.3;
  CHECK_THROWS_WITH(run(silent, "langevin"), Contains("model.temperature = 0.3") && Contains("Flow::noise"));
  Flow unknown = noisy(gradient_flow(system), 0.3);
  unknown.brownian_variance = nullptr;
  CHECK_THROWS_WITH(run(unknown, "langevin"), Contains("brownian_variance"));
  Flow cold = gradient_flow(system);
  cold.temperature = -1;
  CHECK_THROWS_WITH(run(cold, "langevin"), Contains("model.temperature = -1: must be >= 0"));
  const auto attention = self_attention(3);
  CHECK_THROWS_WITH(first_order_flow(attention, 0), Contains("model.friction = 0: must be > 0"));
}
