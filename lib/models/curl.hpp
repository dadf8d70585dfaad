// How much of a force no potential explains.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/manifold.hpp>
#include <softmech/geometry/vector.hpp>

#include <functional>

namespace softmech {

/// A tangent field f(x) on a manifold, in ambient coordinates; the shape of Flow::force.
using TangentField = std::function<void(const VectorView& x, Eigen::Ref<Vector> force)>;

/// An estimate with its standard error.
struct CurlShare {
  double value = 0;
  double error = 0;
};

/// The share of a force that no potential explains at a point,
///   ‖J − Jᵀ‖_F/(2‖J‖_F), in [0, 1],
/// with J = ∇f the covariant Jacobian on the tangent space (dimension D): f derives from a potential near x iff J is
/// symmetric there. In general J = S + B with S symmetric, B antisymmetric, and this is ‖B‖_F/‖J‖_F.
///
/// It is taken from N = min(directions, D) random orthonormal tangent vectors u_k, with J u_k by central differences
/// along geodesics, (P f(exp(hu)) − P f(exp(−hu)))/2h: the mean of |J u_k|² is ‖J‖²/D, and the mean of
/// (u_k·J u_l − u_l·J u_k)² over pairs is ‖J − Jᵀ‖²/(D(D − 1)); both are unbiased, and exact for N = D. The error is the
/// jackknife's over directions, times √(1 − N/D). Costs 2N forces.
///
/// "No potential" is a statement in the metric of the manifold. Attention among tokens (Q = K = V = 1),
/// f_i = P_i Σ_j e^{β x_i·x_j} x_j/Z_i, *is* a gradient in another one: Z_i f_i = ∇_i W with
/// W = (1/2β) Σ_ij e^{β x_i·x_j}, so that it climbs W in the metric Σ_i Z_i |dx_i|² (Geshkovski, Letrouit, Polyanskiy &
/// Rigollet, arXiv:2312.10794, section 3). In the round metric its share is positive.
///
/// `step` is h, the root mean square displacement of a coordinate times √D: an angle, to be small against the scale
/// on which f changes. Differences are good to about (h/scale)² + 1e-16/h.
/// @throws std::invalid_argument unless directions ≥ 3, D ≥ 2 and step > 0; std::runtime_error if the force is not finite.
template <EmbeddedManifold M>
CurlShare curl_share(const M& manifold, const TangentField& force, const VectorView& x, Eigen::Index directions,
                     RandomStream& random, double step = 1e-5);

/// min_c |f − c g|/|f|, in [0, 1]: the share of a force that a multiple of the reference g does not give. 0 for f = 0
/// (nothing to explain), 1 for g = 0.
/// @throws std::invalid_argument if their sizes differ.
double residual_share(const VectorView& force, const VectorView& reference);

}  // namespace softmech
