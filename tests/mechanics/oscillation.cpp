#include <catch2/catch.hpp>

#include <softmech/mechanics/oscillation.hpp>

#include <cmath>

using namespace softmech;

namespace {

Vector sampled(double interval, Eigen::Index count, double (*a)(double t)) {
  return Vector::NullaryExpr(count, [&](Eigen::Index k) { return a(interval * static_cast<double>(k)); });
}

}  // namespace

TEST_CASE("the frequency of a damped oscillation with its second harmonic is found to round-off") {
  const auto plain = [](double t) { return 3 * std::cos(1.7 * t) - std::sin(1.7 * t); };
  CHECK(oscillation_frequency(sampled(0.1, 80, plain), 0.1) == Approx(1.7).epsilon(1e-12));
  // a(t) = e^{-Γt}(A cos ωt + B sin ωt) + e^{-2Γt}(C + D cos 2ωt + E sin 2ωt), Γ = 0.2, ω = 1.7
  const auto full = [](double t) {
    return std::exp(-0.2 * t) * (3 * std::cos(1.7 * t) - std::sin(1.7 * t)) +
           1e-2 * std::exp(-0.4 * t) * (0.7 + 0.4 * std::cos(3.4 * t) - 0.9 * std::sin(3.4 * t));
  };
  CHECK(oscillation_frequency(sampled(0.05, 200, full), 0.05) == Approx(std::hypot(1.7, 0.2)).epsilon(1e-10));
}

TEST_CASE("what does not oscillate has no frequency") {
  CHECK(std::isnan(
      oscillation_frequency(sampled(0.1, 50, [](double t) { return std::exp(-t) + 2 * std::exp(-3 * t); }), 0.1)));
  CHECK_THROWS_WITH(oscillation_frequency(Vector::Zero(5), 0.1), Catch::Contains("at least 8"));
}
