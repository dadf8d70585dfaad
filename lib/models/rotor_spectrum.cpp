#include <softmech/models/rotor_sums.hpp>

namespace softmech {

using Eigen::Index;

RotorSpectrum::RotorSpectrum(const RotorCoupling& coupling)
    : lattice_(coupling.lattice()),
      sides_(lattice_.dimensions()),
      pairs_total_(coupling.pairs_total()),
      transform_(lattice_.displacement_rows(), lattice_.displacement_columns()),
      state_(transform_.values().data(), lattice_.displacements()) {
  using Bond = RotorCoupling::Bond;
  const auto kernel = [&](auto strength) -> const auto& {
    state_.setZero();
    for (const Bond& bond : coupling.bonds()) state_[bond.displacement] = strength(bond);
    transform_.forward();
    state_ /= static_cast<double>(state_.size());
    return state_;
  };
  coupling_ = kernel([](const Bond& bond) { return bond.strength; }).real();
  for (int side = 0; side < sides_; ++side) {
    stretch_[side] = kernel([&](const Bond& bond) { return coupling.second_moment(bond, side); }).real();
    current_[side] = -kernel([&](const Bond& bond) { return coupling.first_moment(bond, side); }).imag();
  }
}

void RotorSpectrum::transform(const RotorPhasors& rotors) {
  const Index width = lattice_.displacement_columns();
  if (lattice_.open) state_.setZero();
  for (Index row = 0; row < lattice_.rows; ++row) {
    auto to = state_.segment(row * width, lattice_.columns);
    to.real() = rotors.cosine.segment(row * lattice_.columns, lattice_.columns);
    to.imag() = rotors.sine.segment(row * lattice_.columns, lattice_.columns);
  }
  transform_.forward();
}

RotorSums RotorSpectrum::sums(const RotorPhasors& rotors) {
  transform(rotors);
  power_ = state_.cwiseAbs2() / 2;
  const double cosines = power_.dot(coupling_);
  RotorSums result{pairs_total_ - cosines, 2 * cosines, {}, {}};
  for (int side = 0; side < sides_; ++side) {
    result.stretch[side] = power_.dot(stretch_[side]);
    result.current[side] = power_.dot(current_[side]);
  }
  return result;
}

void RotorSpectrum::torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) {
  transform(rotors);
  state_.array() *= coupling_.array();
  transform_.backward();
  const Index width = lattice_.displacement_columns(), columns = lattice_.columns;
  for (Index row = 0; row < lattice_.rows; ++row) {
    const auto* field = state_.data() + row * width;
    for (Index i = row * columns; i < (row + 1) * columns; ++i, ++field)
      out[i] = rotors.sine[i] * field->real() - rotors.cosine[i] * field->imag();
  }
}

}  // namespace softmech
