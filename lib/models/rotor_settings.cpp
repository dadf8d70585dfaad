#include <softmech/models/rotor_settings.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

void RotorSettings::declare(Keys& k) {
  k.add("model.rotors", rotors, "number of rotors N", {.at_least = 2, .at_most = 1e6, .sweep = true});
  k.add("model.lattice", lattice, "where the rotors are: a periodic chain or a periodic square, of the same sites",
        {.words = {"chain", "square"}, .sweep = true});
  k.add("model.kernel", kernel,
        "coupling J: 1/N for all pairs, 1 for nearest neighbors, or falling with the distance r and normalized to "
        "sum_j J_ij = 1: constant up to model.range, e^(-r/range), r^-alpha",
        {.words = {"all", "nearest", "window", "exponential", "power"}, .sweep = true});
  k.add("model.alpha", alpha, "exponent of \"power\"", {.at_least = 0, .at_most = 100, .sweep = true});
  k.add("model.range", range, "range of \"window\" and \"exponential\"", {.above = 0, .sweep = true});
  k.add("model.temperature", temperature, "temperature T", {.above = 0, .sweep = true});
  k.add("model.dynamics", dynamics, "sampling of e^(-H/T) by reflected clusters", {.words = {"cluster"}});
}

void RotorSettings::check() const {
  if (lattice == "square") {
    const auto side = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(rotors))));
    if (side * side != rotors) {
      throw std::invalid_argument(fmt::format(
          "model.rotors = {} with model.lattice = \"square\": must be a square number; try {}", rotors, side * side));
    }
    if (kernel == "all")
      throw std::invalid_argument(
          "model.lattice = \"square\" with model.kernel = \"all\": all pairs couple alike; leave model.lattice out");
  }
  if (kernel != "power" && alpha != RotorSettings().alpha) {
    throw std::invalid_argument(
        fmt::format("model.alpha is set with model.kernel = \"{}\": is for \"power\" only; leave it out", kernel));
  }
  const bool ranged = kernel == "window" || kernel == "exponential";
  if (!ranged && range != RotorSettings().range) {
    throw std::invalid_argument(fmt::format(
        "model.range is set with model.kernel = \"{}\": is for \"window\" and \"exponential\"; leave it out", kernel));
  }
  if (kernel == "window" && range < 1)
    throw std::invalid_argument(
        fmt::format("model.range = {} with model.kernel = \"window\": reaches no neighbor; must be >= 1", range));
}

RotorLattice RotorSettings::sites() const {
  if (lattice == "chain") return {1, rotors};
  const auto side = static_cast<Eigen::Index>(std::lround(std::sqrt(static_cast<double>(rotors))));
  return {side, side};
}

RotorCoupling RotorSettings::coupling() const {
  if (kernel == "all") return RotorCoupling::all(rotors);
  if (kernel == "nearest") return RotorCoupling::nearest(sites());
  if (kernel == "window") return RotorCoupling::window(sites(), range);
  if (kernel == "exponential") return RotorCoupling::exponential(sites(), range);
  return RotorCoupling::power(sites(), alpha);
}

void RotorSamplingSettings::declare(Keys& k) {
  k.add("sampling.thermalize", thermalize, "sweeps before the first sample", {.at_least = 1, .at_most = 1e9});
  k.add("sampling.sweeps", sweeps, "sweeps, with a sample after each; one reflects about N rotors",
        {.at_least = 16, .at_most = 1e9});
  k.add("sampling.series", series, "whether every sample's magnetization and energy are recorded");
}

}  // namespace softmech
