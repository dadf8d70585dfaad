#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

#include "softmech/attention/boltzmann_sums.hpp"
#include "softmech/ensemble/random.hpp"

using namespace softmech;

TEST_CASE("AVX2 and AVX-512 give the same bits") {
  if (best_instruction_set() != InstructionSet::avx512) {
    WARN("this processor has no AVX-512: nothing compared");
    return;
  }
  RandomStream random(1, 0, "instructions");
  for (const std::size_t keys : {1, 2, 7, 8, 9, 15, 63, 500, 512, 513, 4097, 100'003}) {
    for (const double scale : {1e-9, 1.0, 30.0, 1e4}) {
      std::vector<double> energies(keys);
      for (double& energy : energies) energy = 3 + scale * random.normal();
      const double lowest = *std::min_element(energies.begin(), energies.end());
      const BoltzmannSums narrow = boltzmann_sums(energies, lowest, 0.7, InstructionSet::avx2);
      const BoltzmannSums wide = boltzmann_sums(energies, lowest, 0.7, InstructionSet::avx512);
      INFO(keys << " keys, scale " << scale);
      CHECK(std::memcmp(&narrow, &wide, sizeof narrow) == 0);
    }
  }
}
