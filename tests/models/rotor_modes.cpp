// Spin waves and modes against closed forms.
#include "typed_rotors.hpp"

#include <softmech/mechanics/numerical_error.hpp>
#include <softmech/models/rotor_modes.hpp>

#include <boost/math/special_functions/zeta.hpp>

#include <algorithm>

using namespace softmech;
using Catch::Contains;
using Eigen::Index;
using std::numbers::pi;

namespace {

RotorSettings moving(RotorSettings settings) {
  settings.dynamics = "microcanonical";
  return settings;
}

/// All N frequencies of a periodic chain, ascending: k and -k alike.
Vector every_wave(const RotorBand& band, Index rotors) {
  Vector all(rotors);
  for (Index n = 0; n < rotors; ++n) all[n] = band.squared_frequency[std::min(n, rotors - n)];
  std::sort(all.begin(), all.end());
  return all;
}

/// Σ_{r≥1} cos(kr)/r^α for 0 < k < 2π and α no integer, by the expansion about k = 0 (DLMF 25.12.12).
double cosine_sum(double k, double alpha) {
  double sum = std::tgamma(1 - alpha) * std::sin(pi * alpha / 2) * std::pow(k, alpha - 1), power = 1;
  for (int n = 0; n <= 80; n += 2) {
    sum += boost::math::zeta(alpha - n) * power;
    power *= -k * k / ((n + 1) * (n + 2));
  }
  return sum;
}

}  // namespace

TEST_CASE("waves of the chain have the dispersions of their kernels") {
  const auto band = [](RotorSettings settings) { return rotor_band(RotorSystem(moving(settings))); };
  const auto require = [](const RotorBand& waves, auto squared_frequency) {
    for (Index n = 0; n < waves.wavenumber.size(); ++n) {
      INFO("k = " << waves.wavenumber[n]);
      CHECK(waves.squared_frequency[n] == Approx(squared_frequency(waves.wavenumber[n])).epsilon(1e-12).margin(1e-15));
    }
  };
  const RotorBand nearest = band({.rotors = 48, .kernel = "nearest", .mass = 2.5});
  REQUIRE(nearest.wavenumber.size() == 25);
  CHECK(nearest.wavenumber[24] == Approx(pi));
  require(nearest, [](double k) { return (2 - 2 * std::cos(k)) / 2.5; });
  require(band({.rotors = 49, .kernel = "nearest", .twist = 2 * pi / 49}),
          [](double k) { return 2 - 2 * std::cos(k); });
  require(band({.rotors = 48, .kernel = "nearest", .field = 0.3, .mass = 2}),
          [](double k) { return (2 - 2 * std::cos(k) + 0.3) / 2; });
  require(band({.rotors = 36, .lattice = "square", .kernel = "nearest"}), [](double k) { return 2 - 2 * std::cos(k); });
  require(band({.rotors = 40, .kernel = "window", .range = 3}),
          [](double k) { return 1 - (std::cos(k) + std::cos(2 * k) + std::cos(3 * k)) / 3; });
  const double q = std::exp(-1 / 2.5);
  require(band({.rotors = 400, .kernel = "exponential", .range = 2.5}),
          [q](double k) { return 1 - (1 - q) * (std::cos(k) - q) / (1 - 2 * q * std::cos(k) + q * q); });
  // Softmax, aligned: p = 1/2 for two neighbors; p = 1/(2R) and J = 1/(2R) for a window; p = 1/(N - 1) for all.
  require(band({.rotors = 30, .kernel = "softmax", .attention_beta = 7}), [](double k) { return 2 - 2 * std::cos(k); });
  require(band({.rotors = 30, .kernel = "softmax", .scores = "window", .attention_beta = 7, .range = 2}),
          [](double k) { return (2 - std::cos(k) - std::cos(2 * k)) / 4; });
  require(band({.rotors = 30, .kernel = "softmax", .scores = "all", .attention_beta = 7}),
          [](double k) { return k == 0 ? 0 : 2.0 / 29; });
}

