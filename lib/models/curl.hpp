// How much of a force no potential explains.
#pragma once

#include <softmech/geometry/manifold.hpp>
#include <softmech/geometry/vector.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

namespace softmech {

/// A tangent field f(x) on a manifold, in ambient coordinates; the shape of Flow::force.
using TangentField = std::function<void(const VectorView& x, Eigen::Ref<Vector> force)>;

/// An estimate with its standard error.
struct CurlShare {
  double value = 0;
  double error = 0;
};

/// Parts of the estimate below that do not depend on the manifold.
void require_curl_arguments(Eigen::Index dimension, Eigen::Index directions, double step);
/// Columns → an orthonormal basis of their span (Gram–Schmidt, twice).
void orthonormalize(Matrix& columns);
/// From columns u_k and J u_k, on a tangent space of the given dimension.
CurlShare curl_share_of(const Matrix& tangents, const Matrix& derivatives, Eigen::Index dimension);

/// The share of a force that no potential explains at a point,
///   ‖J − Jᵀ‖_F/(2‖J‖_F), in [0, 1],
/// with J = ∇f the covariant Jacobian on the tangent space (dimension D): f derives from a potential near x iff J is
/// symmetric there. In general J = S + B with S symmetric, B antisymmetric, and this is ‖B‖_F/‖J‖_F.
///
/// It is taken from N = min(directions, D) random orthonormal tangent vectors u_k, with J u_k by central differences
/// along geodesics, (P f(exp(hu)) − P f(exp(−hu)))/2h: the mean of |J u_k|² is ‖J‖²/D, and the mean of
/// (u_k·J u_l − u_l·J u_k)² over pairs is ‖J − Jᵀ‖²/(D(D − 1)); both are unbiased, and exact for N = D. The error is
/// the jackknife's over directions, times √(1 − N/D); it is infinite for N = 2 < D. Costs 2N forces.
///
/// "No potential" is a statement in the metric of the manifold. Attention among tokens (Q = K = V = 1),
/// f_i = P_i Σ_j e^{β x_i·x_j} x_j/Z_i, *is* a gradient in another one: Z_i f_i = ∇_i W with
/// W = (1/2β) Σ_ij e^{β x_i·x_j}, so that it climbs W in the metric Σ_i Z_i |dx_i|² (Geshkovski, Letrouit, Polyanskiy &
/// Rigollet, arXiv:2312.10794, section 3). In the round metric its share is positive.
///
/// `step` is h, the length of the displacement: to be small against the length on which f changes. Differences are good
/// to about (h/length)² + 1e-16/h, relative.
/// @throws std::invalid_argument unless directions ≥ 2, D ≥ 2 and step > 0; std::runtime_error if the force is not
/// finite.
template <EmbeddedManifold M, NormalSource Source>
CurlShare curl_share(const M& manifold, const TangentField& force, const VectorView& x, Eigen::Index directions,
                     Source& source, double step = 1e-5) {
  const Eigen::Index dimension = manifold.dimension();
  require_curl_arguments(dimension, directions, step);
  Matrix tangents(x.size(), std::min(directions, dimension));
  for (auto tangent : tangents.colwise()) tangent = manifold.random_tangent(x, source);
  orthonormalize(tangents);
  Matrix derivatives(tangents.rows(), tangents.cols());
  Vector behind(x.size());
  for (Eigen::Index k = 0; k < tangents.cols(); ++k) {
    auto derivative = derivatives.col(k);
    force(manifold.exp(x, step * tangents.col(k)), derivative);
    force(manifold.exp(x, -step * tangents.col(k)), behind);
    derivative = (derivative - behind) / (2 * step);
    manifold.project_vector_in_place(x, derivative);
  }
  return curl_share_of(tangents, derivatives, dimension);
}

/// min_c |f − c g|/|f|, in [0, 1]: the share of a force that a multiple of the reference g does not give. 0 for f = 0
/// (nothing to explain), 1 for g = 0.
/// @throws std::invalid_argument if their sizes differ.
double residual_share(const VectorView& force, const VectorView& reference);

}  // namespace softmech
