// Whether a test could have told: its power, by simulation.
#pragma once

#include <softmech/statistics/interval.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace softmech {

class RandomStream;

struct Power {
  double value = 0;   ///< the share of simulations that decide rightly
  Interval interval;  ///< Wilson's at 95 %
};

/// How often `decides_rightly` says so, each time with its own stream RandomStream(seed, simulation, purpose) to make
/// the data from. Parallel; the same bits for any number of threads. Throws std::invalid_argument unless
/// simulations >= 1.
Power power_by_simulation(const std::function<bool(RandomStream& random)>& decides_rightly, std::int64_t simulations,
                          std::uint64_t seed, std::string_view purpose);

}  // namespace softmech
