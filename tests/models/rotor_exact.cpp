// Rotors in equilibrium against partition functions that are known or can be integrated.
#include "rotor_run.hpp"

#include <softmech/attention/scaled_bessel.hpp>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

using namespace softmech;

namespace {

/// All-to-all rotors, e^{βNM²/2} = ∫ d²h e^{-Nh²/2β + N h·M}: given M, h is Gaussian around βM with variance β/N per
/// component, and its density is h e^{-Nh²/2β} I_0(h)^N.
struct MeanField {
  double m2, m4;

  MeanField(double rotors, double temperature) {
    const double beta = 1 / temperature, variance = beta / rotors;
    double z = 0, h2 = 0, h4 = 0;
    const auto log_weight = [&](double h) {
      return std::log(h) + rotors * (std::log(scaled_bessel(h, 0)[0]) + h - h * h / (2 * beta));
    };
    const int count = 6000;
    const double last = 3 * beta + 5;
    double most = -1e300;
    for (int i = 1; i < count; ++i) most = std::max(most, log_weight(last * i / count));
    for (int i = 1; i < count; ++i) {
      const double h = last * i / count, weight = std::exp(log_weight(h) - most);
      z += weight, h2 += h * h * weight, h4 += h * h * h * h * weight;
    }
    h2 /= z, h4 /= z;
    m2 = (h2 - 2 * variance) / (beta * beta);
    m4 = (h4 - 8 * beta * beta * m2 * variance - 8 * variance * variance) / std::pow(beta, 4);
  }
};

/// The periodic chain, Z = Σ_m I_m(β)^N, by its transfer matrix.
struct Chain {
  double energy, energy2, m2, helicity_modulus;

  Chain(int rotors, double temperature) {
    const double beta = 1 / temperature;
    const Vector bessel = scaled_bessel(beta, 60);
    const auto i = [&](int m) { return bessel[std::abs(m)]; };
    const auto slope = [&](int m) { return (i(m - 1) + i(m + 1)) / 2; };            // I'
    const auto bend = [&](int m) { return (i(m - 2) + 2 * i(m) + i(m + 2)) / 4; };  // I''
    const int n = rotors;
    double z = 0, first = 0, second = 0, squares = 0;
    std::vector<double> correlation(n, 0.0);
    for (int m = -40; m <= 40; ++m) {
      z += std::pow(i(m), n);
      first += n * std::pow(i(m), n - 1) * slope(m);
      second += n * (n - 1) * std::pow(i(m), n - 2) * slope(m) * slope(m) + n * std::pow(i(m), n - 1) * bend(m);
      squares += m * m * std::pow(i(m), n);
      for (int r = 0; r < n; ++r) correlation[r] += std::pow(i(m), n - r) * std::pow(i(m + 1), r);
    }
    const double cosines = first / z / n, cosines2 = second / z / (n * n);  // ⟨Σ cos⟩/N, ⟨(Σ cos)²⟩/N²
    energy = 1 - cosines;
    energy2 = 1 - 2 * cosines + cosines2;
    m2 = 0;
    for (const double c : correlation) m2 += c / z / n;
    helicity_modulus = n * temperature * squares / z;  // F(Φ) = -T ln Σ_m I_m^N e^{imΦ}
  }
};

/// ⟨M²⟩, ⟨M⁴⟩, ⟨e⟩, ⟨e²⟩, Υ of a few rotors by the trapezoidal rule over all angles but one, which is exact up to
/// e^{-points} for such integrands. `coupling(i, j)` and `way(i, j, side)` state the model once more.
template <class Coupling, class Way>
std::array<double, 5> integrated(int rotors, double temperature, int sides, Coupling coupling, Way way) {
  constexpr int points = 24;
  std::vector<int> index(rotors, 0);
  double z = 0;
  std::array<double, 5> sums{};
  for (;;) {
    double x = 0, y = 0, energy = 0, stretch = 0;
    std::array<double, 2> current{};
    for (int i = 0; i < rotors; ++i) {
      const double angle = 2 * std::numbers::pi * index[i] / points;
      x += std::cos(angle) / rotors, y += std::sin(angle) / rotors;
      for (int j = 0; j < i; ++j) {
        const double difference = 2 * std::numbers::pi * (index[j] - index[i]) / points;
        energy += coupling(i, j) * (1 - std::cos(difference));
        for (int side = 0; side < sides; ++side) {
          const double r = way(i, j, side);
          stretch += coupling(i, j) * r * r * std::cos(difference);
          current[side] += coupling(i, j) * r * std::sin(difference);
        }
      }
    }
    const double weight = std::exp(-energy / temperature), m2 = x * x + y * y, e = energy / rotors;
    const double twist = (stretch - (current[0] * current[0] + current[1] * current[1]) / temperature) / rotors / sides;
    z += weight;
    const std::array<double, 5> values{m2, m2 * m2, e, e * e, twist};
    for (std::size_t k = 0; k < 5; ++k) sums[k] += weight * values[k];
    int i = 1;
    while (i < rotors && ++index[i] == points) index[i++] = 0;
    if (i == rotors) break;
  }
  for (double& sum : sums) sum /= z;
  return sums;
}

void require_moments(const SampledRotors& sampled, const std::array<double, 5>& exact, double temperature, int rotors) {
  const auto [m2, m4, e, e2, twist] = exact;
  sampled.require("magnetization2", m2, 0.02);
  sampled.require("magnetization4", m4, 0.03);
  sampled.require("energy", e, 0.02);
  sampled.require("energy2", e2, 0.03);
  sampled.require("helicity_modulus", twist, 0.1);
  sampled.require("specific_heat", rotors * (e2 - e * e) / (temperature * temperature), 0.05);
}

}  // namespace

