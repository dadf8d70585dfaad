// How clusters are found, how states are measured, and whether the errors are what they say.
#include "rotor_run.hpp"

#include <softmech/models/rotor_cluster.hpp>
#include <softmech/models/rotor_field.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <vector>

using namespace softmech;
using Eigen::Index;

namespace {

std::vector<Rotor> random_rotors(std::size_t count, std::uint32_t member) {
  RandomStream random(3, member, "rotors");
  std::vector<Rotor> rotors(count);
  for (Rotor& rotor : rotors) {
    const double phase = 2 * random.normal();
    rotor = {std::cos(phase), std::sin(phase)};
  }
  return rotors;
}

/// J_ij of a site pair, from the list of bonds.
Matrix matrix(const RotorCoupling& coupling) {
  const RotorLattice& lattice = coupling.lattice();
  Matrix result = Matrix::Zero(lattice.sites(), lattice.sites());
  for (Index i = 0; i < lattice.sites(); ++i)
    for (const RotorCoupling::Bond& bond : coupling.bonds())
      result(i, lattice.displaced(i, bond.displacement)) = bond.strength;
  return result;
}

/// Wolff's cluster with every pair asked: 1 - e^{-2βJ a_i a_j}. The number of rotors in it; the state stays.
Index cluster_of_all_pairs(const Matrix& coupling, double temperature, std::span<const Rotor> rotors,
                           RandomStream& random) {
  const double angle = 2 * std::numbers::pi * random.uniform();
  std::vector<double> a;
  for (const Rotor& r : rotors) a.push_back(r.cosine * std::cos(angle) + r.sine * std::sin(angle));
  std::vector<Index> cluster{static_cast<Index>(random.below(rotors.size()))};
  std::vector<bool> inside(rotors.size(), false);
  inside[cluster[0]] = true;
  for (std::size_t next = 0; next < cluster.size(); ++next) {
    const Index i = cluster[next];
    for (Index j = 0; j < std::ssize(rotors); ++j) {
      const double exponent = 2 * coupling(i, j) * a[i] * a[j] / temperature;
      if (inside[j] || random.uniform() > -std::expm1(-std::max(exponent, 0.0))) continue;
      inside[j] = true;
      cluster.push_back(j);
    }
  }
  return std::ssize(cluster);
}

/// The largest distance between the distributions of two samples (Kolmogorov and Smirnov).
double distance(std::vector<Index> first, std::vector<Index> second) {
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  double largest = 0;
  for (const Index x : first) {
    const auto share = [x](const std::vector<Index>& v) {
      return static_cast<double>(std::upper_bound(v.begin(), v.end(), x) - v.begin()) / static_cast<double>(v.size());
    };
    largest = std::max(largest, std::abs(share(first) - share(second)));
  }
  return largest;
}

const std::vector<RotorCoupling> couplings{
    RotorCoupling::all(60),
    RotorCoupling::nearest({1, 60}),
    RotorCoupling::power({1, 60}, 1.5),
    RotorCoupling::exponential({6, 10}, 2),
    RotorCoupling::window({8, 8}, 2.5),
    RotorCoupling::power({8, 8}, 2),
};

}  // namespace

