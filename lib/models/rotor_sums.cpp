#include <softmech/models/rotor_sums.hpp>

namespace softmech {

namespace {

using Eigen::Index;
/// With more bonds per rotor, Fourier transforms are faster than sums over pairs.
constexpr std::size_t few_bonds = 48;

constexpr double not_defined = std::numeric_limits<double>::quiet_NaN();

}  // namespace

RotorPairSums pair_sums(const RotorCoupling& coupling) {
  if (coupling.is_all()) return RotorMeanField(coupling.lattice().sites());
  if (coupling.bonds().size() <= few_bonds) return RotorBonds(coupling);
  return RotorSpectrum(coupling);
}

RotorSums RotorMeanField::sums(const RotorPhasors& rotors) const {
  const double x = rotors.sums.cosine, y = rotors.sums.sine, square = (x * x + y * y) / rotors_;
  return {(rotors_ - square) / 2, square - 1, {not_defined, not_defined}, {not_defined, not_defined}};
}

void RotorMeanField::torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) const {
  out = (rotors.sums.sine / rotors_) * rotors.cosine - (rotors.sums.cosine / rotors_) * rotors.sine;
}

std::vector<RotorPairs> pairs_at(const RotorLattice& lattice, Index displacement, bool once) {
  const Index back = lattice.reversed(displacement);
  if (once && back < displacement) return {};
  std::vector<RotorPairs> pairs;
  const auto add = [&](Index from, Index to, Index count) {
    if (count > 0 && !(once && back == displacement && to < from)) pairs.push_back({from, to, count});
  };
  const auto right = static_cast<Index>(lattice.along_row(displacement));
  const auto down = static_cast<Index>(lattice.along_column(displacement));
  const Index width = lattice.columns, height = lattice.rows;
  for (Index row = 0; row < height; ++row) {
    Index other = row + down;
    if (lattice.open && (other < 0 || other >= height)) continue;
    other = (other + height) % height;
    const Index here = row * width, there = other * width;
    if (right >= 0) {
      add(here, there + right, width - right);
      if (!lattice.open) add(here + width - right, there, right);
    } else {
      add(here - right, there, width + right);
      if (!lattice.open) add(here, there + width + right, -right);
    }
  }
  return pairs;
}

RotorBonds::RotorBonds(const RotorCoupling& coupling) : pairs_total_(coupling.pairs_total()) {
  for (const RotorCoupling::Bond& bond : coupling.bonds()) {
    Bond own{bond.strength, {}, {}, pairs_at(coupling.lattice(), bond.displacement, false)};
    for (int side = 0; side < coupling.lattice().dimensions(); ++side) {
      own.first[side] = coupling.first_moment(bond, side);
      own.second[side] = coupling.second_moment(bond, side);
    }
    bonds_.push_back(std::move(own));
  }
}

RotorSums RotorBonds::sums(const RotorPhasors& rotors) const {
  RotorSums result{pairs_total_, 0, {}, {}};
  for (const Bond& bond : bonds_) {
    double cosines = 0, sines = 0;  // ½ Σ over all pairs with this displacement
    for (const auto& [from, to, count] : bond.pairs) {
      const auto c = rotors.cosine.segment(from, count), s = rotors.sine.segment(from, count);
      const auto other_c = rotors.cosine.segment(to, count), other_s = rotors.sine.segment(to, count);
      cosines += (c.dot(other_c) + s.dot(other_s)) / 2;
      sines += (c.dot(other_s) - s.dot(other_c)) / 2;
    }
    result.energy -= bond.strength * cosines;
    result.laplacian += 2 * bond.strength * cosines;
    for (int side = 0; side < 2; ++side) {
      result.stretch[side] += bond.second[side] * cosines;
      result.current[side] += bond.first[side] * sines;
    }
  }
  return result;
}

void RotorBonds::torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) const {
  out.setZero();
  for (const Bond& bond : bonds_) {
    for (const auto& [from, to, count] : bond.pairs) {
      const auto c = rotors.cosine.segment(from, count), s = rotors.sine.segment(from, count);
      const auto other_c = rotors.cosine.segment(to, count), other_s = rotors.sine.segment(to, count);
      out.segment(from, count) += bond.strength * (c.cwiseProduct(other_s) - s.cwiseProduct(other_c));
    }
  }
}

void RotorTable::torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) {
  field_cosine_.noalias() = *couplings_ * rotors.cosine;
  field_sine_.noalias() = *couplings_ * rotors.sine;
  out = rotors.cosine.cwiseProduct(field_sine_) - rotors.sine.cwiseProduct(field_cosine_);
}

}  // namespace softmech