TEST_CASE("the reference for all-to-all rotors has the known limit at the critical point") {
  // <M^4>/<M^2>^2 -> pi/2 at T_c = 1/2, and M^2 ~ N^{-1/2}.
  const MeanField large(1e6, 0.5), larger(4e6, 0.5);
  CHECK(larger.m4 / (larger.m2 * larger.m2) == Approx(std::numbers::pi / 2).epsilon(2e-3));
  CHECK(large.m2 / larger.m2 == Approx(2).epsilon(2e-3));
  // Two rotors at an angle θ: M² = (1 + cos θ)/2, weight e^{βM²} ~ e^{β cos θ/2}.
  const MeanField two(2, 0.5);
  const Vector bessel = scaled_bessel(1, 1);
  CHECK(two.m2 == Approx((1 + bessel[1] / bessel[0]) / 2).epsilon(1e-6));
}

TEST_CASE("all-to-all rotors have the moments of the Hubbard-Stratonovich integral") {
  for (const std::int64_t rotors : {8, 64, 256}) {
    for (const double temperature : {0.2, 0.4, 0.5, 0.55, 1.0}) {
      INFO("N = " << rotors << ", T = " << temperature);
      const MeanField exact(static_cast<double>(rotors), temperature);
      const SampledRotors sampled({.rotors = rotors, .temperature = temperature}, 5000);
      sampled.require("magnetization2", exact.m2, 0.05);
      sampled.require("magnetization4", exact.m4, 0.08);
      sampled.require("energy", (1 - exact.m2) / 2, 0.03);
      sampled.require("energy2", (1 - 2 * exact.m2 + exact.m4) / 4, 0.05);
      const double variance = (exact.m4 - exact.m2 * exact.m2) / 4;
      sampled.require("specific_heat", static_cast<double>(rotors) * variance / (temperature * temperature), 0.2);
      CHECK(std::isnan(sampled.value("helicity_modulus")));
    }
  }
}