TEST_CASE("couplings are symmetric and normalized, and fall with the distance as their names say") {
  for (const RotorCoupling& coupling : couplings) {
    const Matrix j = matrix(coupling);
    CHECK((j - j.transpose()).cwiseAbs().maxCoeff() == 0);
    CHECK(j.diagonal().cwiseAbs().maxCoeff() == 0);
    CHECK(j.row(3).sum() == Approx(coupling.total()).epsilon(1e-14));
  }
  CHECK(couplings[0].total() == Approx(59.0 / 60));
  CHECK(couplings[1].total() == 2);
  for (std::size_t i = 2; i < couplings.size(); ++i) CHECK(couplings[i].total() == Approx(1).epsilon(1e-14));
  const Matrix power = matrix(couplings[2]), exponential = matrix(couplings[3]), window = matrix(couplings[4]);
  CHECK(power(0, 8) / power(0, 2) == Approx(std::pow(4, -1.5)));
  CHECK(power(0, 58) == power(0, 2));
  // Site 34 of 6 × 10 is at row 3, column 4; the way back along the row is not shorter.
  CHECK(exponential(0, 34) / exponential(0, 1) == Approx(std::exp(-(5.0 - 1) / 2)));
  CHECK((window.row(0).array() > 0).count() == 20);  // 4 sites at 1, 4 at √2, 4 at 2, 8 at √5
  CHECK(matrix(RotorCoupling::nearest({8, 8})).row(9).sum() == 4);
  CHECK(RotorCoupling::exponential({1, 100}, 0.001).total() == Approx(1));
}

TEST_CASE("bonds are drawn in proportion to their strength, and leave a uniform number") {
  for (const RotorCoupling& coupling : couplings) {
    std::map<Index, double> share, rest;
    const int n = 1'000'000;
    int outside = 0;
    for (int i = 0; i < n; ++i) {
      const auto [displacement, u] = coupling.draw((i + 0.5) / n);
      outside += u < 0 || u > 1;
      share[displacement] += 1.0 / n;
      rest[displacement] += u / n;
    }
    CHECK(outside == 0);
    REQUIRE(share.size() == coupling.bonds().size());
    for (const RotorCoupling::Bond& bond : coupling.bonds()) {
      CHECK(share[bond.displacement] == Approx(bond.strength / coupling.total()).margin(1e-4));
      CHECK(rest[bond.displacement] / share[bond.displacement] == Approx(0.5).margin(0.01));
    }
  }
}