TEST_CASE("all-to-all rotors have one zero mode and no branch: every other mode has mω² = 1") {
  const RotorSystem system(moving({.rotors = 40, .mass = 1.6}));
  const RotorBand band = rotor_band(system);
  CHECK(band.squared_frequency[0] == 0);
  for (Index n = 1; n <= 20; ++n) CHECK(1.6 * band.squared_frequency[n] == Approx(1).epsilon(1e-14));
  const RotorModes modes = rotor_modes(system);
  CHECK(modes.spectrum.zero == 1);
  CHECK(modes.spectrum.has_goldstone_count());
  CHECK(modes.spectrum.messages.empty());
  for (Index n = 1; n < 40; ++n) CHECK(1.6 * modes.squared_frequency[n] == Approx(1).epsilon(1e-13));
}

TEST_CASE("summed over images, a power law on a ring has the waves of the infinite chain") {
  for (const double alpha : {1.2, 1.5, 2.5, 3.6}) {
    for (const std::int64_t rotors : {7, 64, 1000}) {
      const RotorSystem system(moving({.rotors = rotors, .kernel = "power", .alpha = alpha, .images = true}));
      const RotorBand band = rotor_band(system);
      const double zeta = boost::math::zeta(alpha);
      INFO("alpha = " << alpha << ", N = " << rotors);
      for (Index n = 1; n < band.wavenumber.size(); n += 1 + n / 4)
        CHECK(band.squared_frequency[n] == Approx(1 - cosine_sum(band.wavenumber[n], alpha) / zeta).epsilon(1e-10));
      // J at the distance 2, image by image: the rest of the sum is an integral but for 1e-12.
      long double sum = 0;
      constexpr int images = 20'000;
      for (int n = images; n >= -images; --n)
        sum += std::pow(std::abs(2.0L + static_cast<long double>(n * rotors)), -static_cast<long double>(alpha));
      const auto edge = static_cast<long double>(rotors) * (images + 0.5L);
      sum += 2 * std::pow(edge, 1 - static_cast<long double>(alpha)) /
             (static_cast<long double>(rotors) * (static_cast<long double>(alpha) - 1));
      CHECK(system.couplings()(2, 4) ==
            Approx(static_cast<double>(sum / (2 * static_cast<long double>(zeta)))).epsilon(1e-10));
    }
  }
}

TEST_CASE("waves of a power law rise as k^((alpha-1)/2), and stiffness exists only for alpha > 3") {
  const auto exponent = [](double alpha) {
    const RotorSystem system(moving({.rotors = 8192, .kernel = "power", .alpha = alpha, .images = true}));
    const RotorBand band = rotor_band(system);
    return std::log2(band.squared_frequency[2] / band.squared_frequency[1]) / 2;
  };
  CHECK(exponent(1.5) == Approx(0.25).margin(2e-3));
  CHECK(exponent(2.5) == Approx(0.75).margin(1e-2));
  CHECK(exponent(5) == Approx(1).margin(1e-3));
  // Small k: ω² = Υ k²/m with Υ = ½ Σ_r J(r) r² over both sides.
  const RotorSystem stiff(moving({.rotors = 16384, .kernel = "power", .alpha = 5, .images = true}));
  const double stiffness = stiff.measure(stiff.helix()).helicity_modulus, k = 2 * pi / 16384;
  CHECK(stiffness == Approx(boost::math::zeta(3.0) / (2 * boost::math::zeta(5.0))).epsilon(1e-10));
  CHECK(rotor_band(stiff).squared_frequency[1] == Approx(stiffness * k * k).epsilon(1e-5));
  const RotorSystem soft(moving({.rotors = 64, .kernel = "power", .alpha = 2.5, .images = true}));
  CHECK(std::isnan(soft.measure(soft.helix()).helicity_modulus));
}

