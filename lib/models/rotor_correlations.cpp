#include <softmech/models/rotor_correlations.hpp>

#include <softmech/statistics/jackknife.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numbers>

namespace softmech {

namespace {

using Eigen::Index;

/// θ_to - θ_from in (-π, π].
double turn(const Rotor& from, const Rotor& to) {
  return std::atan2(from.cosine * to.sine - from.sine * to.cosine, from.cosine * to.cosine + from.sine * to.sine);
}

}  // namespace

double vortex_density(std::span<const Rotor> rotors, const RotorLattice& lattice) {
  if (lattice.dimensions() == 1) return std::numeric_limits<double>::quiet_NaN();
  const auto at = [&](Index row, Index column) -> const Rotor& {
    return rotors[static_cast<std::size_t>(row % lattice.rows * lattice.columns + column % lattice.columns)];
  };
  Index vortices = 0;
  for (Index row = 0; row < lattice.rows; ++row) {
    for (Index column = 0; column < lattice.columns; ++column) {
      const Rotor &a = at(row, column), &b = at(row, column + 1), &c = at(row + 1, column + 1),
                  &d = at(row + 1, column);
      const double winding = turn(a, b) + turn(b, c) + turn(c, d) + turn(d, a);
      if (std::abs(winding) > std::numbers::pi) ++vortices;
    }
  }
  return static_cast<double>(vortices) / static_cast<double>(lattice.sites());
}

RotorCorrelations::RotorCorrelations(const RotorLattice& lattice, bool periodic, std::int64_t samples)
    : lattice_(lattice),
      periodic_(periodic),
      samples_(samples),
      transform_(lattice.rows, periodic ? lattice.columns : 2 * lattice.columns),
      sums_(RowMatrix::Zero(blocks, 2 + (periodic ? lattice.columns / 2 + 1 : lattice.columns))) {}

void RotorCorrelations::add(std::span<const Rotor> rotors) {
  // By Wiener and Khinchin; the sum over waves across the rows leaves pairs of one row.
  const auto values = transform_.values();
  const std::size_t length = values.size() / static_cast<std::size_t>(lattice_.rows);
  const auto columns = static_cast<std::size_t>(lattice_.columns);
  std::ranges::fill(values, 0.0);
  for (std::size_t i = 0; i < rotors.size(); ++i)
    values[i / columns * length + i % columns] = {rotors[i].cosine, rotors[i].sine};
  transform_.forward();
  for (auto& value : values) value = std::norm(value);
  auto block = sums_.row(std::min(added_++ * blocks / samples_, blocks - 1));
  block[distances()] += values[0].real();
  block[distances() + 1] += values[1].real();
  transform_.backward();
  for (Index r = 0; r < distances(); ++r) {
    const double pairs = static_cast<double>(lattice_.rows * (lattice_.columns - (periodic_ ? 0 : r)));
    block[r] += values[static_cast<std::size_t>(r)].real() / (static_cast<double>(values.size()) * pairs);
  }
}

void RotorCorrelations::finish(Member& member) const {
  const RowMatrix means = sums_.array().colwise() / sums_.col(0).array();  // cos 0 = 1: the first column counts
  const auto both = jackknife_estimates(means, [&](const Vector& mean) {
    Vector result = mean.head(distances() + 1);
    const double ratio = periodic_ ? mean[distances()] / mean[distances() + 1] : 0;
    const double k = 2 * std::numbers::pi / static_cast<double>(lattice_.columns);
    result[distances()] =
        ratio >= 1 ? std::sqrt(ratio - 1) / (2 * std::sin(k / 2)) : std::numeric_limits<double>::quiet_NaN();
    return result;
  });
  const Axis axis = index_axis("distance", static_cast<std::size_t>(distances()), "distance along a row");
  const Vector errors = both.covariance.diagonal().cwiseSqrt();
  member.record("correlation", both.values.head(distances()), axis, "mean of cos(theta_i - theta_j) at this distance");
  member.record("correlation_error", errors.head(distances()), axis, "standard error");
  member.record_as_defined("correlation_length", both.values[distances()], "second-moment correlation length");
  member.record_as_defined("correlation_length_error", errors[distances()], "standard error");
}

std::vector<double> RotorCorrelations::save() const {
  std::vector<double> numbers{static_cast<double>(added_)};
  numbers.insert(numbers.end(), sums_.data(), sums_.data() + sums_.size());
  return numbers;
}

void RotorCorrelations::restore(std::span<const double>& saved) {
  added_ = static_cast<std::int64_t>(saved.front());
  std::copy_n(saved.begin() + 1, sums_.size(), sums_.data());
  saved = saved.subspan(1 + static_cast<std::size_t>(sums_.size()));
}

}  // namespace softmech
