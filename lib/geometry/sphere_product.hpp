// n tokens on unit spheres: the configuration space of a token field.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <optional>
#include <string>

namespace softmech {

/// (S^{d−1})^n with the metric of R^{nd}: component c of token i is coordinate i·d + c. An EmbeddedManifold.
///
/// Centered, every token also has mean component 0, as after LayerNorm without its affine part: a sphere S^{d−2} in the
/// hyperplane 1·x = 0 (after RMSNorm only the length is fixed, which is the plain product).
class SphereProduct {
 public:
  /// n = tokens >= 1; d = dim >= 2, or >= 3 if centered. @throws std::invalid_argument otherwise.
  SphereProduct(Eigen::Index tokens, Eigen::Index dim, bool centered = false);

  Eigen::Index tokens() const { return tokens_; }
  Eigen::Index dim() const { return dim_; }
  bool centered() const { return centered_; }
  /// The dimension of each sphere, d − 1, or d − 2 if centered.
  Eigen::Index sphere_dimension() const { return dim_ - (centered_ ? 2 : 1); }
  Eigen::Index dimension() const { return tokens_ * sphere_dimension(); }
  Eigen::Index ambient_dimension() const { return tokens_ * dim_; }

  double inner(const VectorView& x, const VectorView& u, const VectorView& v) const;
  double norm(const VectorView& x, const VectorView& u) const;
  /// √Σ_i angle_i².
  double distance(const VectorView& x, const VectorView& y) const;
  // Token by token as on the Sphere; log and transport throw where it does.
  Vector exp(const VectorView& x, const VectorView& v) const;
  Vector log(const VectorView& x, const VectorView& y) const;
  Vector transport(const VectorView& x, const VectorView& y, const VectorView& v) const;
  Vector project_point(const VectorView& a) const;
  Vector project_vector(const VectorView& x, const VectorView& a) const;

  template <class Source>
  Vector random_point(Source& source) const {
    return project_point(Vector::NullaryExpr(ambient_dimension(), [&] { return source.normal(); }));
  }
  template <class Source>
  Vector random_tangent(const VectorView& x, Source& source) const {
    return project_vector(x, Vector::NullaryExpr(ambient_dimension(), [&] { return source.normal(); }));
  }

  /// Accepts every token as the Sphere does, and a mean component of at most 1e-12 if centered; names the token.
  std::optional<std::string> why_not_point(const VectorView& x) const;
  std::optional<std::string> why_not_tangent(const VectorView& x, const VectorView& v) const;

  Vector normal_acceleration(const VectorView& x, const VectorView& v) const;
  void add_normal_acceleration(const VectorView& x, const VectorView& v, Eigen::Ref<Vector> acceleration) const;
  void project_vector_in_place(const VectorView& x, Eigen::Ref<Vector> a) const;
  void geodesic(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double time) const;
  /// As Sphere::project_state; a token at 0 gives NaN.
  void project_state(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) const;
  /// That of one of the spheres.
  double brownian_variance(double s) const;

 private:
  /// Takes the mean component out of every token.
  void center(Eigen::Ref<Vector> a) const;

  Eigen::Index tokens_;
  Eigen::Index dim_;
  bool centered_;
};

}  // namespace softmech