TEST_CASE("clusters from a Poisson process are distributed as those with every pair asked") {
  const double temperature = 0.35;
  for (const RotorCoupling& coupling : couplings) {
    const std::vector<Rotor> state = random_rotors(static_cast<std::size_t>(coupling.lattice().sites()), 1);
    const Matrix pairs = matrix(coupling);
    RotorCluster fast(coupling, temperature);
    RandomStream random(5, 0, "fast"), other(5, 0, "pairs");
    std::vector<Index> sizes, expected;
    for (int i = 0; i < 20'000; ++i) {
      std::vector<Rotor> rotors = state;
      sizes.push_back(fast.flip(rotors, random));
      expected.push_back(cluster_of_all_pairs(pairs, temperature, state, other));
    }
    CHECK(*std::max_element(sizes.begin(), sizes.end()) > 4);
    CHECK(distance(sizes, expected) < 1.95 * std::sqrt(2.0 / 20'000));  // 0.1 %
  }
}

TEST_CASE("a cluster at the lowest temperatures is the whole system, reflected") {
  RotorCluster cluster(RotorCoupling::nearest({4, 4}), 1e-4);
  std::vector<Rotor> rotors(16, Rotor{0.6, 0.8});
  RandomStream random(1, 0, "cold");
  CHECK(cluster.flip(rotors, random) == 16);
  for (const Rotor& rotor : rotors) {
    CHECK(rotor.cosine == rotors[0].cosine);
    CHECK(std::hypot(rotor.cosine, rotor.sine) == Approx(1));
  }
}

TEST_CASE("energy and helicity modulus of a state are the sums over all pairs") {
  const double temperature = 0.7;
  std::vector<RotorCoupling> all = couplings;
  all.push_back(RotorCoupling::power({1, 7}, 1.2));  // few bonds: without Fourier transforms
  all.push_back(RotorCoupling::window({4, 6}, 3));   // ways of half the lattice
  all.push_back(RotorCoupling::power({16, 12}, 1));
  for (const RotorCoupling& coupling : all) {
    const RotorLattice& lattice = coupling.lattice();
    const Matrix j = matrix(coupling);
    const auto n = static_cast<double>(lattice.sites());
    const std::vector<Rotor> rotors = random_rotors(static_cast<std::size_t>(lattice.sites()), 2);
    double energy = 0, stretch[2] = {}, current[2] = {};
    for (Index i = 0; i < lattice.sites(); ++i) {
      for (Index k = 0; k < lattice.sites(); ++k) {
        const double difference =
            std::atan2(rotors[k].sine, rotors[k].cosine) - std::atan2(rotors[i].sine, rotors[i].cosine);
        energy += j(i, k) * (1 - std::cos(difference)) / (2 * n);
        const Index steps[2] = {k % lattice.columns - i % lattice.columns, k / lattice.columns - i / lattice.columns};
        const Index lengths[2] = {lattice.columns, lattice.rows};
        for (int side = 0; side < 2; ++side) {
          const double length = static_cast<double>(lengths[side]);
          const double way = std::remainder(static_cast<double>(steps[side]), length);
          stretch[side] += j(i, k) * way * way * std::cos(difference) / 2;
          if (2 * std::abs(way) < length) current[side] += j(i, k) * way * std::sin(difference) / 2;
        }
      }
    }
    const RotorInteraction measured = RotorField(coupling, temperature).measure(rotors);
    INFO(lattice.rows << " x " << lattice.columns << ", " << coupling.bonds().size() << " bonds");
    CHECK(measured.energy == Approx(energy).epsilon(1e-12));
    if (coupling.is_all()) {
      CHECK(std::isnan(measured.helicity_modulus));
      continue;
    }
    double helicity = 0;
    for (int side = 0; side < lattice.dimensions(); ++side)
      helicity += (stretch[side] - current[side] * current[side] / temperature) / (n * lattice.dimensions());
    CHECK(measured.helicity_modulus == Approx(helicity).epsilon(1e-10).margin(1e-10));
  }
}

TEST_CASE("the square lattice at T = 0.9 agrees with a Metropolis simulation") {
  // 8 × 8 rotors, J = 1, 1500 replicas of 1500 sweeps in NumPy: Metropolis on the two sublattices in turn, with
  // overrelaxation after every second sweep; errors from the scatter of the replicas.
  const SampledRotors sampled({.rotors = 64, .lattice = "square", .kernel = "nearest", .temperature = 0.9}, 20'000);
  const auto agrees = [&](const std::string& name, double value, double error) {
    INFO(name << " = " << sampled.value(name) << " ± " << sampled.error(name));
    CHECK(std::abs(sampled.value(name) - value) < 4 * std::hypot(sampled.error(name), error));
    CHECK(sampled.error(name) < 0.01 * value);
  };
  agrees("magnetization2", 0.60738, 0.00017);
  agrees("magnetization4", 0.37764, 0.00019);
  agrees("energy", 0.54496, 0.0002);
  agrees("energy2", 0.30825, 0.00023);
  agrees("helicity_modulus", 0.66642, 0.00028);
}

TEST_CASE("standard errors of rotor averages are those of repeated runs") {
  // Critical all-to-all rotors, whose samples are correlated: over 60 runs the squared deviations from the mean of all,
  // in units of the stated errors, add up to 59 ± 11.
  std::vector<SampledRotors> runs;
  for (std::uint64_t seed = 0; seed < 60; ++seed) runs.emplace_back(RotorSettings{.rotors = 64}, 1000, seed);
  for (const std::string name :
       {"magnetization", "magnetization2", "magnetization4", "energy", "specific_heat", "susceptibility"}) {
    double mean = 0, sum = 0;
    for (const SampledRotors& run : runs) mean += run.value(name) / 60;
    for (const SampledRotors& run : runs) sum += std::pow((run.value(name) - mean) / run.error(name), 2);
    INFO(name);
    CHECK(sum > 59 - 3 * 11);
    CHECK(sum < 59 + 4 * 11);
  }
  CHECK(runs[0].value("autocorrelation_time") > 0.6);
}
