// Energies, torques, curvatures and responses of moving rotors.
#include "typed_rotors.hpp"

#include <softmech/mechanics/lagrangian.hpp>
#include <softmech/mechanics/normal_modes.hpp>

#include <limits>
#include <vector>

using namespace softmech;
using Catch::Contains;
using Eigen::Index;
using std::numbers::pi;

static_assert(HasHessian<RotorSystem>);

namespace {

/// One of every kernel, boundary, lattice and way to sum, of motion without a bath.
std::vector<RotorSettings> systems() {
  std::vector<RotorSettings> all{
      {.rotors = 17, .kernel = "all", .field = 0.3},
      {.rotors = 17, .kernel = "all", .twist = 6 * pi / 17},
      {.rotors = 12, .kernel = "nearest"},
      {.rotors = 13, .boundary = "open", .kernel = "nearest", .twist = 0.4, .field = 0.2},
      {.rotors = 20, .boundary = "open", .kernel = "window", .range = 3},
      {.rotors = 9, .kernel = "window", .range = 4, .twist = 4 * pi / 9},
      {.rotors = 51, .kernel = "exponential", .range = 2.5, .twist = 2 * pi / 51, .field = 0.1},
      {.rotors = 40, .boundary = "open", .kernel = "exponential", .range = 1.5, .twist = 0.7},
      {.rotors = 52, .kernel = "power", .alpha = 1.5},
      {.rotors = 40,
       .boundary = "open",
       .kernel = "power",
       .alpha = 2.5,
       .twist = "rope",
       .rope_plane = 3,
       .rope_dim = 16},
      {.rotors = 16, .lattice = "square", .kernel = "nearest"},
      {.rotors = 25, .lattice = "square", .boundary = "open", .kernel = "window", .range = 2, .twist = 0.3},
      {.rotors = 64, .lattice = "square", .boundary = "open", .kernel = "power", .alpha = 2, .twist = 0.3},
      {.rotors = 64, .lattice = "square", .kernel = "power", .alpha = 3, .twist = 2 * pi / 8, .field = 0.05},
      {.rotors = 15, .kernel = "softmax", .attention_beta = 2},
      {.rotors = 15, .boundary = "open", .kernel = "softmax", .attention_beta = 20, .twist = 0.4, .field = 0.3},
      {.rotors = 21, .kernel = "softmax", .scores = "window", .attention_beta = 15, .range = 4, .twist = 2 * pi / 21},
      {.rotors = 33, .boundary = "open", .kernel = "softmax", .scores = "power", .attention_beta = 10, .alpha = 1.2},
      {.rotors = 25, .lattice = "square", .kernel = "softmax", .scores = "exponential", .attention_beta = 30},
      {.rotors = 25,
       .lattice = "square",
       .boundary = "open",
       .kernel = "softmax",
       .scores = "window",
       .attention_beta = 9,
       .range = 1.5},
      {.rotors = 11, .kernel = "softmax", .scores = "all", .attention_beta = 25},
  };
  for (RotorSettings& settings : all) settings.dynamics = "microcanonical", settings.temperature = 0.7;
  return all;
}

std::string name(const RotorSettings& s) {
  return s.kernel + " " + s.scores + " " + s.lattice + " " + s.boundary + " " + std::to_string(s.rotors);
}

/// What the typed formulas say of a state.
struct Expected {
  Expected(const typed::Energy& energy, const Vector& at) : phases(at), gradient(at.size()) {
    potential = static_cast<double>(energy.value(at));
    const auto n = static_cast<double>(at.size());
    for (Index i = 0; i < at.size(); ++i)
      gradient[i] = static_cast<double>(energy.gradient(typed::Energy::complex(at), i));
    for (Index i = 0; i < at.size(); i += 5)
      for (Index j : {Index{0}, i, (i + 1) % at.size(), at.size() / 2})
        curvatures.push_back({i, j, static_cast<double>(energy.curvature(at, i, j))});
    constexpr long double step = 1e-6L;
    const int sides = energy.settings.lattice == "square" ? 2 : 1;
    for (int side = 0; side < sides; ++side) {
      const long double ahead = energy.current(at, step, side), behind = energy.current(at, -step, side);
      const auto current = static_cast<double>(energy.current(at, 0, side));
      stretch += static_cast<double>((ahead - behind) / (2 * step)) / (n * sides);
      current2 += current * current / (n * sides);
    }
  }

