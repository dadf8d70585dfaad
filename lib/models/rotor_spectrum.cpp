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
    auto* to = reinterpret_cast<double*>(state_.data() + row * width);
    const double* cosine = rotors.cosine.data() + row * lattice_.columns;
    const double* sine = rotors.sine.data() + row * lattice_.columns;
#pragma omp simd
    for (Index i = 0; i < lattice_.columns; ++i) {
      to[2 * i] = cosine[i];
      to[2 * i + 1] = sine[i];
    }
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
  auto* state = reinterpret_cast<double*>(state_.data());
#pragma omp simd
  for (Index k = 0; k < state_.size(); ++k) {
    state[2 * k] *= coupling_[k];
    state[2 * k + 1] *= coupling_[k];
  }
  transform_.backward();
  const Index width = lattice_.displacement_columns(), columns = lattice_.columns;
  for (Index row = 0; row < lattice_.rows; ++row) {
    const double* field = state + 2 * row * width;
    const double *cosine = rotors.cosine.data() + row * columns, *sine = rotors.sine.data() + row * columns;
    double* torque = out.data() + row * columns;
#pragma omp simd
    for (Index i = 0; i < columns; ++i) torque[i] = cosine[i] * field[2 * i + 1] - sine[i] * field[2 * i];
  }
}

}  // namespace softmech
