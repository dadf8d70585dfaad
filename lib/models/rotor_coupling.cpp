#include <softmech/models/rotor_coupling.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

namespace softmech {

namespace {

/// Σ_{n≥0} (first + n·step)^{-power}, power > 1, to rounding: the Hurwitz zeta function but for its scale. The first
/// terms one by one, the rest by Euler and Maclaurin (Abramowitz & Stegun 23.1.30).
double inverse_power_sum(double first, double step, double power) {
  constexpr int terms = 12;
  constexpr double bernoulli[] = {1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6};
  double sum = 0;
  for (int n = 0; n < terms; ++n) sum += std::pow(first + n * step, -power);
  const double x = first + terms * step;
  const double last = std::pow(x, -power), ratio = step / x;
  sum += last * (x / (step * (power - 1)) + 0.5);
  double term = last * power * ratio / 2;  // power (power + 1) … (power + 2k - 2) ratio^{2k-1}/(2k)!
  for (int k = 1; k <= 7; ++k) {
    sum += bernoulli[k - 1] * term;
    term *= (power + 2 * k - 1) * (power + 2 * k) * ratio * ratio / ((2 * k + 1) * (2 * k + 2));
  }
  return sum;
}

double images_norm(double alpha) { return 2 * inverse_power_sum(1, 1, alpha); }

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

double RotorLattice::along_row(Eigen::Index displacement) const {
  return shortest(displacement % displacement_columns(), displacement_columns());
}
double RotorLattice::along_column(Eigen::Index displacement) const {
  return shortest(displacement / displacement_columns(), displacement_rows());
}

double RotorLattice::way(Eigen::Index from, Eigen::Index to, int side) const {
  const Eigen::Index length = side == 0 ? displacement_columns() : displacement_rows();
  const Eigen::Index steps = side == 0 ? to % columns - from % columns : to / columns - from / columns;
  return shortest((steps + length) % length, length);
}

Eigen::Index RotorLattice::reversed(Eigen::Index displacement) const {
  const Eigen::Index width = displacement_columns(), height = displacement_rows();
  return (height - displacement / width) % height * width + (width - displacement % width) % width;
}

Eigen::Index RotorLattice::starts(Eigen::Index displacement) const {
  if (!open) return sites();
  const auto left = [](double way, Eigen::Index length) { return length - static_cast<Eigen::Index>(std::abs(way)); };
  return left(along_row(displacement), columns) * (rows == 1 ? 1 : left(along_column(displacement), rows));
}

double RotorLattice::distance(Eigen::Index displacement) const {
  return std::hypot(along_row(displacement), along_column(displacement));
}

RotorCoupling::RotorCoupling(const RotorLattice& lattice, std::vector<Bond> bonds, bool is_all)
    : lattice_(lattice), bonds_(std::move(bonds)), all_(is_all) {
  for (const Bond& bond : bonds_) total_ += bond.strength;
  if (lattice.open || std::ranges::any_of(bonds_, [](const Bond& bond) { return bond.strength < 0; })) return;
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
  for (Eigen::Index d = 1; d < lattice.displacements(); ++d)
    if (lattice.distance(d) == 1 && lattice.starts(d) > 0) bonds.push_back({d, 1});
  return {lattice, std::move(bonds)};
}

template <class Strength>
RotorCoupling RotorCoupling::normalized(const RotorLattice& lattice, Strength strength) {
  std::vector<Bond> bonds;
  double sum = 0;
  for (Eigen::Index d = 1; d < lattice.displacements(); ++d) {
    const double value = lattice.starts(d) > 0 ? strength(lattice.distance(d)) : 0.0;
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

RotorCoupling RotorCoupling::power_of_images(Eigen::Index rotors, double alpha) {
  if (!(alpha > 1)) {
    throw std::invalid_argument(
        fmt::format("model.alpha = {} with model.images = true: must be > 1, else the sum over images has no limit; "
                    "try 1.5, or leave model.images out",
                    alpha));
  }
  const auto n = static_cast<double>(rotors);
  std::vector<Bond> bonds;
  for (Eigen::Index d = 1; d < rotors; ++d) {
    const auto r = static_cast<double>(d);
    bonds.push_back({d, (inverse_power_sum(r, n, alpha) + inverse_power_sum(n - r, n, alpha)) / images_norm(alpha)});
  }
  RotorCoupling coupling({1, rotors}, std::move(bonds));
  coupling.images_ = alpha;
  return coupling;
}

RotorCoupling RotorCoupling::of_distance(const RotorLattice& chain, std::span<const double> strengths) {
  std::vector<Bond> bonds;
  for (Eigen::Index d = 1; d < chain.displacements(); ++d) {
    const auto place = static_cast<std::size_t>(chain.distance(d)) - 1;
    if (chain.starts(d) > 0 && place < strengths.size() && strengths[place] != 0)
      bonds.push_back({d, strengths[place]});
  }
  return {chain, std::move(bonds)};
}

double RotorCoupling::pairs_total() const {
  double sum = 0;
  for (const Bond& bond : bonds_) sum += bond.strength * static_cast<double>(lattice_.starts(bond.displacement));
  return sum / 2;
}

double RotorCoupling::first_moment(const Bond& bond, int side) const {
  const double way = side == 0 ? lattice_.along_row(bond.displacement) : lattice_.along_column(bond.displacement);
  if (!images_) return lattice_.is_half_way(way, side) ? 0 : way * bond.strength;
  const auto r = static_cast<double>(bond.displacement), n = static_cast<double>(lattice_.columns);
  const double power = *images_ - 1;
  if (power <= 2) return std::numeric_limits<double>::quiet_NaN();
  return (inverse_power_sum(r, n, power) - inverse_power_sum(n - r, n, power)) / images_norm(*images_);
}

double RotorCoupling::second_moment(const Bond& bond, int side) const {
  const double way = side == 0 ? lattice_.along_row(bond.displacement) : lattice_.along_column(bond.displacement);
  if (!images_) return way * way * bond.strength;
  const auto r = static_cast<double>(bond.displacement), n = static_cast<double>(lattice_.columns);
  const double power = *images_ - 2;
  if (power <= 1) return std::numeric_limits<double>::quiet_NaN();
  return (inverse_power_sum(r, n, power) + inverse_power_sum(n - r, n, power)) / images_norm(*images_);
}

Matrix RotorCoupling::matrix() const {
  return matrix([](const Bond& bond) { return bond.strength; });
}

Matrix RotorCoupling::matrix(const std::function<double(const Bond&)>& value) const {
  Matrix result = Matrix::Zero(lattice_.sites(), lattice_.sites());
  const auto width = static_cast<double>(lattice_.columns), height = static_cast<double>(lattice_.rows);
  const auto wrapped = [this](double place, double length) {
    return lattice_.open ? place : place - length * std::floor(place / length);
  };
  for (const Bond& bond : bonds_) {
    const double right = lattice_.along_row(bond.displacement), down = lattice_.along_column(bond.displacement);
    for (Eigen::Index i = 0; i < lattice_.sites(); ++i) {
      const double column = wrapped(static_cast<double>(i % lattice_.columns) + right, width);
      const double row = wrapped(static_cast<double>(i / lattice_.columns) + down, height);
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      result(i, static_cast<Eigen::Index>(row * width + column)) += value(bond);
    }
  }
  return result;
}

}  // namespace softmech
