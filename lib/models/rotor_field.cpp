#include <softmech/models/rotor_field.hpp>

#include <cmath>
#include <variant>

namespace softmech {

namespace {

PhasorSums sum(std::span<const Rotor> rotors) {
  PhasorSums sums;
  for (const Rotor& rotor : rotors) {
    sums.cosine += rotor.cosine;
    sums.sine += rotor.sine;
  }
  return sums;
}

}  // namespace

double magnetization(std::span<const Rotor> rotors) {
  const PhasorSums sums = sum(rotors);
  return std::hypot(sums.cosine, sums.sine) / static_cast<double>(rotors.size());
}

RotorInteraction interaction(const RotorSums& sums, double rotors, int sides, double beta) {
  RotorInteraction result{sums.energy / rotors, 0, 0, 0};
  for (int side = 0; side < sides; ++side) {
    result.stretch += sums.stretch[side] / (rotors * sides);
    result.current2 += sums.current[side] * sums.current[side] / (rotors * sides);
  }
  result.helicity_modulus = result.stretch - beta * result.current2;
  return result;
}

RotorField::RotorField(const RotorCoupling& coupling, double temperature)
    : sides_(coupling.lattice().dimensions()), beta_(1 / temperature), sums_(pair_sums(coupling)) {}

RotorInteraction RotorField::measure(std::span<const Rotor> rotors) {
  phasors_.cosine.resize(std::ssize(rotors));
  phasors_.sine.resize(std::ssize(rotors));
  for (std::size_t i = 0; i < rotors.size(); ++i) {
    phasors_.cosine[i] = rotors[i].cosine;
    phasors_.sine[i] = rotors[i].sine;
  }
  phasors_.sums = sum(rotors);
  const RotorSums sums = std::visit([this](auto& way) { return way.sums(phasors_); }, sums_);
  return interaction(sums, static_cast<double>(rotors.size()), sides_, beta_);
}

}  // namespace softmech