  struct Curvature {
    Index i, j;
    double value;
  };
  Vector phases;
  double potential = 0, stretch = 0, current2 = 0;
  Vector gradient;
  std::vector<Curvature> curvatures;
};

void require(const RotorSystem& system, const Expected& expected) {
  const Vector& phases = expected.phases;
  const auto n = static_cast<double>(system.rotors());
  CHECK(system.potential(phases) == Approx(expected.potential).epsilon(1e-13).margin(1e-14 * n));
  Vector gradient(phases.size()), force(phases.size());
  system.gradient(phases, gradient);
  system.force(phases, force);
  CHECK((gradient - expected.gradient).cwiseAbs().maxCoeff() < 2e-15 + 2e-14 * expected.gradient.cwiseAbs().maxCoeff());
  CHECK(force == -gradient);

  const Matrix hessian = system.hessian(phases);
  for (const auto& [i, j, value] : expected.curvatures)
    CHECK(hessian(i, j) == Approx(value).epsilon(1e-9).margin(1e-10));
  CHECK(system.laplacian(phases) == Approx(hessian.trace()).epsilon(1e-11).margin(1e-11));

  const RotorInteraction measured = system.measure(phases);
  CHECK(measured.energy == Approx(system.potential(phases) / n));
  if (system.settings().couplings() == "all") {
    CHECK(std::isnan(measured.helicity_modulus));
    return;
  }
  CHECK(measured.stretch == Approx(expected.stretch).epsilon(1e-8).margin(1e-9));
  CHECK(measured.current2 == Approx(expected.current2).epsilon(1e-10).margin(1e-12));
  CHECK(measured.helicity_modulus == Approx(expected.stretch - expected.current2 / 0.7).epsilon(1e-8).margin(1e-9));
}

constexpr RotorSystem::Method methods[] = {RotorSystem::Method::fast, RotorSystem::Method::reference};

}  // namespace

TEST_CASE("rotors have the energies, torques, curvatures and stiffness of the formulas, in every way to sum") {
  for (const RotorSettings& settings : systems()) {
    const typed::Energy energy{settings, typed::couplings(settings)};
    for (const double width : {0.4, 3.0}) {
      const Expected expected(energy, typed::random_phases(settings.rotors, width));
      for (const auto method : methods) {
        INFO(name(settings) << (method == RotorSystem::Method::fast ? " fast" : " reference"));
        const RotorSystem system(settings, method);
        CHECK((system.couplings() - energy.couplings).cwiseAbs().maxCoeff() < 1e-15);
        require(system, expected);
      }
    }
  }
}

