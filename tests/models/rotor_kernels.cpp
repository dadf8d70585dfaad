// Sines and cosines of many phases.
#include <softmech/ensemble/random.hpp>
#include <softmech/models/rotor_kernels.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

using namespace softmech;

namespace {

struct Phasors {
  Phasors(const std::vector<double>& phases, InstructionSet instructions)
      : cosine(phases.size() + 1, 7.0), sine(phases.size() + 1, 7.0) {
    sums = rotor_kernels(instructions)
               .phasors(static_cast<std::int64_t>(phases.size()), phases.data(), cosine.data(), sine.data());
    CHECK((cosine.back() == 7 && sine.back() == 7));  // nothing is written beyond the phases
  }
  std::vector<double> cosine, sine;
  PhasorSums sums;
};

std::vector<double> random_phases(std::size_t count, double scale) {
  RandomStream random(11, 0, "phases");
  std::vector<double> phases(count);
  for (double& phase : phases) phase = scale * (2 * random.uniform() - 1);
  return phases;
}

/// The largest difference from the C library's long double, which has 64 bits and reduces any argument exactly.
double error(const std::vector<double>& phases, const Phasors& phasors) {
  long double largest = 0;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const auto x = static_cast<long double>(phases[i]);
    largest = std::max({largest, std::abs(phasors.cosine[i] - std::cos(x)), std::abs(phasors.sine[i] - std::sin(x))});
  }
  return static_cast<double>(largest);
}

}  // namespace

TEST_CASE("sines and cosines of phases are right to 2e-16, however far they have turned") {
  for (const InstructionSet instructions : instruction_sets()) {
    for (const double scale : {1e-9, 0.5, 1.0, 4.0, 100.0, 1e4, 1e6, 1e9, 1e15, 1e300}) {
      const std::vector<double> phases = random_phases(20'000, scale);
      INFO("phases up to " << scale);
      CHECK(error(phases, Phasors(phases, instructions)) < 2e-16);
    }
    // Next to multiples of π/4, where the octant changes or a function vanishes.
    std::vector<double> edges{0.0, -0.0, 0x1p30, std::nextafter(0x1p30, 1e300), -0x1p30};
    for (int k = -3000; k <= 3000; ++k) {
      const double near = k * 331 * (std::numbers::pi / 4);
      edges.insert(edges.end(), {near, std::nextafter(near, 1e300), std::nextafter(near, -1e300)});
    }
    const Phasors phasors(edges, instructions);
    CHECK(error(edges, phasors) < 2e-16);
    CHECK(phasors.cosine[0] == 1);
    CHECK(phasors.sine[0] == 0);
  }
}

TEST_CASE("sums of phasors are those of their numbers, for any count") {
  for (const InstructionSet instructions : instruction_sets()) {
    for (std::size_t count : {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 1000, 1023, 1024, 1025, 4099}) {
      for (const double scale : {2.0, 1e10}) {
        const std::vector<double> phases = random_phases(count, scale);
        const Phasors phasors(phases, instructions);
        long double cosine = 0, sine = 0;
        for (std::size_t i = 0; i < count; ++i) cosine += phasors.cosine[i], sine += phasors.sine[i];
        CHECK(phasors.sums.cosine == Approx(static_cast<double>(cosine)).margin(1e-13));
        CHECK(phasors.sums.sine == Approx(static_cast<double>(sine)).margin(1e-13));
        CHECK(error(phases, phasors) < 2e-16);
      }
    }
  }
}

TEST_CASE("phases that are no numbers have no phasors, and leave the others alone") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const InstructionSet instructions : instruction_sets()) {
    for (const double bad : {infinity, -infinity, std::nan("")}) {
      std::vector<double> phases = random_phases(37, 3);
      phases[20] = bad;
      const Phasors phasors(phases, instructions);
      CHECK(std::isnan(phasors.cosine[20]));
      CHECK(std::isnan(phasors.sine[20]));
      CHECK(std::isnan(phasors.sums.cosine));
      phases[20] = 0;
      const Phasors good(phases, instructions);
      for (std::size_t i = 0; i < 37; ++i) CHECK((i == 20 || phasors.sine[i] == good.sine[i]));
    }
  }
}

TEST_CASE("AVX2 and AVX-512 give phasors of the same bits") {
  if (best_instruction_set() != InstructionSet::avx512) {
    WARN("this processor has no AVX-512: nothing compared");
    return;
  }
  for (const std::size_t count : {1, 5, 8, 13, 1024, 3333}) {
    for (const double scale : {1.0, 1e5, 1e11}) {
      const std::vector<double> phases = random_phases(count, scale);
      const Phasors narrow(phases, InstructionSet::avx2), wide(phases, InstructionSet::avx512);
      CHECK(narrow.cosine == wide.cosine);
      CHECK(narrow.sine == wide.sine);
      CHECK(std::memcmp(&narrow.sums, &wide.sums, sizeof(PhasorSums)) == 0);
    }
  }
}
