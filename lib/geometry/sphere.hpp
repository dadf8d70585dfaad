// The unit sphere: token directions after normalization, and attention weights through y = √p.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <optional>
#include <string>

namespace softmech {

/// The unit sphere S^{n−1} = {x ∈ R^n : |x| = 1} with the metric of R^n; curvature 1. An EmbeddedManifold.
///
/// Near and antipodal points keep their accuracy: no result goes through arccos.
class Sphere {
 public:
  /// The sphere in R^n, n = ambient_dimension ≥ 2.
  explicit Sphere(Eigen::Index ambient_dimension);

  Eigen::Index dimension() const { return ambient_dimension_ - 1; }
  Eigen::Index ambient_dimension() const { return ambient_dimension_; }

  /// u·v.
  double inner(const VectorView& x, const VectorView& u, const VectorView& v) const;
  double norm(const VectorView& x, const VectorView& u) const;
  /// The angle 2 atan2(|y − x|, |y + x|), in [0, π].
  double distance(const VectorView& x, const VectorView& y) const;
  /// x cos|v| + v sin|v|/|v|.
  Vector exp(const VectorView& x, const VectorView& v) const;
  /// Tangent vector at x towards y of length distance(x, y). Throws std::invalid_argument if y = −x to rounding, where
  /// every direction is minimizing.
  Vector log(const VectorView& x, const VectorView& y) const;
  /// v + (e·v)(e' − e), e and e' the unit tangents at x and y of the geodesic between them. Throws as log does.
  Vector transport(const VectorView& x, const VectorView& y, const VectorView& v) const;

  /// a/|a|. Throws std::invalid_argument if a is zero or not finite.
  Vector project_point(const VectorView& a) const;
  /// a − (x·a) x.
  Vector project_vector(const VectorView& x, const VectorView& a) const;

  /// Uniform on the sphere.
  template <class Source>
  Vector random_point(Source& source) const {
    return project_point(Vector::NullaryExpr(ambient_dimension_, [&] { return source.normal(); }));
  }
  template <class Source>
  Vector random_tangent(const VectorView& x, Source& source) const {
    return project_vector(x, Vector::NullaryExpr(ambient_dimension_, [&] { return source.normal(); }));
  }

  /// Accepts ||x| − 1| ≤ 1e-12.
  std::optional<std::string> why_not_point(const VectorView& x) const;
  /// Accepts |x·v| ≤ 1e-12 |v|.
  std::optional<std::string> why_not_tangent(const VectorView& x, const VectorView& v) const;

  /// −|v|² x.
  Vector normal_acceleration(const VectorView& x, const VectorView& v) const;
  void project_vector_in_place(const VectorView& x, Eigen::Ref<Vector> a) const;
  void add_normal_acceleration(const VectorView& x, const VectorView& v, Eigen::Ref<Vector> acceleration) const;
  /// Rotates (x, v) in their plane by the angle |v|·time, then projects: over any number of calls |x| = 1 and x·v = 0
  /// hold to round-off, and |v| changes by less than 1e-12 in 10^6 calls.
  void geodesic(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double time) const;
  /// x → x/|x|, v → v − (x·v) x; x = 0 gives NaN.
  void project_state(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) const;

  /// The variance per tangent direction of the Gaussian ξ for which x → exp_x ξ repeats Brownian motion of variance s,
  /// (3/(n−2)) (1 − e^{−(n−2)s/3}), in n = 2 just s. Then E f(x) is that of Brownian motion to O(s³): of the spherical
  /// harmonics of degree l a share e^{−l(l+n−2)s/2} is left.
  double brownian_variance(double s) const;

 private:
  Eigen::Index ambient_dimension_;
};

}  // namespace softmech
