#include "autoregressive.hpp"

#include <softmech/statistics/bootstrap.hpp>
#include <softmech/statistics/derived.hpp>
#include <softmech/statistics/reweighting.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <vector>

using namespace softmech;

namespace {

/// Energies ½ Σ_i x_i²/β of 8 classical oscillators, each an autoregressive series: Z ∝ β^{−4}, ⟨E⟩ = 4/β, ⟨E²⟩ =
/// 20/β².
CanonicalRun oscillators(double beta, Eigen::Index count, double tau, std::uint32_t trial) {
  RandomStream random(61, trial, "oscillators");
  const double a = coefficient_of(tau), noise = std::sqrt(1 - a * a);
  Vector x = Vector::NullaryExpr(8, [&] { return random.normal(); });
  CanonicalRun run{beta, Vector(count)};
  for (double& energy : run.energies) {
    energy = 0.5 * x.squaredNorm() / beta;
    for (double& each : x) each = a * each + noise * random.normal();
  }
  return run;
}

/// All 2¹⁶ states of the 4 × 4 Ising model with periodic edges, by energy and |magnetization| per spin.
struct IsingStates {
  std::vector<double> energy, magnetization, number;

  IsingStates() {
    std::map<std::pair<int, int>, int> count;
    for (unsigned state = 0; state < 1u << 16; ++state) {
      const auto spin = [&](int row, int column) { return (state >> (4 * (row % 4) + column % 4)) & 1u ? 1 : -1; };
      int e = 0, m = 0;
      for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
          e -= spin(row, column) * (spin(row + 1, column) + spin(row, column + 1));
          m += spin(row, column);
        }
      }
      ++count[{e, std::abs(m)}];
    }
    for (const auto& [key, states] : count)
      energy.push_back(key.first), magnetization.push_back(key.second / 16.0), number.push_back(states);
  }

  std::vector<double> probabilities(double beta) const {
    std::vector<double> p;
    double sum = 0;
    for (std::size_t i = 0; i < energy.size(); ++i)
      sum += p.emplace_back(number[i] * std::exp(-beta * (energy[i] + 32)));
    for (double& each : p) each /= sum;
    return p;
  }

  double log_partition(double beta) const {
    double sum = 0;
    for (std::size_t i = 0; i < energy.size(); ++i) sum += number[i] * std::exp(-beta * energy[i]);
    return std::log(sum);
  }

  Vector powers(std::size_t i) const {
    const double m = magnetization[i];
    return Eigen::Vector4d(energy[i], m, m * m, m * m * m * m);
  }

  Vector exact(double beta) const {
    const std::vector<double> p = probabilities(beta);
    Vector sum = Vector::Zero(4);
    for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] * powers(i);
    return sum;
  }

  /// Independent samples (E, |m|, m², m⁴).
  RowMatrix sampled(double beta, Eigen::Index count, std::uint32_t trial) const {
    RandomStream random(62, trial, fmt::format("ising {}", beta));
    const std::vector<double> p = probabilities(beta);
    RowMatrix samples(count, 4);
    for (Eigen::Index n = 0; n < count; ++n) {
      double u = random.uniform();
      std::size_t i = 0;
      while (i + 1 < p.size() && u > p[i]) u -= p[i++];
      samples.row(n) = powers(i);
    }
    return samples;
  }
};

const IsingStates ising;

}  // namespace

TEST_CASE("free energies solve the equations of Shirts and Chodera") {
  const std::vector<CanonicalRun> runs{oscillators(1.0, 300, 0.5, 1), oscillators(2.0, 200, 0.5, 2),
                                       oscillators(1.4, 400, 0.5, 3)};
  const Reweighting reweighting(runs);
  const Vector& f = reweighting.free_energies();
  CHECK(f[0] == 0);
  for (Eigen::Index k = 0; k < 3; ++k) {
    // f_k = −ln Σ_n e^{−β_k E_n}/Σ_l N_l e^{f_l − β_l E_n}
    double sum = 0;
    for (const CanonicalRun& from : runs) {
      for (const double energy : from.energies) {
        double mixture = 0;
        for (std::size_t l = 0; l < 3; ++l)
          mixture += static_cast<double>(runs[l].energies.size()) *
                     std::exp(f[static_cast<Eigen::Index>(l)] - runs[l].beta * energy);
        sum += std::exp(-runs[static_cast<std::size_t>(k)].beta * energy) / mixture;
      }
    }
    CHECK(f[k] == Approx(-std::log(sum)).margin(1e-9));
    CHECK(reweighting.free_energy(runs[static_cast<std::size_t>(k)].beta).value == Approx(f[k]).margin(1e-9));
    CHECK(reweighting.free_energy(runs[static_cast<std::size_t>(k)].beta).error ==
          Approx(std::sqrt(reweighting.covariance()(k, k))).margin(1e-9));
    CHECK(reweighting.overlap().matrix.row(k).sum() == Approx(1));
  }
}

