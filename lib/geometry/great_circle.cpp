#include <softmech/geometry/great_circle.hpp>
#include <softmech/geometry/length.hpp>

#include <cmath>

namespace softmech {

double angle_between(const VectorView& difference, const VectorView& sum) {
  return 2 * std::atan2(length(difference), length(sum));
}

double sinc(double angle) { return angle == 0 ? 1 : std::sin(angle) / angle; }

GreatCircle::GreatCircle(const VectorView& x, const VectorView& difference, const VectorView& sum)
    : angle(angle_between(difference, sum)) {
  // y − x and y + x have the same tangential part; the shorter of them has the smaller rounding errors.
  const bool near = difference.squaredNorm() <= sum.squaredNorm();
  direction = near ? difference : sum;
  direction -= x.dot(direction) * x;
  const double size = length(direction);
  if (size > 0) direction /= size;
}

Vector GreatCircle::transport(const VectorView& x, const VectorView& v) const {
  const double along = direction.dot(v);
  const double half_sine = std::sin(angle / 2);
  return v - along * (2 * half_sine * half_sine * direction + std::sin(angle) * x);
}

}  // namespace softmech
