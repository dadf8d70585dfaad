// Small oscillations about an equilibrium.
#pragma once

#include <softmech/mechanics/lagrangian.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <concepts>

namespace softmech {

/// A system that states its Hessian: the symmetric matrix of the second covariant derivative of V in ambient
/// coordinates, only its tangent part being used; on the unit sphere P (∂²V − (x·∇V) 1) P.
template <class System>
concept HasHessian = LagrangianSystem<System> && requires(const System& system, const VectorView& x) {
  { system.hessian(x) } -> std::convertible_to<Matrix>;
};

/// An orthonormal basis of the tangent space at x, one column per direction.
template <EmbeddedManifold Manifold>
Matrix tangent_basis(const Manifold& manifold, const VectorView& x) {
  Matrix projector = Matrix::Identity(x.size(), x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) projector.col(i) = manifold.project_vector(x, projector.col(i));
  Eigen::ColPivHouseholderQR<Matrix> qr;
  qr.setThreshold(1e-8);
  qr.compute(projector);
  return qr.householderQ() * Matrix::Identity(x.size(), qr.rank());
}

/// The Hessian of V at x in a tangent basis, by central differences of the gradient along geodesics of length
/// `displacement`; error O(displacement²). At an equilibrium the mass times the squared frequencies are its
/// eigenvalues.
template <LagrangianSystem System>
Matrix hessian_by_differences(const System& system, const VectorView& x, const Matrix& basis,
                              double displacement = 1e-5) {
  const auto& manifold = system.manifold();
  const auto force_from = [&](const Vector& direction) {
    const Vector there = manifold.exp(x, direction);
    Vector f(x.size());
    force(system, there, f);
    return manifold.transport(there, x, f);
  };
  Matrix hessian(basis.cols(), basis.cols());
  for (Eigen::Index j = 0; j < basis.cols(); ++j) {
    const Vector ahead = force_from(displacement * basis.col(j));
    const Vector behind = force_from(-displacement * basis.col(j));
    hessian.col(j) = basis.transpose() * (behind - ahead) / (2 * displacement);
  }
  return 0.5 * (hessian + hessian.transpose());
}

/// The squared normal-mode frequencies ω² at an equilibrium x, ascending: the eigenvalues of the projected Hessian over
/// the mass, one per tangent direction; negative ones are directions in which x is unstable. The system's own Hessian
/// is used if it states one, differences of its gradient otherwise. O(n³).
template <LagrangianSystem System>
Vector squared_frequencies(const System& system, const VectorView& x) {
  const Matrix basis = tangent_basis(system.manifold(), x);
  Matrix hessian;
  if constexpr (HasHessian<System>) {
    hessian = basis.transpose() * system.hessian(x) * basis;
  } else {
    hessian = hessian_by_differences(system, x, basis);
  }
  return Eigen::SelfAdjointEigenSolver<Matrix>(hessian, Eigen::EigenvaluesOnly).eigenvalues() / system.mass();
}

}  // namespace softmech
