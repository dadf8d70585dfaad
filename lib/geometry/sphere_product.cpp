#include <softmech/geometry/sphere_product.hpp>

#include <softmech/geometry/length.hpp>
#include <softmech/geometry/sphere.hpp>
#include <softmech/geometry/why_not.hpp>

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

namespace softmech {

SphereProduct::SphereProduct(Eigen::Index tokens, Eigen::Index dim, bool centered)
    : tokens_(tokens), dim_(dim), centered_(centered) {
  if (tokens < 1) throw std::invalid_argument(fmt::format("tokens = {}: must be at least 1; try 32", tokens));
  const int least = centered ? 3 : 2;
  if (dim < least) {
    throw std::invalid_argument(fmt::format("dim = {}: must be at least {}{}; try 3", dim, least,
                                            centered ? " for centered tokens" : ", on fewer tokens cannot move"));
  }
}

void SphereProduct::center(Eigen::Ref<Vector> a) const {
  if (!centered_) return;
  for (Eigen::Index i = 0; i < tokens_; ++i) a.segment(i * dim_, dim_).array() -= a.segment(i * dim_, dim_).mean();
}

double SphereProduct::inner(const VectorView&, const VectorView& u, const VectorView& v) const { return u.dot(v); }

double SphereProduct::norm(const VectorView&, const VectorView& u) const { return length(u); }

double SphereProduct::distance(const VectorView& x, const VectorView& y) const {
  const Sphere sphere(dim_);
  Vector angles(tokens_);
  for (Eigen::Index i = 0; i < tokens_; ++i)
    angles[i] = sphere.distance(x.segment(i * dim_, dim_), y.segment(i * dim_, dim_));
  return length(angles);
}

Vector SphereProduct::exp(const VectorView& x, const VectorView& v) const {
  const Sphere sphere(dim_);
  Vector result(x.size());
  for (Eigen::Index i = 0; i < tokens_; ++i)
    result.segment(i * dim_, dim_) = sphere.exp(x.segment(i * dim_, dim_), v.segment(i * dim_, dim_));
  return result;
}

Vector SphereProduct::log(const VectorView& x, const VectorView& y) const {
  const Sphere sphere(dim_);
  Vector result(x.size());
  for (Eigen::Index i = 0; i < tokens_; ++i)
    result.segment(i * dim_, dim_) = sphere.log(x.segment(i * dim_, dim_), y.segment(i * dim_, dim_));
  center(result);
  return result;
}

Vector SphereProduct::transport(const VectorView& x, const VectorView& y, const VectorView& v) const {
  const Sphere sphere(dim_);
  Vector result(x.size());
  for (Eigen::Index i = 0; i < tokens_; ++i) {
    result.segment(i * dim_, dim_) =
        sphere.transport(x.segment(i * dim_, dim_), y.segment(i * dim_, dim_), v.segment(i * dim_, dim_));
  }
  center(result);
  return result;
}

Vector SphereProduct::project_point(const VectorView& a) const {
  const Sphere sphere(dim_);
  Vector result = a;
  center(result);
  for (Eigen::Index i = 0; i < tokens_; ++i)
    result.segment(i * dim_, dim_) = sphere.project_point(result.segment(i * dim_, dim_));
  return result;
}

Vector SphereProduct::project_vector(const VectorView& x, const VectorView& a) const {
  Vector result = a;
  project_vector_in_place(x, result);
  return result;
}

std::optional<std::string> SphereProduct::why_not_point(const VectorView& x) const {
  if (auto why = why_not_vector("point", x, ambient_dimension())) return why;
  const Sphere sphere(dim_);
  for (Eigen::Index i = 0; i < tokens_; ++i) {
    const auto token = x.segment(i * dim_, dim_);
    if (auto why = sphere.why_not_point(token)) return fmt::format("token {}: {}", i, *why);
    if (centered_ && std::abs(token.mean()) > 1e-12)
      return fmt::format("token {}: mean component = {:.3g}: must be 0 to 1e-12", i, token.mean());
  }
  return std::nullopt;
}

std::optional<std::string> SphereProduct::why_not_tangent(const VectorView& x, const VectorView& v) const {
  if (auto why = why_not_point(x)) return why;
  if (auto why = why_not_vector("tangent vector", v, ambient_dimension())) return why;
  const Sphere sphere(dim_);
  for (Eigen::Index i = 0; i < tokens_; ++i) {
    const auto velocity = v.segment(i * dim_, dim_);
    if (auto why = sphere.why_not_tangent(x.segment(i * dim_, dim_), velocity)) {
      return fmt::format("token {}: {}", i, *why);
    }
    if (centered_ && std::abs(velocity.mean()) > 1e-12 * length(velocity))
      return fmt::format("token {}: mean component of v = {:.3g}: must be 0 to 1e-12 |v|", i, velocity.mean());
  }
  return std::nullopt;
}

Vector SphereProduct::normal_acceleration(const VectorView& x, const VectorView& v) const {
  Vector result = Vector::Zero(x.size());
  add_normal_acceleration(x, v, result);
  return result;
}

// The loops below are on the way of every step: plain, so that short tokens cost no function calls.

void SphereProduct::add_normal_acceleration(const VectorView& x, const VectorView& v,
                                            Eigen::Ref<Vector> acceleration) const {
  for (Eigen::Index first = 0; first < x.size(); first += dim_) {
    double square = 0;
    for (Eigen::Index c = first; c < first + dim_; ++c) square += v[c] * v[c];
    for (Eigen::Index c = first; c < first + dim_; ++c) acceleration[c] -= square * x[c];
  }
}

void SphereProduct::project_vector_in_place(const VectorView& x, Eigen::Ref<Vector> a) const {
  center(a);
  for (Eigen::Index first = 0; first < x.size(); first += dim_) {
    double along = 0;
    for (Eigen::Index c = first; c < first + dim_; ++c) along += x[c] * a[c];
    for (Eigen::Index c = first; c < first + dim_; ++c) a[c] -= along * x[c];
  }
}

void SphereProduct::geodesic(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v, double time) const {
  const Sphere sphere(dim_);
  for (Eigen::Index i = 0; i < tokens_; ++i)
    sphere.geodesic(x.segment(i * dim_, dim_), v.segment(i * dim_, dim_), time);
}

void SphereProduct::project_state(Eigen::Ref<Vector> x, Eigen::Ref<Vector> v) const {
  center(x);
  for (Eigen::Index first = 0; first < x.size(); first += dim_) {
    double square = 0;
    for (Eigen::Index c = first; c < first + dim_; ++c) square += x[c] * x[c];
    const double size = std::sqrt(square);
    for (Eigen::Index c = first; c < first + dim_; ++c) x[c] /= size;
  }
  project_vector_in_place(x, v);
}

double SphereProduct::brownian_variance(double s) const { return Sphere(sphere_dimension() + 1).brownian_variance(s); }

}  // namespace softmech
