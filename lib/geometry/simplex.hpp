// The Fisher manifold: attention weights with the Fisher–Rao metric.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cmath>
#include <optional>
#include <string>

namespace softmech {

/// The open simplex Δ^{n−1} = {p : p_i > 0, Σp_i = 1} with the Fisher–Rao metric g_p(u, v) = Σ u_i v_i / p_i on tangent
/// vectors Σu_i = 0; curvature 1/4. A Manifold.
///
/// Everything goes through the amplitudes y = √p, which map the simplex to the positive orthant of the unit sphere with
/// ds² = Σ dp_i²/p_i = 4|dy|² (Čencov 1982; Amari & Nagaoka 2000, §2.2). Relative accuracy holds down to p_i = 1e-300.
///
/// The simplex is not complete: a geodesic meets the boundary p_i = 0 within a length of 2π (boundary_time). The great
/// circle goes on, y_i changes sign and p = y² is folded back. That is a trajectory a query may take, but no geodesic
/// of the simplex: exp refuses it, and whoever wants it follows y on the Sphere.
class Simplex {
 public:
  /// Weights on n = keys ≥ 2 outcomes.
  explicit Simplex(Eigen::Index keys);

  Eigen::Index dimension() const { return keys_ - 1; }
  Eigen::Index ambient_dimension() const { return keys_; }

  /// Σ u_i v_i / p_i.
  double inner(const VectorView& p, const VectorView& u, const VectorView& v) const;
  double norm(const VectorView& p, const VectorView& u) const;
  /// 2 arccos Σ√(p_i q_i), in [0, π), by the form of fisher_rao_distance.
  double distance(const VectorView& p, const VectorView& q) const;
  /// (y cos θ + w sin θ/θ)² with w = v/(2√p), θ = |w|. Throws std::invalid_argument, naming the key and the time, if
  /// the geodesic passes the boundary before time 1, by more than rounding.
  Vector exp(const VectorView& p, const VectorView& v) const;
  Vector log(const VectorView& p, const VectorView& q) const;
  Vector transport(const VectorView& p, const VectorView& q, const VectorView& v) const;

  /// The first time at which a weight vanishes on the geodesic p(t) with p(0) = p, ṗ(0) = v; infinite for v = 0.
  double boundary_time(const VectorView& p, const VectorView& v) const;

  /// a/Σa, the nearest point as seen by the amplitudes √a. Throws std::invalid_argument unless all a_i > 0.
  Vector project_point(const VectorView& a) const;
  /// a − p Σa_i, the projection along the Fisher–Rao normal p.
  Vector project_vector(const VectorView& p, const VectorView& a) const;

  /// Uniform in the Fisher–Rao volume: Dirichlet(½, …, ½) (Jeffreys' prior).
  template <class Source>
  Vector random_point(Source& source) const {
    return project_point(normal_vector(source).cwiseAbs2());
  }
  template <class Source>
  Vector random_tangent(const VectorView& p, Source& source) const {
    return project_vector(p, p.cwiseSqrt().cwiseProduct(normal_vector(source)));
  }

  /// Accepts p_i > 0 with |Σp_i − 1| ≤ 1e-12.
  std::optional<std::string> why_not_point(const VectorView& p) const;
  /// Accepts |Σv_i| ≤ 1e-12 norm(p, v): Σv_i is the component along the Fisher–Rao unit normal p.
  std::optional<std::string> why_not_tangent(const VectorView& p, const VectorView& v) const;

 private:
  template <class Source>
  static double nonzero_normal(Source& source) {
    for (;;) {
      if (const double z = source.normal(); z * z > 0) return z;
    }
  }
  template <class Source>
  Vector normal_vector(Source& source) const {
    return Vector::NullaryExpr(keys_, [&] { return nonzero_normal(source); });
  }

  Eigen::Index keys_;
};

/// √p, a point of the unit sphere.
Vector amplitudes(const VectorView& p);
/// y², also for a y outside of the positive orthant.
Vector weights_of_amplitudes(const VectorView& y);
/// ẏ = ṗ/(2√p).
Vector amplitude_velocity(const VectorView& p, const VectorView& weight_velocity);
/// ṗ = 2 y ẏ.
Vector weight_velocity(const VectorView& y, const VectorView& amplitude_velocity);

}  // namespace softmech
