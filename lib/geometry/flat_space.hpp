// Euclidean space as a manifold: the simplest case, for tests and for models without a constraint.
#pragma once

#include <softmech/geometry/length.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/geometry/why_not.hpp>

#include <optional>
#include <string>

namespace softmech {

/// R^n with the Euclidean metric: geodesics are straight lines x + vt, transport changes nothing, curvature is 0.
class FlatSpace {
 public:
  explicit FlatSpace(Eigen::Index dimension) : dimension_(dimension) {}

  Eigen::Index dimension() const { return dimension_; }
  Eigen::Index ambient_dimension() const { return dimension_; }

  double inner(const VectorView&, const VectorView& u, const VectorView& v) const { return u.dot(v); }
  double norm(const VectorView&, const VectorView& u) const { return length(u); }
  double distance(const VectorView& x, const VectorView& y) const { return length(y - x); }
  Vector exp(const VectorView& x, const VectorView& v) const { return x + v; }
  Vector log(const VectorView& x, const VectorView& y) const { return y - x; }
  Vector transport(const VectorView&, const VectorView&, const VectorView& v) const { return v; }

  Vector project_point(const VectorView& a) const { return a; }
  Vector project_vector(const VectorView&, const VectorView& a) const { return a; }

  /// Standard normal about the origin: the volume is infinite, so there is no uniform point.
  template <class Source>
  Vector random_point(Source& source) const {
    return Vector::NullaryExpr(dimension_, [&] { return source.normal(); });
  }
  template <class Source>
  Vector random_tangent(const VectorView&, Source& source) const {
    return random_point(source);
  }

  std::optional<std::string> why_not_point(const VectorView& x) const { return why_not_vector("point", x, dimension_); }
  std::optional<std::string> why_not_tangent(const VectorView&, const VectorView& v) const {
    return why_not_vector("tangent vector", v, dimension_);
  }

  Vector normal_acceleration(const VectorView& x, const VectorView&) const { return Vector::Zero(x.size()); }
  void project_vector_in_place(const VectorView&, Eigen::Ref<Vector>) const {}
  void add_normal_acceleration(const VectorView&, const VectorView&, Eigen::Ref<Vector>) const {}
  void geodesic(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double time) const { x += time * v; }
  /// v += owed f, v += kick f, then the geodesic, in one pass over memory.
  void kicked_geodesic(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, const VectorView& f, double owed, double kick,
                       double time) const {
    double *position = x.data(), *velocity = v.data();
    const double* force = f.data();
#pragma omp simd
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      velocity[i] += owed * force[i];
      velocity[i] += kick * force[i];
      position[i] += time * velocity[i];
    }
  }
  void project_state(Eigen::Ref<Vector>, Eigen::Ref<Vector>) const {}
  double brownian_variance(double s) const { return s; }

 private:
  Eigen::Index dimension_;
};

}  // namespace softmech
