// Great circles of the unit sphere, shared by the sphere and, through y = √p, by the simplex.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// The shorter arc of a great circle from a unit vector x to a unit vector y.
struct GreatCircle {
  double angle;  ///< Length of the arc, in [0, π].
  Vector
      direction;  ///< Unit tangent vector at x that points along the arc; zero where the two points do not define it.

  /// `difference` = y − x and `sum` = y + x come from the caller, who may know them more accurately than by
  /// subtraction.
  ///
  /// angle = 2 atan2(|y − x|, |y + x|) has full relative accuracy for near points and full absolute accuracy at
  /// antipodes, where arccos x·y loses half of the digits (Kahan, "How Futile are Mindless Assessments of Roundoff",
  /// 2006, §12).
  GreatCircle(const VectorView& x, const VectorView& difference, const VectorView& sum);

  /// The parallel transport of v from x to y: v + (e·v)(e' − e), e = direction and e' = e cos(angle) − x sin(angle).
  Vector transport(const VectorView& x, const VectorView& v) const;
};

/// Angle between unit vectors from |y − x| and |y + x|, in [0, π].
double angle_between(const VectorView& difference, const VectorView& sum);

/// sin(angle)/angle, 1 at 0.
double sinc(double angle);

}  // namespace softmech
