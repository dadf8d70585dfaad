#include <softmech/models/rotor_field.hpp>

#include <softmech/statistics/fourier.hpp>

#include <cmath>
#include <complex>
#include <limits>
#include <utility>
#include <vector>

namespace softmech {

namespace {

using Eigen::Index;
/// With more bonds per rotor, Fourier transforms are faster than sums over pairs.
constexpr std::size_t few_bonds = 48;

/// The other of two equally short ways leads back: they cancel in odd sums.
bool is_half_way(double steps, Index length) { return 2 * steps == static_cast<double>(length); }

}  // namespace

/// Σ_d K(d) Σ_i conj(s_i) s_{i+d} = Σ_k K̂(k) |ŝ_k|²/N for s = e^{iθ}; K̂ of the three kernels of PairSums.
struct RotorField::Spectrum {
  explicit Spectrum(const RotorCoupling& coupling)
      : transform(coupling.lattice().rows, coupling.lattice().columns),
        state(transform.values().data(), coupling.lattice().sites()) {
    const RotorLattice& lattice = coupling.lattice();
    const auto kernel = [&](auto strength) -> const auto& {
      state.setZero();
      for (const RotorCoupling::Bond& bond : coupling.bonds())
        state[bond.displacement] = strength(bond.displacement) * bond.strength;
      transform.forward();
      return state;
    };
    cosines = kernel([](Index) { return 1.0; }).real();
    for (int side = 0; side < lattice.dimensions(); ++side) {
      const auto way = [&, side](Index d) { return side == 0 ? lattice.along_row(d) : lattice.along_column(d); };
      const Index length = side == 0 ? lattice.columns : lattice.rows;
      stretch[side] = kernel([&](Index d) { return way(d) * way(d); }).real();
      current[side] = -kernel([&](Index d) { return is_half_way(way(d), length) ? 0.0 : way(d); }).imag();
    }
  }

  FourierTransform transform;
  Eigen::Map<Eigen::VectorXcd> state;
  Vector cosines, stretch[2], current[2];
  Vector power;
};

double magnetization(std::span<const Rotor> rotors) {
  double x = 0, y = 0;
  for (const Rotor& rotor : rotors) {
    x += rotor.cosine;
    y += rotor.sine;
  }
  return std::hypot(x, y) / static_cast<double>(rotors.size());
}

RotorField::RotorField(RotorCoupling coupling, double temperature)
    : coupling_(std::move(coupling)), beta_(1 / temperature) {
  if (!coupling_.is_all() && coupling_.bonds().size() > few_bonds) spectrum_ = std::make_unique<Spectrum>(coupling_);
}
RotorField::~RotorField() = default;
RotorField::RotorField(RotorField&&) noexcept = default;

void RotorField::add_bond(const RotorCoupling::Bond& bond, std::span<const Rotor> rotors, PairSums& sums) const {
  const RotorLattice& lattice = coupling_.lattice();
  const Index down = bond.displacement / lattice.columns, right = bond.displacement % lattice.columns;
  double cosines = 0, sines = 0;
  const auto add = [&](const Rotor* from, const Rotor* to, Index count) {
    for (Index i = 0; i < count; ++i) {
      cosines += from[i].cosine * to[i].cosine + from[i].sine * to[i].sine;
      sines += from[i].cosine * to[i].sine - from[i].sine * to[i].cosine;
    }
  };
  for (Index row = 0; row < lattice.rows; ++row) {
    const Rotor* from = rotors.data() + row * lattice.columns;
    const Rotor* to = rotors.data() + (row + down) % lattice.rows * lattice.columns;
    add(from, to + right, lattice.columns - right);
    add(from + lattice.columns - right, to, right);
  }
  cosines *= bond.strength / 2, sines *= bond.strength / 2;
  sums.cosines += cosines;
  const double way[2] = {lattice.along_row(bond.displacement), lattice.along_column(bond.displacement)};
  for (int side = 0; side < 2; ++side) {
    sums.stretch[side] += way[side] * way[side] * cosines;
    if (!is_half_way(way[side], side == 0 ? lattice.columns : lattice.rows)) sums.current[side] += way[side] * sines;
  }
}

RotorField::PairSums RotorField::pair_sums(std::span<const Rotor> rotors) {
  PairSums sums;
  if (!spectrum_) {
    for (const RotorCoupling::Bond& bond : coupling_.bonds()) add_bond(bond, rotors, sums);
    return sums;
  }
  Spectrum& s = *spectrum_;
  for (std::size_t i = 0; i < rotors.size(); ++i) s.state[i] = {rotors[i].cosine, rotors[i].sine};
  s.transform.forward();
  s.power = s.state.cwiseAbs2() / (2 * static_cast<double>(rotors.size()));
  sums.cosines = s.power.dot(s.cosines);
  for (int side = 0; side < coupling_.lattice().dimensions(); ++side) {
    sums.stretch[side] = s.power.dot(s.stretch[side]);
    sums.current[side] = s.power.dot(s.current[side]);
  }
  return sums;
}

RotorInteraction RotorField::measure(std::span<const Rotor> rotors) {
  if (coupling_.is_all()) {
    const double m = magnetization(rotors);
    return {(1 - m * m) / 2, std::numeric_limits<double>::quiet_NaN()};
  }
  const PairSums sums = pair_sums(rotors);
  const auto n = static_cast<double>(rotors.size());
  RotorInteraction result{coupling_.total() / 2 - sums.cosines / n, 0};
  const int sides = coupling_.lattice().dimensions();
  for (int side = 0; side < sides; ++side)
    result.helicity_modulus += (sums.stretch[side] - beta_ * sums.current[side] * sums.current[side]) / (n * sides);
  return result;
}

}  // namespace softmech
