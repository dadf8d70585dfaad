#include <softmech/models/random_keys.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

/// χ² with `freedom` ≥ 1 degrees of freedom: twice a gamma number of shape freedom/2 (Marsaglia & Tsang, TOMS 26 (2000)
/// 363).
double chi_squared(RandomStream& random, double freedom) {
  const double shape = freedom / 2;
  const double boosted = shape < 1 ? shape + 1 : shape;
  const double d = boosted - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal();
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log(random.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) {
      const double gamma = d * v;
      return 2 * (shape < 1 ? gamma * std::pow(random.uniform(), 1 / shape) : gamma);
    }
  }
}

}  // namespace

KeyLaw key_law(std::string_view name) {
  if (name == "gaussian") return KeyLaw::gaussian;
  if (name == "sphere") return KeyLaw::sphere;
  if (name == "equiangular") return KeyLaw::equiangular;
  throw std::invalid_argument(
      fmt::format("model.key_law = \"{}\": must be \"gaussian\", \"sphere\" or \"equiangular\"", name));
}

double random_cosine(RandomStream& random, std::int64_t dimension) {
  const double along = random.normal();
  if (dimension == 1) return std::copysign(1.0, along);
  return along / std::sqrt(along * along + chi_squared(random, static_cast<double>(dimension - 1)));
}

double RandomKeys::energy_deviation() const { return std::sqrt(static_cast<double>(head_dim)); }

double RandomKeys::condensation_temperature() const {
  const double size = std::log(static_cast<double>(keys));
  if (law == KeyLaw::equiangular) return static_cast<double>(head_dim) * (1 - cosine) / size;
  return energy_deviation() / std::sqrt(2 * size);
}

void RandomKeys::sample(RandomStream& random, std::span<double> energies) const {
  const auto d = static_cast<double>(head_dim);
  switch (law) {
    case KeyLaw::gaussian: {
      random.fill_normal(energies);
      const double deviation = energy_deviation();
      for (double& energy : energies) energy *= deviation;
      break;
    }
    case KeyLaw::sphere:
      for (double& energy : energies) energy = -d * random_cosine(random, head_dim);
      break;
    case KeyLaw::equiangular:
      std::fill(energies.begin(), energies.end(), -d * cosine);
      energies.front() = -d;
      break;
  }
}

}  // namespace softmech