TEST_CASE("couplings from a file are taken as they are, of any sign; scores of 0 are masked") {
  const Index n = 14;
  Matrix table = Matrix::Zero(n, n);
  RandomStream random(1, 0, "table");
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < i; ++j) table(i, j) = table(j, i) = random.below(3) == 0 ? 0.0 : random.normal();
  const std::vector<double> strengths{1.0, -0.5, 0.0, 0.25};
  Matrix by_distance = Matrix::Zero(n, n);
  for (Index r = 1; r <= 4; ++r)
    for (Index i = 0; i + r < n; ++i)
      by_distance(i, i + r) = by_distance(i + r, i) = strengths[static_cast<std::size_t>(r - 1)];
  for (const std::string kernel : {"file", "softmax"}) {
    const bool softmax = kernel == "softmax";  // takes no J < 0
    const auto signs = [&](const Matrix& j) { return softmax ? Matrix(j.cwiseAbs()) : j; };
    const Vector column = signs(Eigen::Map<const Vector>(strengths.data(), 4));
    const typed::TableFile pairs("pairs", signs(table)), distances("distances", column);
    for (const bool of_pairs : {true, false}) {
      RotorSettings settings{.rotors = n,
                             .boundary = "open",
                             .kernel = kernel,
                             .file = of_pairs ? pairs.path() : distances.path(),
                             .twist = 0.35,
                             .field = 0.1,
                             .temperature = 0.7,
                             .dynamics = "microcanonical"};
      if (softmax) settings.scores = "file", settings.attention_beta = 3;
      const typed::Energy energy{settings, signs(of_pairs ? table : by_distance)};
      const Expected expected(energy, typed::random_phases(n, 1.2));
      for (const auto method : methods) {
        INFO(kernel << (of_pairs ? " pairs" : " distances"));
        require(RotorSystem(settings, method), expected);
      }
    }
  }
}