TEST_CASE("the Hessian's spectrum is the band, mode by mode") {
  for (const RotorSettings& settings :
       {RotorSettings{.rotors = 33, .kernel = "nearest", .mass = 0.7},
        RotorSettings{.rotors = 24, .kernel = "window", .range = 4, .field = 0.2},
        RotorSettings{.rotors = 64, .kernel = "power", .alpha = 1.5, .images = true},
        RotorSettings{.rotors = 60, .kernel = "exponential", .range = 2, .twist = 2 * pi / 60},
        RotorSettings{.rotors = 20, .kernel = "softmax", .attention_beta = 4},
        RotorSettings{
            .rotors = 31, .kernel = "softmax", .scores = "power", .attention_beta = 12, .alpha = 1.5, .field = 0.1}}) {
    const RotorSystem system(moving(settings));
    const RotorModes modes = rotor_modes(system);
    INFO(settings.kernel);
    CHECK((modes.squared_frequency - every_wave(rotor_band(system), settings.rotors)).cwiseAbs().maxCoeff() < 1e-13);
    CHECK(modes.spectrum.zero == (settings.field == 0 ? 1 : 0));
    CHECK(modes.spectrum.has_goldstone_count());
    CHECK(modes.spectrum.is_stable());
    CHECK(modes.squared_frequency[0] == Approx(settings.field / settings.mass).margin(1e-13));
  }
}

TEST_CASE("in the rotating frame RoPE's helix has the modes of the chain without it") {
  for (const RotorSettings& settings :
       {RotorSettings{.rotors = 30, .boundary = "open", .kernel = "nearest"},
        RotorSettings{.rotors = 60, .boundary = "open", .kernel = "power", .alpha = 1.5},
        RotorSettings{.rotors = 36, .lattice = "square", .boundary = "open", .kernel = "window", .range = 2},
        RotorSettings{
            .rotors = 30, .boundary = "open", .kernel = "softmax", .scores = "exponential", .attention_beta = 6}}) {
    RotorSettings with_rope = settings;
    with_rope.twist = "rope", with_rope.rope_plane = 5, with_rope.rope_dim = 64;
    const RotorSystem twisted(moving(with_rope));
    const RotorModes plain = rotor_modes(RotorSystem(moving(settings))), helical = rotor_modes(twisted);
    CHECK((helical.squared_frequency - plain.squared_frequency).cwiseAbs().maxCoeff() < 1e-13);
    CHECK(helical.spectrum.zero == 1);
    // From a disturbed state the helix comes back, up to a turn of all.
    const RotorModes found = rotor_modes(twisted, twisted.helix() + typed::random_phases(settings.rotors, 0.25));
    const Vector turn = found.phases - twisted.helix();
    CHECK((turn.array() - turn.mean()).abs().maxCoeff() < 1e-8);
    CHECK(std::abs(found.energy) < 1e-14);
    CHECK(found.residual < 1e-13);
  }
  // Free ends: ω² = 2 - 2 cos(πn/N).
  const RotorModes open = rotor_modes(RotorSystem(moving({.rotors = 30, .boundary = "open", .kernel = "nearest"})));
  for (Index n = 0; n < 30; ++n)
    CHECK(open.squared_frequency[n] == Approx(2 - 2 * std::cos(pi * static_cast<double>(n) / 30)).margin(1e-14));
}

