// The nonlinear equation of an implicit step on a manifold, and Newton's method for it.
#pragma once

#include <softmech/mechanics/flow.hpp>
#include <softmech/mechanics/gmres.hpp>

#include <Eigen/LU>

#include <optional>
#include <span>
#include <vector>

namespace softmech {

/// The equation of one implicit step of x' = F(x) = f(x)/Γ: find y on the manifold with
///   y − prediction + psi − c F(y) = 0 in the directions of a tangent space near y.
struct ImplicitEquation {
  const Vector& prediction;
  const Vector& psi;
  double c;
  /// The largest component that the last correction, and the estimate of all that would follow it, may have.
  double tolerance;
};

/// Newton's method in tangent directions; every iterate is projected to the manifold. Few coordinates: LU of 1 − c ∂F
/// in an orthonormal basis of the tangent space, with a derivative that is kept as long as the iteration converges.
/// Many: GMRES with derivatives along single directions, nothing kept.
class TangentNewton {
 public:
  static constexpr Eigen::Index most_direct = 400;  // coordinates

  void start(const Flow& flow, Eigen::Index dimension);

  /// Solves for y, which comes in as the first guess, and its F(y). False if the iteration does not converge, if F is
  /// not finite, or if c is beyond the rate of a growing mode (1 − c ∂F then has a negative determinant), which an
  /// implicit formula would damp; try again after `forget`, or with a smaller c.
  bool solve(const ImplicitEquation& equation, Vector& y, Vector& velocity);

  /// If the last solve used an old derivative, the next takes it anew. Returns whether that is so.
  bool forget();
  int iterations() const { return iterations_; }

  /// All that the next solves depend on: where the derivative was taken, and c.
  std::vector<double> save() const;
  void restore(std::span<const double> saved);
  std::size_t saved_size() const { return static_cast<std::size_t>(direct() ? size_ + 2 : 0); }

 private:
  bool direct() const { return size_ <= most_direct; }
  void velocity(const Vector& x, Vector& out) const;
  /// ∂F along u at y, up to normal components.
  void derivative(const Vector& y, const Vector& velocity_at_y, const Vector& u, Vector& out);
  void take_derivative();
  void factorize(double c);
  bool correct(const ImplicitEquation& equation, const Vector& y, const Vector& velocity_at_y, Vector& correction);

  Flow flow_;
  Eigen::Index size_ = 0;
  int iterations_ = 0;

  // Direct solver.
  bool has_derivative_ = false;
  bool derivative_is_new_ = false;
  double factorized_c_ = 0;
  bool beyond_growth_ = false;
  Vector reference_;
  Matrix basis_, jacobian_, matrix_;
  Eigen::PartialPivLU<Matrix> lu_;
  Vector tangent_residual_;

  std::optional<Gmres> gmres_;  // without the direct solver

  Vector residual_, correction_, shifted_, no_velocity_;
};

}  // namespace softmech
