#include <softmech/models/rotor_coupling.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace softmech {

namespace {

double shortest(Eigen::Index steps, Eigen::Index length) {
  return static_cast<double>(2 * steps > length ? steps - length : steps);
}

}  // namespace

Eigen::Index RotorLattice::displaced(Eigen::Index site, Eigen::Index displacement) const {
  if (rows == 1) {
    const Eigen::Index column = site + displacement;
    return column < columns ? column : column - columns;
  }
  // 32-bit division costs a fraction of the 64-bit one.
  const auto width = static_cast<std::uint32_t>(columns), height = static_cast<std::uint32_t>(rows);
  const auto from = static_cast<std::uint32_t>(site), by = static_cast<std::uint32_t>(displacement);
  std::uint32_t column = from % width + by % width, row = from / width + by / width;
  if (column >= width) column -= width;
  if (row >= height) row -= height;
  return row * width + column;
}

double RotorLattice::along_row(Eigen::Index displacement) const { return shortest(displacement % columns, columns); }
double RotorLattice::along_column(Eigen::Index displacement) const { return shortest(displacement / columns, rows); }

double RotorLattice::distance(Eigen::Index displacement) const {
  return std::hypot(along_row(displacement), along_column(displacement));
}

RotorCoupling::RotorCoupling(const RotorLattice& lattice, std::vector<Bond> bonds, bool is_all)
    : lattice_(lattice), bonds_(std::move(bonds)), all_(is_all) {
  for (const Bond& bond : bonds_) total_ += bond.strength;
  // Vose (IEEE Trans. Softw. Eng. 17 (1991) 972): every slot has the same weight; those with too little take the rest
  // from one with too much.
  const double mean = total_ / static_cast<double>(bonds_.size());
  std::vector<std::size_t> poor, rich;
  for (std::size_t i = 0; i < bonds_.size(); ++i) {
    slots_.push_back({bonds_[i].strength / mean, i});
    (slots_[i].own < 1 ? poor : rich).push_back(i);
  }
  while (!poor.empty() && !rich.empty()) {
    const std::size_t taker = poor.back(), giver = rich.back();
    poor.pop_back();
    slots_[taker].alias = giver;
    slots_[giver].own -= 1 - slots_[taker].own;
    if (slots_[giver].own >= 1) continue;
    rich.pop_back();
    poor.push_back(giver);
  }
  for (const std::size_t rest : poor) slots_[rest].own = 1;  // rounding
}

RotorCoupling::Draw RotorCoupling::draw(double u) const {
  u *= static_cast<double>(bonds_.size());
  const auto place = static_cast<std::size_t>(u);
  u -= static_cast<double>(place);
  if (all_) return {static_cast<Eigen::Index>(place) + 1, u};  // without a look into tables as large as the system
  const Slot& slot = slots_[place];
  if (u < slot.own) return {bonds_[place].displacement, u / slot.own};
  return {bonds_[slot.alias].displacement, (u - slot.own) / (1 - slot.own)};
}

RotorCoupling RotorCoupling::all(Eigen::Index rotors) {
  std::vector<Bond> bonds;
  for (Eigen::Index d = 1; d < rotors; ++d) bonds.push_back({d, 1 / static_cast<double>(rotors)});
  return {{1, rotors}, std::move(bonds), true};
}

RotorCoupling RotorCoupling::nearest(const RotorLattice& lattice) {
  std::vector<Bond> bonds;
  for (Eigen::Index d = 1; d < lattice.sites(); ++d)
    if (lattice.distance(d) == 1) bonds.push_back({d, 1});
  return {lattice, std::move(bonds)};
}

template <class Strength>
RotorCoupling RotorCoupling::normalized(const RotorLattice& lattice, Strength strength) {
  std::vector<Bond> bonds;
  double sum = 0;
  for (Eigen::Index d = 1; d < lattice.sites(); ++d) {
    const double value = strength(lattice.distance(d));
    if (value > 0) bonds.push_back({d, value});
    sum += value;
  }
  for (Bond& bond : bonds) bond.strength /= sum;
  return {lattice, std::move(bonds)};
}

RotorCoupling RotorCoupling::window(const RotorLattice& lattice, double range) {
  return normalized(lattice, [range](double r) { return r <= range ? 1.0 : 0.0; });
}

RotorCoupling RotorCoupling::exponential(const RotorLattice& lattice, double range) {
  // Relative to the nearest neighbors', so that a short range does not underflow; what is below 1e-16 of theirs is 0.
  return normalized(lattice, [range](double r) { return r - 1 < 37 * range ? std::exp((1 - r) / range) : 0.0; });
}

RotorCoupling RotorCoupling::power(const RotorLattice& lattice, double alpha) {
  return normalized(lattice, [alpha](double r) { return std::pow(r, -alpha); });
}

}  // namespace softmech