TEST_CASE("a wound ring is a minimum of its own, softer by the cosine of its pitch") {
  const RotorSystem system(moving({.rotors = 24, .kernel = "nearest"}));
  const double pitch = 2 * 2 * pi / 24;
  const Vector wound = pitch * Vector::LinSpaced(24, 0, 23);
  const RotorModes modes = rotor_modes(system, wound + typed::random_phases(24, 0.02));
  CHECK(modes.energy == Approx(1 - std::cos(pitch)).epsilon(1e-12));
  CHECK((modes.squared_frequency - std::cos(pitch) * every_wave(rotor_band(system), 24)).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(modes.spectrum.zero == 1);
}

TEST_CASE("a field and a twist pin the phases: no zero mode is left, and none is expected") {
  const RotorSystem system(
      moving({.rotors = 50, .boundary = "open", .kernel = "nearest", .twist = 0.3, .field = 0.05}));
  const RotorModes modes = rotor_modes(system);
  CHECK(modes.residual < 1e-13);
  CHECK(modes.energy < system.potential(system.helix()) / 50);
  CHECK(modes.energy < system.potential(Vector::Zero(50)) / 50);
  CHECK(modes.spectrum.zero == 0);
  CHECK(modes.spectrum.has_goldstone_count());
  CHECK(modes.spectrum.is_stable());
}

TEST_CASE("a saddle's unstable modes are counted and the worst is named; its minimum is found from elsewhere") {
  const typed::TableFile file("antiferro", Vector{{-1.0}});
  const RotorSystem system(moving({.rotors = 10, .kernel = "file", .file = file.path()}));
  const RotorModes aligned = rotor_modes(system);
  CHECK(aligned.spectrum.unstable == 9);
  CHECK(aligned.squared_frequency[0] == Approx(-4).epsilon(1e-13));
  REQUIRE(aligned.spectrum.messages.size() == 1);
  CHECK_THAT(aligned.spectrum.messages[0], Contains("9 unstable modes") &&
                                               Contains("eigenvalue -4 < 0: the state is a saddle") &&
                                               Contains("turn") && Contains("against"));
  const RotorModes found = rotor_modes(system, typed::random_phases(10, 2));
  CHECK(found.spectrum.is_stable());
  CHECK(found.energy == Approx(-2).epsilon(1e-12));  // neighbors opposite: 2 bonds per rotor, each counted once
  CHECK(found.squared_frequency[9] == Approx(4).epsilon(1e-9));
}

TEST_CASE("rotors that do not couple have a zero mode more than the symmetry asks for, which is said") {
  Matrix halves = Matrix::Zero(6, 6);
  for (Index i : {0, 1, 3, 4}) halves(i, i + 1) = halves(i + 1, i) = 1;
  const typed::TableFile file("halves", halves);
  const RotorModes modes =
      rotor_modes(RotorSystem(moving({.rotors = 6, .boundary = "open", .kernel = "file", .file = file.path()})));
  CHECK(modes.spectrum.zero == 2);
  CHECK_FALSE(modes.spectrum.has_goldstone_count());
  REQUIRE(modes.spectrum.messages.size() == 1);
  CHECK_THAT(modes.spectrum.messages[0], Contains("2 zero modes") && Contains("1 broken generators"));
}

TEST_CASE("a search among torques that are not finite ends and says so") {
  const RotorSystem system(moving({.rotors = 10, .kernel = "nearest"}));
  Vector start = Vector::Zero(10);
  start[3] = std::nan("");
  CHECK_THROWS_AS(rotor_modes(system, start), NumericalError);
  CHECK_THROWS_WITH(rotor_modes(system, start), Contains("torques are not finite"));
  const typed::TableFile file("huge", Vector{{1e308}});
  const RotorSystem huge(moving({.rotors = 10, .kernel = "file", .file = file.path()}));
  CHECK_THROWS_AS(rotor_modes(huge), NumericalError);
}

TEST_CASE("waves are refused where there are none") {
  const auto refusal = [](const RotorSettings& settings) -> std::string {
    try {
      rotor_band(RotorSystem(moving(settings)));
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refusal({.rotors = 10, .boundary = "open", .kernel = "nearest"}), Contains("periodic lattice"));
  CHECK_THAT(refusal({.rotors = 10, .kernel = "nearest", .twist = 2 * pi / 10, .field = 1}), Contains("not a helix"));
  const typed::TableFile file("table", Matrix(Matrix::Ones(3, 3) - Matrix::Identity(3, 3)));
  CHECK_THAT(refusal({.rotors = 3, .kernel = "file", .file = file.path()}), Contains("couplings by distance"));
}
