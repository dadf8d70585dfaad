#include <softmech/statistics/power.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/proportion.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>

#include <atomic>
#include <stdexcept>

namespace softmech {

Power power_by_simulation(const std::function<bool(RandomStream& random)>& decides_rightly, std::int64_t simulations,
                          std::uint64_t seed, std::string_view purpose) {
  if (simulations < 1)
    throw std::invalid_argument(fmt::format("simulations = {}: must be >= 1; try 1000", simulations));
  std::atomic<std::int64_t> right = 0;
  tbb::parallel_for(std::int64_t{0}, simulations, [&](std::int64_t simulation) {
    RandomStream random(seed, static_cast<std::uint32_t>(simulation), purpose);
    if (decides_rightly(random)) ++right;
  });
  return {static_cast<double>(right) / static_cast<double>(simulations), wilson_interval(right, simulations)};
}

}  // namespace softmech
