#include <softmech/geometry/fisher_rao.hpp>
#include <softmech/geometry/length.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

// (√p − √q)² = (p − q)²/(p + q + 2√(pq)): one square root and one division per key, and no cancellation. The factors
// 2^511 keep pq from underflow for all normal p and q; the smallest normal number as the least denominator makes 0, 0
// give 0.
double amplitude_difference_squared(double p, double q) {
  const double root = std::sqrt((0x1p511 * p) * (0x1p511 * q)) * 0x1p-510;
  const double denominator = p + q + root;
  const double least = std::numeric_limits<double>::min();
  return (p - q) * ((p - q) / (denominator < least ? least : denominator));
}

// |√p − √q|² of one row. Independent sums for the lanes of the vector units; their order does not depend on the
// machine.
double chord_squared(const double* p, const double* q, Eigen::Index keys) {
  constexpr Eigen::Index lanes = 16;
  std::array<double, lanes> sums{};
  Eigen::Index i = 0;
  for (; i + lanes <= keys; i += lanes) {
    for (Eigen::Index lane = 0; lane < lanes; ++lane) {
      sums[lane] += amplitude_difference_squared(p[i + lane], q[i + lane]);
    }
  }
  for (; i < keys; ++i) sums[i % lanes] += amplitude_difference_squared(p[i], q[i]);
  for (Eigen::Index half = lanes / 2; half > 0; half /= 2) {
    for (Eigen::Index lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  }
  return sums[0];
}

double distance_of_chord(double chord) { return 4 * std::asin(chord / 2); }

void require_equal(const char* what, Eigen::Index p, Eigen::Index q) {
  if (p != q) {
    throw std::invalid_argument(fmt::format("fisher_rao_distances: p has {} {} and q {}: must be equal", p, what, q));
  }
}

}  // namespace

double fisher_rao_distance(const VectorView& p, const VectorView& q) {
  Vector difference(p.size());
  for (Eigen::Index i = 0; i < p.size(); ++i) {
    difference[i] = p[i] == q[i] ? 0 : (p[i] - q[i]) / (std::sqrt(p[i]) + std::sqrt(q[i]));
  }
  return distance_of_chord(length(difference));
}

Vector fisher_rao_distances(const RowMatrixView& p, const RowMatrixView& q) {
  require_equal("rows", p.rows(), q.rows());
  require_equal("keys", p.cols(), q.cols());
  return Vector::NullaryExpr(p.rows(), [&](Eigen::Index r) {
    return distance_of_chord(std::sqrt(chord_squared(&p.coeffRef(r, 0), &q.coeffRef(r, 0), p.cols())));
  });
}

Vector fisher_rao_distances_from(const VectorView& reference, const RowMatrixView& q) {
  require_equal("keys", reference.size(), q.cols());
  return Vector::NullaryExpr(q.rows(), [&](Eigen::Index r) {
    return distance_of_chord(std::sqrt(chord_squared(reference.data(), &q.coeffRef(r, 0), q.cols())));
  });
}

}  // namespace softmech
