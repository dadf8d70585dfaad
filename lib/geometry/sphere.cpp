#include <softmech/geometry/great_circle.hpp>
#include <softmech/geometry/length.hpp>
#include <softmech/geometry/sphere.hpp>
#include <softmech/geometry/why_not.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

constexpr double tolerance = 1e-12;

// The geodesic from x to y, or an error where rounding errors alone would choose its direction.
GreatCircle minimizing_geodesic(const VectorView& x, const VectorView& y) {
  const Vector sum = x + y;
  GreatCircle circle(x, y - x, sum);
  const double from_antipode = length(sum);
  if (from_antipode <= 4 * std::numeric_limits<double>::epsilon()) {
    throw std::invalid_argument(fmt::format(
        "|x + y| = {}: x and y must not be antipodal, there every direction is minimizing; move one of them by 1e-14 "
        "towards where the geodesic should pass",
        from_antipode));
  }
  return circle;
}

}  // namespace

Sphere::Sphere(Eigen::Index ambient_dimension) : ambient_dimension_(ambient_dimension) {
  if (ambient_dimension < 2) {
    throw std::invalid_argument(
        fmt::format("ambient_dimension = {}: a sphere needs at least 2; try 3", ambient_dimension));
  }
}

double Sphere::inner(const VectorView&, const VectorView& u, const VectorView& v) const { return u.dot(v); }

double Sphere::norm(const VectorView&, const VectorView& u) const { return length(u); }

double Sphere::distance(const VectorView& x, const VectorView& y) const { return angle_between(y - x, y + x); }

Vector Sphere::exp(const VectorView& x, const VectorView& v) const {
  const double angle = length(v);
  return std::cos(angle) * x + sinc(angle) * v;
}

Vector Sphere::log(const VectorView& x, const VectorView& y) const {
  const GreatCircle circle = minimizing_geodesic(x, y);
  return circle.angle * circle.direction;
}

Vector Sphere::transport(const VectorView& x, const VectorView& y, const VectorView& v) const {
  return minimizing_geodesic(x, y).transport(x, v);
}

Vector Sphere::project_point(const VectorView& a) const {
  const double size = length(a);
  if (!(size > 0 && std::isfinite(size))) {
    throw std::invalid_argument(
        fmt::format("|a| = {}: must be positive and finite to be projected to the sphere; try another vector", size));
  }
  return a / size;
}

Vector Sphere::project_vector(const VectorView& x, const VectorView& a) const { return a - x.dot(a) * x; }

void Sphere::project_vector_in_place(const VectorView& x, Eigen::Ref<Vector> a) const { a -= x.dot(a) * x; }

std::optional<std::string> Sphere::why_not_point(const VectorView& x) const {
  if (auto why = why_not_vector("point", x, ambient_dimension_)) return why;
  const double excess = length(x) - 1;
  if (std::abs(excess) <= tolerance) return std::nullopt;
  return fmt::format("|x| = {}: must be 1 to {}, is off by {:.3g}", length(x), tolerance, excess);
}

std::optional<std::string> Sphere::why_not_tangent(const VectorView& x, const VectorView& v) const {
  if (auto why = why_not_point(x)) return why;
  if (auto why = why_not_vector("tangent vector", v, ambient_dimension_)) return why;
  const double size = length(v);
  if (size == 0) return std::nullopt;
  const double along = x.dot(v / size);
  if (std::abs(along) <= tolerance) return std::nullopt;
  return fmt::format("x·v = {:.3g} |v| with |v| = {}: must be 0 to {} |v|", along, size, tolerance);
}

Vector Sphere::normal_acceleration(const VectorView& x, const VectorView& v) const { return -v.squaredNorm() * x; }

void Sphere::add_normal_acceleration(const VectorView& x, const VectorView& v, Eigen::Ref<Vector> acceleration) const {
  acceleration -= v.squaredNorm() * x;
}

void Sphere::geodesic(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double time) const {
  const double speed = length(v);
  if (speed == 0) return;
  const double angle = speed * time;
  const double half_sine = std::sin(angle / 2);
  const double cosine_less_1 = -2 * half_sine * half_sine;
  const double from_velocity = sinc(angle) * time, from_point = speed * std::sin(angle);
  // Adding increments instead of multiplying by the cosine keeps the roundings of many small steps from drifting one
  // way.
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    const double point = x[i], velocity = v[i];
    x[i] = point + (cosine_less_1 * point + from_velocity * velocity);
    v[i] = velocity + (cosine_less_1 * velocity - from_point * point);
  }
  project_state(x, v);
}

// A step of Gaussian ξ in m = n − 1 directions has E cos|ξ| = 1 − m σ²/2 + m(m+2) σ⁴/24 − …, Brownian motion e^{−ms/2};
// equal to second order for σ² = s − (n−2) s²/6. The mean over a geodesic sphere is a power series in Δ whose Δ² needs
// no correction, so what is right for l = 1 is right for all l. The exponential keeps σ² monotonic at large s.
double Sphere::brownian_variance(double s) const {
  const double curvature = static_cast<double>(ambient_dimension_ - 2) / 3;
  return curvature > 0 ? -std::expm1(-curvature * s) / curvature : s;
}

void Sphere::project_state(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) const {
  x /= length(x);
  v -= x.dot(v) * x;
}

}  // namespace softmech