TEST_CASE("one run reweights by e^{-(β-β₀)E}") {
  const CanonicalRun run = oscillators(1.0, 500, 0.5, 4);
  const Vector weights = (-0.2 * run.energies.array()).exp();
  const Reweighting reweighting({run});
  CHECK(reweighting.energies(1.2).values[0] == Approx(weights.dot(run.energies) / weights.sum()));
  CHECK(reweighting.free_energy(1.2).value == Approx(-std::log(weights.mean())));
  CHECK(reweighting.energies(1.0).at(0).value == Approx(run.energies.mean()));
  CHECK(reweighting.energies(1.2).effective_samples ==
        Approx(weights.sum() * weights.sum() / weights.squaredNorm()).epsilon(0.2));
  CHECK((reweighting.overlap().connected() && reweighting.overlap().second_eigenvalue == 0));
}

TEST_CASE("errors of oscillators' energies and free energies cover the truth, also of correlated series") {
  for (const double tau : {0.5, 5.0}) {
    const auto count = static_cast<Eigen::Index>(tau < 1 ? 300 : 3000);
    constexpr int trials = 120;
    int energy = 0, heat = 0, free = 0, between = 0;
    for (std::uint32_t trial = 0; trial < trials; ++trial) {
      const Reweighting reweighting({oscillators(1.0, count, tau, 3 * trial),
                                     oscillators(1.5, count / 2, tau, 3 * trial + 1),
                                     oscillators(2.2, count, tau, 3 * trial + 2)});
      const ReweightedMeans means = reweighting.energies(1.25);
      const Estimate e = means.at(0), f = reweighting.free_energy(1.25);
      energy += std::abs(e.value - 4 / 1.25) < e.error ? 1 : 0;
      // β² (⟨E²⟩ − ⟨E⟩²) = 4 from the blocks
      const Estimate c = jackknife(means.blocks, [](const Vector& x) { return 1.25 * 1.25 * (x[1] - x[0] * x[0]); });
      heat += std::abs(c.value - 4) < c.error ? 1 : 0;
      free += std::abs(f.value - 4 * std::log(1.25)) < f.error ? 1 : 0;
      between +=
          std::abs(reweighting.free_energies()[2] - 4 * std::log(2.2)) < std::sqrt(reweighting.covariance()(2, 2)) ? 1
                                                                                                                   : 0;
    }
    INFO("tau = " << tau << ": " << energy << " " << heat << " " << free << " " << between << " of " << trials);
    for (const int covered : {energy, heat, free, between}) {
      CHECK(covered > 0.683 * trials - 20);  // four standard deviations of the count
      CHECK(covered < 0.683 * trials + 20);
    }
  }
}

