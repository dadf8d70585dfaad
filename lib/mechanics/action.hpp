// The action of a sampled path, and how far the path is from making it stationary.
#pragma once

#include <softmech/mechanics/lagrangian.hpp>

#include <fmt/format.h>

#include <stdexcept>

namespace softmech {

// Throughout: `depths` are the ascending depths t_0 < … < t_N, N >= 1, and column k of `path` is the point x_k at t_k,
// on the manifold and closer to its neighbors than their cut locus.

/// @throws std::invalid_argument unless there are at least two samples, one column per depth, and the depths ascend.
inline void require_path(const VectorView& depths, const MatrixView& path) {
  if (depths.size() < 2 || path.cols() != depths.size()) {
    throw std::invalid_argument(fmt::format(
        "path of {} points at {} depths: must be at least 2, as many points as depths", path.cols(), depths.size()));
  }
  for (Eigen::Index k = 1; k < depths.size(); ++k) {
    if (!(depths[k] > depths[k - 1])) {
      throw std::invalid_argument(
          fmt::format("depth {} of the path = {}: must be above {}", k, depths[k], depths[k - 1]));
    }
  }
}

/// The trapezoidal discrete action, with h_k = t_{k+1} − t_k and the geodesic distance d,
///   S = Σ_k [ (M/2) d(x_k, x_{k+1})²/h_k − (h_k/2)(V(x_k) + V(x_{k+1})) ]
/// (Marsden & West, Acta Numerica 10 (2001) 357, section 1.6): the integral ∫ L dt up to O(h²).
template <LagrangianSystem System>
double discrete_action(const System& system, const VectorView& depths, const MatrixView& path) {
  require_path(depths, path);
  double action = 0;
  double potential = system.potential(path.col(0));
  for (Eigen::Index k = 0; k + 1 < depths.size(); ++k) {
    const double h = depths[k + 1] - depths[k];
    const double distance = system.manifold().distance(path.col(k), path.col(k + 1));
    const double next_potential = system.potential(path.col(k + 1));
    action += 0.5 * system.mass() * distance * distance / h - 0.5 * h * (potential + next_potential);
    potential = next_potential;
  }
  return action;
}

/// The gradient of the discrete action with respect to the interior points, as tangent vectors in the columns 1 … N−1,
///   −M [log_{x_k} x_{k+1} / h_k + log_{x_k} x_{k−1} / h_{k−1}] − (h_{k−1} + h_k)/2 P∇V(x_k);
/// columns 0 and N are zero. It vanishes to round-off on a trajectory of the geodesic leapfrog (its discrete
/// Euler–Lagrange equation) and is O(h³) on the exact one, at equal steps and without friction.
template <LagrangianSystem System>
Matrix action_gradient(const System& system, const VectorView& depths, const MatrixView& path) {
  require_path(depths, path);
  const auto& manifold = system.manifold();
  Matrix gradient = Matrix::Zero(path.rows(), path.cols());
  Vector f(path.rows());
  for (Eigen::Index k = 1; k + 1 < depths.size(); ++k) {
    const double behind = depths[k] - depths[k - 1];
    const double ahead = depths[k + 1] - depths[k];
    force(system, path.col(k), f);
    gradient.col(k) =
        0.5 * (behind + ahead) * f - system.mass() * (manifold.log(path.col(k), path.col(k + 1)) / ahead +
                                                      manifold.log(path.col(k), path.col(k - 1)) / behind);
  }
  return gradient;
}

/// The Euler–Lagrange residual M ∇_v v + Γ v + P∇V of the sampled path at its interior points, by central differences:
///   M [log x_{k+1}/h_k + log x_{k−1}/h_{k−1}] / h̄
///   + Γ [log x_{k+1} h_{k−1}/h_k − log x_{k−1} h_k/h_{k−1}] / 2h̄ + P∇V,
/// logarithms at x_k, h̄ = (h_{k−1} + h_k)/2; columns 0 and N are zero. On a motion of the system it is O(h²) at equal
/// steps, O(h) otherwise.
template <LagrangianSystem System>
Matrix euler_lagrange_residual(const System& system, const VectorView& depths, const MatrixView& path) {
  require_path(depths, path);
  const auto& manifold = system.manifold();
  Matrix residual = Matrix::Zero(path.rows(), path.cols());
  Vector f(path.rows());
  for (Eigen::Index k = 1; k + 1 < depths.size(); ++k) {
    const double behind = depths[k] - depths[k - 1];
    const double ahead = depths[k + 1] - depths[k];
    const double mean = 0.5 * (behind + ahead);
    const Vector next = manifold.log(path.col(k), path.col(k + 1)) / ahead;
    const Vector previous = manifold.log(path.col(k), path.col(k - 1)) / behind;
    force(system, path.col(k), f);
    residual.col(k) = system.mass() * (next + previous) / mean +
                      system.friction() * (behind * next - ahead * previous) / (2 * mean) - f;
  }
  return residual;
}

}  // namespace softmech
