#include "synthetic_points.hpp"

#include <softmech/scaling/crossings.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

namespace {

constexpr double x_c = 2.3;

/// A cumulant (1 − tanh((x − x_c) L))/3 with a correction A/L of its own.
ScalingData cumulant(std::uint64_t seed, double error, double correction = 0) {
  return synthetic::data(
      {8, 16, 32, 64}, 9, x_c, [](double size) { return 1.1 / size; },
      [=](double size, double x) { return (1 - std::tanh((x - x_c) * size)) / 3 + correction / size; }, error, seed);
}

}  // namespace

TEST_CASE("curves that pass one point cross there, at the value they have in common") {
  const CrossingStudy study = study_crossings(cumulant(1, 1e-9), 0, 0, {50, 1});
  REQUIRE(study.pairs.size() == 3);
  for (const Crossing& pair : study.pairs) {
    CHECK(pair.x == Approx(x_c).margin(1e-3 / pair.small));  // a cubic through eight points of a tanh
    CHECK(pair.y == Approx(1.0 / 3).margin(2e-3));
    CHECK(pair.found == 1);
  }
  CHECK(study.pairs[1].small == 16);
  CHECK(study.pairs[1].large == 32);
}

TEST_CASE("errors of crossings cover the truth in two thirds of the cases") {
  synthetic::Coverage x, limit;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const CrossingStudy study = study_crossings(cumulant(seed, 0.004), 0, 0, {100, seed});
    x.add(study.pairs[1].x, study.pairs[1].x_error, x_c);
    limit.add(study.x.value, study.x.error, x_c);
  }
  CHECK(x.share() >= 0.60);
  CHECK(x.share() <= 0.76);
  CHECK(limit.share() >= 0.68);  // where nothing drifts, that it might is part of the error
  CHECK(limit.share() <= 0.95);
}

TEST_CASE("a drift of crossings is extrapolated away") {
  const CrossingStudy study = study_crossings(cumulant(5, 2e-4, 0.1), 0, 0, {200, 1});
  // (1 − tanh u)/3 ≈ (1 − u)/3: L and 2L cross at −3 · 0.1/(2L²) from x_c.
  for (const Crossing& pair : study.pairs)
    CHECK(pair.x - x_c == Approx(-0.15 / (pair.small * pair.small)).epsilon(0.1).margin(3 * pair.x_error));
  CHECK(std::abs(study.x.value - x_c) < 3 * study.x.error);
  CHECK(study.x.error < x_c - study.pairs[1].x);
  CHECK(study.extrapolated == 3);
}

TEST_CASE("curves that never meet have no crossing") {
  const ScalingData data = synthetic::data(
      {8, 16}, 6, 0.0, [](double) { return 1.0; }, [](double size, double x) { return size + x; }, 0.01, 3);
  const CrossingStudy study = study_crossings(data, 0, 0, {50, 1});
  CHECK(std::isnan(study.pairs[0].x));
  CHECK(study.pairs[0].found == 0);
  CHECK(std::isnan(study.x.value));
  CHECK(study.extrapolated == 0);
}

TEST_CASE("where curves run together, noise makes no crossing") {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const ScalingData data = synthetic::data(
        {8, 16}, 8, 0.0, [](double) { return 1.0; }, [](double, double x) { return x; }, 0.05, seed);
    found += std::isfinite(study_crossings(data, 0, 0, {20, 1}).pairs[0].x) ? 1 : 0;
  }
  CHECK(found <= 10);
}

TEST_CASE("an exponent brings curves to cross that do not by themselves") {
  const ScalingData data = synthetic::data(
      {8, 16, 32}, 9, 1.0, [](double size) { return 1.0 / size; },
      [](double size, double x) { return std::pow(size, 1.75) * (1.5 - std::tanh((x - 1) * size)); }, 1e-4, 3);
  for (const Crossing& pair : study_crossings(data, 0, 1.75, {20, 1}).pairs) CHECK(pair.x == Approx(1.0).margin(1e-3));
}
