#include <softmech/geometry/fisher_rao.hpp>
#include <softmech/geometry/great_circle.hpp>
#include <softmech/geometry/length.hpp>
#include <softmech/geometry/simplex.hpp>
#include <softmech/geometry/why_not.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double tolerance = 1e-12;

struct Boundary {
  double time = std::numeric_limits<double>::infinity();
  Eigen::Index key = 0;
};

// y_i(t) = y_i cos θt + (w_i/θ) sin θt first vanishes at θt = atan2(y_i, −w_i/θ).
Boundary first_boundary(const VectorView& y, const VectorView& w) {
  Boundary first;
  const double angle = length(w);
  if (angle == 0) return first;
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const double time = std::atan2(y[i], -w[i] / angle) / angle;
    if (time < first.time) first = {time, i};
  }
  return first;
}

// √q − √p without the cancellation of nearly equal weights.
GreatCircle geodesic_between(const VectorView& p, const VectorView& q, const VectorView& y, const VectorView& z) {
  return {y, (q - p).cwiseQuotient(y + z), y + z};
}

}  // namespace

Simplex::Simplex(Eigen::Index keys) : keys_(keys) {
  if (keys < 2) throw std::invalid_argument(fmt::format("keys = {}: a simplex needs at least 2 keys; try 3", keys));
}

double Simplex::inner(const VectorView& p, const VectorView& u, const VectorView& v) const {
  return u.cwiseQuotient(p).dot(v);
}

double Simplex::norm(const VectorView& p, const VectorView& u) const { return length(u.cwiseQuotient(p.cwiseSqrt())); }

double Simplex::distance(const VectorView& p, const VectorView& q) const { return fisher_rao_distance(p, q); }

Vector Simplex::exp(const VectorView& p, const VectorView& v) const {
  const Vector y = amplitudes(p);
  const Vector w = amplitude_velocity(p, v);
  const double angle = length(w);
  const Boundary boundary = first_boundary(y, w);
  if (angle * (1 - boundary.time) > 4 * std::numeric_limits<double>::epsilon()) {
    throw std::invalid_argument(fmt::format(
        "|v| = {}: the geodesic from p leaves the simplex at time {}, where p[{}] = 0, and must not before time 1; "
        "shorten v, or follow y = √p on the Sphere, where it goes on",
        norm(p, v), boundary.time, boundary.key));
  }
  const double half_sine = std::sin(angle / 2);
  const Vector step = sinc(angle) * w - 2 * half_sine * half_sine * y;
  // A small step is added to p, which keeps exp(p, 0) = p to the last bit; near the boundary the square is the accurate
  // form, and at the boundary, reached to rounding, the smallest normal number keeps the simplex open.
  return Vector::NullaryExpr(keys_, [&](Eigen::Index i) {
    const double end = y[i] + step[i];
    return std::abs(step[i]) < y[i] / 2 ? p[i] + step[i] * (y[i] + end)
                                        : std::max(end * end, std::numeric_limits<double>::min());
  });
}

Vector Simplex::log(const VectorView& p, const VectorView& q) const {
  const Vector y = amplitudes(p);
  const GreatCircle circle = geodesic_between(p, q, y, amplitudes(q));
  return weight_velocity(y, circle.angle * circle.direction);
}

Vector Simplex::transport(const VectorView& p, const VectorView& q, const VectorView& v) const {
  const Vector y = amplitudes(p);
  const Vector z = amplitudes(q);
  return weight_velocity(z, geodesic_between(p, q, y, z).transport(y, amplitude_velocity(p, v)));
}

double Simplex::boundary_time(const VectorView& p, const VectorView& v) const {
  return first_boundary(amplitudes(p), amplitude_velocity(p, v)).time;
}

Vector Simplex::project_point(const VectorView& a) const {
  Eigen::Index smallest = 0;
  const double minimum = a.minCoeff<Eigen::PropagateNaN>(&smallest);
  const double sum = a.sum();
  if (!(minimum > 0 && std::isfinite(sum))) {
    throw std::invalid_argument(fmt::format(
        "a[{}] = {}, Σa = {}: entries must be positive with a finite sum to be projected to the open simplex; "
        "clip them first",
        smallest, minimum, sum));
  }
  return a / sum;
}

Vector Simplex::project_vector(const VectorView& p, const VectorView& a) const { return a - a.sum() * p; }

std::optional<std::string> Simplex::why_not_point(const VectorView& p) const {
  if (auto why = why_not_vector("point", p, keys_)) return why;
  Eigen::Index smallest = 0;
  if (p.minCoeff(&smallest) <= 0) return fmt::format("p[{}] = {}: must be > 0", smallest, p[smallest]);
  const double excess = p.sum() - 1;
  if (std::abs(excess) <= tolerance) return std::nullopt;
  return fmt::format("Σp = {}: must be 1 to {}, is off by {:.3g}", p.sum(), tolerance, excess);
}

std::optional<std::string> Simplex::why_not_tangent(const VectorView& p, const VectorView& v) const {
  if (auto why = why_not_point(p)) return why;
  if (auto why = why_not_vector("tangent vector", v, keys_)) return why;
  const double sum = v.sum(), size = norm(p, v);
  if (std::abs(sum) <= tolerance * size) return std::nullopt;
  return fmt::format("Σv = {:.3g} with Fisher–Rao norm |v| = {:.3g}: must be 0 to {} |v|", sum, size, tolerance);
}

Vector amplitudes(const VectorView& p) { return p.cwiseSqrt(); }

Vector weights_of_amplitudes(const VectorView& y) { return y.cwiseAbs2(); }

Vector amplitude_velocity(const VectorView& p, const VectorView& weight_velocity) {
  return weight_velocity.cwiseQuotient(2 * p.cwiseSqrt());
}

Vector weight_velocity(const VectorView& y, const VectorView& amplitude_velocity) {
  return 2 * y.cwiseProduct(amplitude_velocity);
}

}  // namespace softmech
