#include "softmech/attention/work.hpp"

#include <catch2/catch.hpp>

#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>

#include "softmech/attention/operators.hpp"
#include "softmech/ensemble/random.hpp"

using namespace softmech;

namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<40>, boost::multiprecision::et_off>;

Vector normal_vector(Eigen::Index size, std::uint32_t member) {
  RandomStream random(51, member, "work");
  return Vector::NullaryExpr(size, [&] { return random.normal(); });
}

Real free_energy_exact(const Vector& energies, double temperature) {
  Real partition = 0;
  for (double energy : energies) partition += exp(-Real(energy) / temperature);
  return -temperature * log(partition);
}

}  // namespace

TEST_CASE("first law: work and heat add up to the change of internal energy") {
  const Vector before = normal_vector(20, 0), after = normal_vector(20, 1);
  const Vector p = equilibrium(Softmax{}, before, 1), q = equilibrium(Entmax{1.5}, after, 0.5);
  const WorkHeat change = work_and_heat(before, p, after, q);
  CHECK(change.work == Approx(p.dot(after - before)).epsilon(1e-14));
  CHECK(change.heat == Approx(after.dot(q - p)).epsilon(1e-14));
  CHECK(change.work + change.heat == Approx(q.dot(after) - p.dot(before)).margin(2e-15));
  CHECK(work_and_heat(before, p, after, p).heat == 0);
  CHECK(work_and_heat(before, p, before, q).work == 0);
  CHECK_THROWS_AS(work_and_heat(before, p, after.head(3), q), std::invalid_argument);
}

TEST_CASE("second law: W - ΔF = T·KL(p‖p') ≥ 0 for sudden changes of any size") {
  const double temperature = 0.7;
  const Vector before = normal_vector(30, 2), direction = normal_vector(30, 3);
  for (const double size : {1e-8, 1e-4, 1e-2, 1.0, 30.0, 1e4}) {
    const Vector after = before + size * direction;
    const SuddenChange change = sudden_change(before, after, temperature);
    Real partition = 0, work = 0;
    for (double energy : before) partition += exp(-Real(energy) / temperature);
    for (Eigen::Index k = 0; k < 30; ++k) {
      work += exp(-Real(before[k]) / temperature) / partition * (Real(after[k]) - before[k]);
    }
    const Real free_energy = free_energy_exact(after, temperature) - free_energy_exact(before, temperature);
    CAPTURE(size);
    CHECK(change.work == Approx(static_cast<double>(work)).epsilon(1e-12));
    CHECK(change.free_energy == Approx(static_cast<double>(free_energy)).epsilon(1e-12));
    // Relative accuracy of the dissipation: round-off 1e-16 of the weights against their change, of order `size`.
    CHECK(change.dissipation == Approx(static_cast<double>(work - free_energy)).epsilon(1e-12 + 1e-15 / size));
  }
}

TEST_CASE("a slow change in N sudden steps dissipates 1/N as much, by Jarzynski's bound never less than nothing") {
  const Vector before = normal_vector(10, 4), after = normal_vector(10, 5);
  const auto total = [&](int steps) {
    double sum = 0;
    for (int s = 0; s < steps; ++s) {
      const Vector from = before + (after - before) * s / steps, to = before + (after - before) * (s + 1) / steps;
      sum += sudden_change(from, to, 1).dissipation;
    }
    return sum;
  };
  CHECK(total(1) > 0);
  CHECK(total(1000) / total(2000) == Approx(2).epsilon(1e-3));
  CHECK(sudden_change(before, before, 1).dissipation == Approx(0).margin(1e-30));
}