TEST_CASE("the 4 × 4 Ising model between three temperatures is the enumerated one") {
  std::vector<CanonicalRun> runs;
  RowMatrix observables(60'000, 4);
  const std::vector<double> betas{0.3, 0.4, 0.5};
  for (Eigen::Index k = 0; k < 3; ++k) {
    observables.middleRows(20'000 * k, 20'000) = ising.sampled(betas[static_cast<std::size_t>(k)], 20'000, 0);
    runs.push_back({betas[static_cast<std::size_t>(k)], observables.col(0).segment(20'000 * k, 20'000)});
  }
  const Reweighting reweighting(runs);
  for (const ReweightedMeans& means : reweighting.means(observables, std::vector<double>{0.25, 0.35, 0.44})) {
    CHECK(means.reliable);
    CHECK(means.effective_samples > 5000);
  }
  for (const double beta : {0.25, 0.35, 0.44}) {
    const ReweightedMeans means = reweighting.means(observables, beta);
    const Vector exact = ising.exact(beta);
    for (Eigen::Index q = 0; q < 4; ++q) {
      INFO("quantity " << q << " at " << beta);
      CHECK(means.at(q).error < 0.03 * std::abs(exact[q]));
      CHECK(means.values[q] == Approx(exact[q]).margin(4 * means.at(q).error));
    }
    const Estimate binder = jackknife(means.blocks, [](const Vector& m) { return binder_cumulant(m[2], m[3]); });
    CHECK(binder.value == Approx(binder_cumulant(exact[2], exact[3])).margin(4 * binder.error));
    CHECK(binder.error < 0.01);
    const Estimate f = reweighting.free_energy(beta);
    CHECK(f.value == Approx(ising.log_partition(0.3) - ising.log_partition(beta)).margin(4 * f.error));
  }
}

TEST_CASE("errors of a reweighted Binder cumulant cover the truth") {
  const Vector exact = ising.exact(0.42);
  const double truth = binder_cumulant(exact[2], exact[3]);
  constexpr int trials = 200;
  int covered = 0;
  for (std::uint32_t trial = 1; trial <= trials; ++trial) {
    RowMatrix observables(1200, 4);
    observables << ising.sampled(0.35, 600, trial), ising.sampled(0.47, 600, trial);
    const Reweighting reweighting({{0.35, observables.col(0).head(600)}, {0.47, observables.col(0).tail(600)}});
    const Estimate binder = jackknife(reweighting.means(observables, 0.42).blocks,
                                      [](const Vector& m) { return binder_cumulant(m[2], m[3]); });
    covered += std::abs(binder.value - truth) < binder.error ? 1 : 0;
  }
  CHECK(covered / double(trials) == Approx(0.683).margin(0.131));
}

TEST_CASE("a target outside and runs without overlap are flagged") {
  const Reweighting reweighting({oscillators(1.0, 2000, 0.5, 1), oscillators(1.3, 2000, 0.5, 2)});
  CHECK(reweighting.overlap().connected());
  CHECK(reweighting.energies(1.2).reliable);
  CHECK_FALSE(reweighting.energies(30.0).reliable);
  CHECK(reweighting.energies(30.0).effective_samples < 50);
  CHECK_FALSE(reweighting.energies(0.15).reliable);

  const Reweighting apart(
      {oscillators(1.0, 2000, 0.5, 1), oscillators(12.0, 2000, 0.5, 2), oscillators(1.3, 2000, 0.5, 3)});
  CHECK_FALSE(apart.overlap().connected());
  CHECK(apart.overlap().second_eigenvalue > 0.9);
  CHECK((apart.overlap().weakest.first == 2 && apart.overlap().weakest.second == 1));
  CHECK_THROWS_WITH(Reweighting({{1.0, Vector::LinSpaced(50, 1000, 1100)}, {2.0, Vector::LinSpaced(50, 0, 10)}}),
                    Catch::Contains("runs 0 and 1"));
}

TEST_CASE("large energies cost no digits") {
  // Shifting all energies by E₀ changes f by (β − β₀)E₀ and nothing else.
  std::vector<CanonicalRun> runs{oscillators(1.0, 500, 0.5, 7), oscillators(1.5, 500, 0.5, 8)};
  const Reweighting plain(runs);
  for (CanonicalRun& run : runs) run.energies.array() -= 1e6;
  const Reweighting shifted(runs);
  CHECK(shifted.free_energies()[1] + 0.5 * 1e6 == Approx(plain.free_energies()[1]).margin(1e-6));
  CHECK(shifted.energies(1.2).values[0] + 1e6 == Approx(plain.energies(1.2).values[0]).epsilon(1e-6));
  CHECK(shifted.energies(1.2).at(0).error == Approx(plain.energies(1.2).at(0).error).epsilon(1e-4));
}

TEST_CASE("a slow observable widens its error beyond that of the energy") {
  // The energy is independent from sample to sample, the observable is not and has nothing to do with it.
  double stated = 0;
  for (std::uint32_t trial = 0; trial < 20; ++trial) {
    const std::vector<double> slow = autoregressive(20, 20'000, trial);
    const Reweighting reweighting({oscillators(1.0, 20'000, 0.5, trial)});
    const Eigen::Map<const RowMatrix> observable(slow.data(), 20'000, 1);
    stated += reweighting.means(observable, 1.0).at(0).error / 20;
  }
  CHECK(stated == Approx(error_of_mean(20, 20'000)).epsilon(0.15));
}

TEST_CASE("what cannot be reweighted is refused") {
  const CanonicalRun run = oscillators(1.0, 10, 0.5, 1);
  CHECK_THROWS_AS(Reweighting({}), std::invalid_argument);
  CHECK_THROWS_WITH(Reweighting({run, run}), Catch::Contains("same beta = 1"));
  CHECK_THROWS_AS(Reweighting({{1.0, Vector::Ones(3)}}), std::invalid_argument);
  CHECK_THROWS_AS(Reweighting({{NAN, run.energies}}), std::invalid_argument);
  CHECK_THROWS_AS(Reweighting({{1.0, Vector::Constant(10, NAN)}}), std::invalid_argument);
  const Reweighting reweighting({run});
  CHECK_THROWS_WITH(reweighting.means(RowMatrix::Ones(9, 1), 1.0), Catch::Contains("observables of 9 samples"));
  CHECK_THROWS_AS(reweighting.means(RowMatrix::Constant(10, 1, NAN), 1.0), std::invalid_argument);
  CHECK_THROWS_AS(reweighting.energies(NAN), std::invalid_argument);
}