TEST_CASE("the fluctuations of all-to-all rotors at T_c are those of the quartic fixed point") {
  // <M^4>/<M^2>^2 of 1024 rotors, which is below pi/2 by the drift that the integral gives.
  const MeanField exact(1024, 0.5);
  const SampledRotors sampled({.rotors = 1024, .temperature = 0.5}, 8000);
  const double m2 = sampled.value("magnetization2"), ratio = sampled.value("magnetization4") / (m2 * m2);
  CHECK(ratio == Approx(exact.m4 / (exact.m2 * exact.m2)).margin(0.06));
  CHECK(ratio == Approx(std::numbers::pi / 2).margin(0.1));
}

TEST_CASE("a chain of nearest neighbors obeys its transfer matrix") {
  // In the limit of a long chain e = 1 - I_1/I_0.
  const Vector bessel = scaled_bessel(2, 1);
  CHECK(Chain(400, 0.5).energy == Approx(1 - bessel[1] / bessel[0]).epsilon(1e-9));
  for (const int rotors : {3, 16, 100}) {
    for (const double temperature : {0.15, 0.5, 1.5}) {
      INFO("N = " << rotors << ", T = " << temperature);
      const Chain exact(rotors, temperature);
      const SampledRotors sampled({.rotors = rotors, .kernel = "nearest", .temperature = temperature}, 5000);
      sampled.require("energy", exact.energy, 0.06);
      sampled.require("energy2", exact.energy2, 0.1);
      sampled.require("magnetization2", exact.m2, 0.05);
      if (exact.helicity_modulus > 0.1)
        sampled.require("helicity_modulus", exact.helicity_modulus, 0.2);
      else
        CHECK(std::abs(sampled.value("helicity_modulus") - exact.helicity_modulus) <
              4 * sampled.error("helicity_modulus"));
    }
  }
}

TEST_CASE("five rotors on a ring have the moments of the integral over all angles, for every range") {
  const auto steps = [](int i, int j) { return (j - i + 5) % 5 > 2 ? (j - i + 5) % 5 - 5 : (j - i + 5) % 5; };
  const auto way = [&](int i, int j, int) { return static_cast<double>(steps(i, j)); };
  const auto require = [&](RotorSettings settings, double first, double second) {
    settings.rotors = 5, settings.temperature = 0.4;
    const auto coupling = [&](int i, int j) { return std::abs(steps(i, j)) == 1 ? first : second; };
    require_moments(SampledRotors(settings, 20'000), integrated(5, 0.4, 1, coupling, way), 0.4, 5);
  };
  // Two neighbors at distance 1 and two at distance 2; the strengths add up to 1.
  SECTION("power") {
    const double sum = 2 + 2 * std::pow(2, -1.5);
    require({.kernel = "power", .alpha = 1.5}, 1 / sum, std::pow(2, -1.5) / sum);
  }
  SECTION("exponential") {
    const double sum = 2 * std::exp(-1 / 0.7) + 2 * std::exp(-2 / 0.7);
    require({.kernel = "exponential", .range = 0.7}, std::exp(-1 / 0.7) / sum, std::exp(-2 / 0.7) / sum);
  }
  SECTION("window of one") { require({.kernel = "window", .range = 1.5}, 0.5, 0); }
  SECTION("window of two") { require({.kernel = "window", .range = 2}, 0.25, 0.25); }
}

TEST_CASE("four rotors on a square have the moments of the integral over all angles") {
  // Sites 0 1 / 2 3, every two of them once: sides at distance 1, diagonals at √2.
  const auto is_diagonal = [](int i, int j) { return i + j == 3; };
  const double diagonal = std::pow(2, -0.75), sum = 2 + diagonal;  // r^-1.5
  const auto coupling = [&](int i, int j) { return (is_diagonal(i, j) ? diagonal : 1) / sum; };
  const auto exact = integrated(4, 0.4, 2, coupling, [](int, int, int) { return 0.0; });
  const SampledRotors sampled({.rotors = 4, .lattice = "square", .kernel = "power", .alpha = 1.5, .temperature = 0.4},
                              20'000);
  sampled.require("magnetization2", exact[0], 0.02);
  sampled.require("magnetization4", exact[1], 0.02);
  sampled.require("energy", exact[2], 0.02);
  sampled.require("energy2", exact[3], 0.03);
}