TEST_CASE("a global turn changes nothing without a field, and torques then add up to zero") {
  for (RotorSettings settings : systems()) {
    settings.field = 0;
    const RotorSystem system(settings);
    const Vector phases = typed::random_phases(settings.rotors, 1.5);
    const Vector turned = phases.array() + 1.234;
    Vector gradient(phases.size()), after(phases.size());
    system.gradient(phases, gradient);
    system.gradient(turned, after);
    INFO(name(settings));
    CHECK(system.potential(turned) == Approx(system.potential(phases)).epsilon(1e-13));
    CHECK((gradient - after).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(std::abs(gradient.sum()) < 1e-13);
  }
}

TEST_CASE("a twist is gauged away by the helix, at rest without energy") {
  for (RotorSettings settings : systems()) {
    settings.field = 0;
    const RotorSystem twisted(settings);
    settings.twist = 0.0, settings.rope_plane = 0, settings.rope_dim = 128;
    const RotorSystem plain(settings);
    INFO(name(settings));
    const Vector phases = typed::random_phases(settings.rotors, 1.5), moved = phases + twisted.helix();
    Vector gradient(phases.size()), expected(phases.size());
    twisted.gradient(moved, gradient);
    plain.gradient(phases, expected);
    CHECK((gradient - expected).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(twisted.potential(moved) == Approx(plain.potential(phases)).epsilon(1e-13));
    CHECK((twisted.helical_magnetization(moved) - plain.magnetization(phases)).norm() < 1e-15);
    CHECK((twisted.magnetization(phases) - plain.magnetization(phases)).norm() == 0);
    twisted.gradient(twisted.helix(), gradient);
    CHECK(gradient.cwiseAbs().maxCoeff() < 1e-15);
    CHECK(std::abs(twisted.potential(twisted.helix())) < 1e-13);
  }
}

TEST_CASE("phases unwrap: turns by 2π of single rotors change nothing") {
  const RotorSystem system({.rotors = 64, .kernel = "power", .alpha = 1.5, .dynamics = "microcanonical"});
  Vector phases = typed::random_phases(64, 1), wound = phases;
  for (Index i = 0; i < 64; ++i) wound[i] += 2 * pi * static_cast<double>((i * 37) % 1000);
  CHECK(system.potential(wound) == Approx(system.potential(phases)).epsilon(1e-11));
}

TEST_CASE("RoPE's planes turn by the frequencies of a real model") {
  const auto twist = [](std::int64_t plane) {
    return RotorSettings{.boundary = "open", .twist = "rope", .rope_plane = plane, .rope_dim = 64}.twist_per_site();
  };
  CHECK(twist(0) == 1);
  CHECK(twist(16) == Approx(0.01).epsilon(1e-15));
  CHECK(twist(31) == Approx(std::exp(-std::log(1e4) * 31 / 32)).epsilon(1e-14));
}

TEST_CASE("contradictory settings of rotors are refused with a way out") {
  const auto refusal = [](const RotorSettings& settings) -> std::string {
    try {
      RotorSystem system(settings);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  const auto moving = [](RotorSettings settings) {
    settings.dynamics = "langevin";
    return settings;
  };
  CHECK_THAT(
      refusal(moving({.rotors = 100, .kernel = "nearest", .twist = 0.1})),
      Contains("must be a multiple of 2 pi/length") && Contains("try 0.06283185307179587 or 0.12566370614359174"));
  CHECK_THAT(refusal({.kernel = "nearest", .field = 0.1}),
             Contains("model.field = 0.1 with model.dynamics = \"cluster\""));
  CHECK_THAT(refusal({.boundary = "open", .kernel = "nearest"}), Contains("clusters do not know it"));
  CHECK_THAT(refusal(moving({.kernel = "power", .alpha = 0.9, .images = true})), Contains("must be > 1"));
  CHECK_THAT(refusal(moving({.boundary = "open", .kernel = "power", .images = true})), Contains("periodic chain"));
  CHECK_THAT(refusal(moving({.kernel = "file"})), Contains("must name a table"));
  CHECK_THAT(refusal(moving({.kernel = "nearest", .attention_beta = 2})), Contains("is for \"softmax\" only"));
  CHECK_THAT(refusal(moving({.kernel = "softmax", .attention_beta = 301})), Contains("at most 300; try 300"));
  CHECK_THAT(refusal(moving({.boundary = "open", .kernel = "nearest", .twist = "rope", .rope_plane = 64})),
             Contains("below half of it"));
  CHECK_THAT(refusal({.kernel = "nearest", .mass = 2}), Contains("has no inertia"));
  CHECK_THAT(refusal({.kernel = "nearest", .friction = 2, .dynamics = "microcanonical"}), Contains("has no friction"));
  const typed::TableFile crooked("crooked", Matrix{{0.0, 1.0, 0.0}, {2.0, 0.0, 0.0}, {0.0, 0.0, 0.0}});
  CHECK_THAT(refusal(moving({.rotors = 3, .kernel = "file", .file = crooked.path()})), Contains("must be the same"));
  CHECK_THAT(refusal(moving({.rotors = 4, .kernel = "file", .file = crooked.path()})),
             Contains("try model.rotors = 3"));
  const auto from_file = [&](const std::string& kernel, const Matrix& j) {
    const typed::TableFile file("refused", j);
    RotorSettings settings = moving({.rotors = 3, .boundary = "open", .kernel = kernel, .file = file.path()});
    if (kernel == "softmax") settings.scores = "file";
    return refusal(settings);
  };
  const double infinity = std::numeric_limits<double>::infinity();
  for (const std::string kernel : {"file", "softmax"}) {
    CHECK_THAT(from_file(kernel, Matrix{{0.0, 1.0, 0.0}, {1.0, 0.0, std::nan("")}, {0.0, std::nan(""), 0.0}}),
               Contains("refused") && Contains("J of rotors 1 and 2 = nan: must be a finite number; try 0"));
    CHECK_THAT(from_file(kernel, Vector{{1.0, -infinity}}), Contains("J at the distance 2 = -inf: must be a finite"));
  }
  CHECK_THAT(from_file("softmax", Matrix{{0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}, {0.0, 0.0, 0.0}}),
             Contains("rotor 2 has none"));
  CHECK_THAT(from_file("softmax", Matrix{{0.0, 1.0, 0.0}, {1.0, 0.0, -0.5}, {0.0, -0.5, 0.0}}),
             Contains("J of rotors 1 and 2 = -0.5: a score") && Contains("must be >= 0; try 0, which masks"));
  CHECK_THAT(from_file("softmax", Vector{{1.0, -0.5}}), Contains("J at the distance 2 = -0.5: a score"));
}
