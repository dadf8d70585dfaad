#include <catch2/catch.hpp>

#include <softmech/models/random_keys.hpp>
#include <softmech/models/row_ensemble.hpp>
#include <softmech/models/row_source.hpp>

#include <cmath>
#include <map>

using namespace softmech;

TEST_CASE("random cosines have mean 0, second moment 1/d and fourth moment 3/d(d+2)") {
  for (const std::int64_t d : {1, 2, 3, 8, 100}) {
    RandomStream random(1, 0, "cosine");
    const int n = 100'000;
    double first = 0, second = 0, fourth = 0;
    for (int i = 0; i < n; ++i) {
      const double t = random_cosine(random, d);
      REQUIRE(std::abs(t) <= 1);
      first += t / n;
      second += t * t / n;
      fourth += t * t * t * t / n;
    }
    const auto dim = static_cast<double>(d);
    INFO("d = " << d);
    CHECK(std::abs(first) < 5 / std::sqrt(n * dim));
    CHECK(second == Approx(1 / dim).epsilon(0.03));
    CHECK(fourth == Approx(3 / (dim * (dim + 2))).epsilon(0.06));
  }
}

TEST_CASE("the condensation temperature is σ/√(2 ln n), of equiangular keys d(1-ρ)/ln n") {
  const RandomKeys gaussian{KeyLaw::gaussian, 1000, 16, 0};
  CHECK(gaussian.condensation_temperature() == Approx(4 / std::sqrt(2 * std::log(1000.0))));
  const RandomKeys equiangular{KeyLaw::equiangular, 1000, 16, 0.25};
  CHECK(equiangular.condensation_temperature() == Approx(16 * 0.75 / std::log(1000.0)));
  CHECK_THROWS_WITH(key_law("cube"), Catch::Contains("model.key_law = \"cube\""));
}

TEST_CASE("a two-level row is the Schottky system, for every column of its statistics") {
  // Gap x = Δ/T: U = Δ/(1+e^x), C = x² e^x/(1+e^x)², S = ln(1+e^{-x}) + x/(1+e^x).
  const double temperature = 0.8, gap = 1.3, x = gap / temperature;
  const EquilibriumRow row = equilibrium_row(Softmax{}, Vector{{0, gap}}, temperature);
  const double heat = x * x * std::exp(x) / std::pow(1 + std::exp(x), 2);
  CHECK(row.internal_energy == Approx(gap / (1 + std::exp(x))).epsilon(1e-14));
  CHECK(row.specific_heat == Approx(heat).epsilon(1e-14));
  CHECK(row.heat_capacity == Approx(heat).epsilon(1e-8));
  CHECK(row.entropy == Approx(std::log1p(std::exp(-x)) + x / (1 + std::exp(x))).epsilon(1e-14));
  CHECK(row.logit_variance == Approx(x * x / 4).epsilon(1e-14));

  std::map<std::string, RowStatistic> of;
  for (const RowStatistic& s : row_statistics({row, row, row})) of[s.name] = s;
  CHECK(of.at("kappa_fdt").mean == Approx(1).epsilon(1e-8));
  CHECK(of.at("specific_heat_over_bound").mean == Approx(heat / 0.4392288399).epsilon(1e-8));
  CHECK(of.at("specific_heat_normalized").mean == Approx(heat / std::pow(std::log(2), 2)).epsilon(1e-12));
  CHECK(of.at("kappa_f").mean == Approx(-row.free_energy / temperature / std::log(2)).epsilon(1e-13));
  CHECK(of.at("free_energy_annealed").mean == Approx(row.free_energy).epsilon(1e-14));
  CHECK(of.at("specific_heat_pooled").mean == Approx(x * x / 4).epsilon(1e-13));
  const double ground = 1 / (1 + std::exp(-x));
  CHECK(of.at("inverse_participation").mean == Approx(ground * ground + (1 - ground) * (1 - ground)).epsilon(1e-13));
}

TEST_CASE("the annealed free energy is -T ln of the mean partition function, below the quenched one") {
  std::vector<EquilibriumRow> rows;
  double z = 0, quenched = 0;
  RandomStream random(4, 0, "rows");
  for (int i = 0; i < 200; ++i) {
    Vector energies = Vector::NullaryExpr(8, [&](Eigen::Index) { return 2 * random.normal(); });
    rows.push_back(equilibrium_row(Softmax{}, energies, 1.5));
    z += (-energies / 1.5).array().exp().sum() / 200;
    quenched += rows.back().free_energy / 200;
  }
  for (const RowStatistic& s : row_statistics(rows)) {
    if (s.name != "free_energy_annealed") continue;
    CHECK(s.mean == Approx(-1.5 * std::log(z)).epsilon(1e-12));
    CHECK(s.mean < quenched);
    CHECK(s.error > 0);
  }
}

TEST_CASE("other operators have their own fluctuation ratio, and heat capacities that are dU/dT") {
  const Vector energies{{0, 0.3, 0.9, 1.4, 2.2}};
  for (const Operator& op : {Operator(Entmax{1.5}), Operator(KappaSoftmax{0.4})}) {
    const EquilibriumRow row = equilibrium_row(op, energies, 0.9);
    const double step = 1e-5;
    const double above = equilibrium_row(op, energies, 0.9 + step).internal_energy;
    const double below = equilibrium_row(op, energies, 0.9 - step).internal_energy;
    CHECK(row.heat_capacity == Approx((above - below) / (2 * step)).epsilon(1e-7));
    CHECK(std::abs(row.energy_variance / (0.81 * row.heat_capacity) - 1) > 0.02);
  }
}

TEST_CASE("rows of a source depend on their index, not on the order of asking") {
  RowSettings settings;
  settings.keys = 50;
  const RowSource source(settings);
  Vector first, again, other;
  source.energies(3, RandomStream(1, 0, "energies"), first);
  source.energies(7, RandomStream(1, 0, "energies"), other);
  source.energies(3, RandomStream(1, 0, "energies"), again);
  CHECK(first == again);
  CHECK(first != other);
  CHECK(source.temperature() == 8);
}
