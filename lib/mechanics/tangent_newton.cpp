#include <softmech/mechanics/tangent_newton.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

constexpr int most_iterations = 4;
constexpr Eigen::Index most_products = 40;
const double root_epsilon = std::sqrt(std::numeric_limits<double>::epsilon());

/// An orthonormal basis of the tangent space at x: pivoted Cholesky factorization of its projector. What is left of a
/// projector after each column is one, so no column is ill-conditioned, and zeros of a product manifold stay zeros.
Matrix tangent_basis(const Flow& flow, const Vector& x) {
  Matrix projector = Matrix::Identity(x.size(), x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) flow.tangent(x, projector.col(i));
  Matrix basis(x.size(), x.size());
  for (Eigen::Index rank = 0; rank < x.size(); ++rank) {
    Eigen::Index pivot = 0;
    const double largest = projector.diagonal().maxCoeff(&pivot);
    if (largest < 0.5 / static_cast<double>(x.size())) return basis.leftCols(rank);
    basis.col(rank) = projector.col(pivot) / std::sqrt(largest);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      if (basis(i, rank) != 0) projector.col(i) -= basis(i, rank) * basis.col(rank);
    }
  }
  return basis;
}

}  // namespace

void TangentNewton::start(const Flow& flow, Eigen::Index dimension) {
  flow_ = flow;
  size_ = dimension;
  has_derivative_ = derivative_is_new_ = false;
  factorized_c_ = 0;
  reference_ = residual_ = correction_ = shifted_ = no_velocity_ = Vector::Zero(dimension);
  gmres_.reset();
  if (!direct()) gmres_.emplace(dimension, most_products);
}

void TangentNewton::velocity(const Vector& x, Vector& out) const {
  flow_.force(x, out);
  out /= flow_.friction;
}

bool TangentNewton::forget() {
  const bool old = has_derivative_ && !derivative_is_new_;
  if (old) has_derivative_ = false;
  return old;
}

bool TangentNewton::solve(const ImplicitEquation& equation, Vector& y, Vector& velocity_at_y) {
  derivative_is_new_ = false;
  if (direct() && !has_derivative_) {
    reference_ = y;
    take_derivative();
  }
  double before = 0;
  for (iterations_ = 1; iterations_ <= most_iterations; ++iterations_) {
    velocity(y, velocity_at_y);
    if (!correct(equation, y, velocity_at_y, correction_)) return false;
    const double size = correction_.lpNorm<Eigen::Infinity>();
    if (!std::isfinite(size)) return false;
    // The corrections shrink by a constant rate; what remains is a geometric series. Nothing is left to say about a
    // rate where the correction is within the tolerance, let alone where it is a rounding error.
    const double rate = iterations_ > 1 && size > equation.tolerance ? size / before : 0.5;
    const int left = most_iterations - iterations_;
    if (rate >= 1 || (iterations_ > 1 && size * std::pow(rate, left) / (1 - rate) > equation.tolerance)) return false;
    y += correction_;
    flow_.project(y, no_velocity_);
    if (size * rate / (1 - rate) <= equation.tolerance) return true;
    before = size;
  }
  return false;
}

bool TangentNewton::correct(const ImplicitEquation& equation, const Vector& y, const Vector& velocity_at_y,
                            Vector& correction) {
  residual_ = equation.c * velocity_at_y - equation.psi - (y - equation.prediction);
  if (gmres_) {
    flow_.tangent(y, residual_);
    const auto product = [&](const Vector& u, Vector& image) {
      derivative(y, velocity_at_y, u, image);
      flow_.tangent(y, image);
      image = u - equation.c * image;
    };
    return gmres_->solve(product, residual_, 0.05 * equation.tolerance, correction);
  }
  if (factorized_c_ != equation.c) factorize(equation.c);
  if (beyond_growth_) return false;
  tangent_residual_.noalias() = basis_.transpose() * residual_;
  tangent_residual_ = lu_.solve(tangent_residual_);
  correction.noalias() = basis_ * tangent_residual_;
  return true;
}

void TangentNewton::derivative(const Vector& y, const Vector& velocity_at_y, const Vector& u, Vector& out) {
  const double shift = root_epsilon * std::max(1.0, y.norm()) / u.norm();
  shifted_ = y + shift * u;
  flow_.project(shifted_, no_velocity_);
  velocity(shifted_, out);
  out = (out - velocity_at_y) / shift;
}

void TangentNewton::take_derivative() {
  basis_ = tangent_basis(flow_, reference_);
  jacobian_.resize(basis_.cols(), basis_.cols());
  Vector here(size_), along(size_), direction(size_);
  velocity(reference_, here);
  for (Eigen::Index j = 0; j < basis_.cols(); ++j) {
    direction = basis_.col(j);
    derivative(reference_, here, direction, along);
    jacobian_.col(j).noalias() = basis_.transpose() * along;
  }
  has_derivative_ = derivative_is_new_ = true;
  factorized_c_ = 0;
}

void TangentNewton::factorize(double c) {
  matrix_ = -c * jacobian_;
  matrix_.diagonal().array() += 1;
  lu_.compute(matrix_);
  factorized_c_ = c;
  // The determinant is positive for small c and changes sign where c meets 1/λ of the first growing mode. Rounding
  // errors of the derivative would decide beyond c ∂F of 1/√ε.
  const bool decided = c * jacobian_.cwiseAbs().maxCoeff() * root_epsilon < 0.1;
  const auto negative = (lu_.matrixLU().diagonal().array() < 0).count();
  const double parity = negative % 2 == 0 ? 1 : -1;
  beyond_growth_ = decided && parity * static_cast<double>(lu_.permutationP().determinant()) < 0;
}

std::vector<double> TangentNewton::save() const {
  if (!direct()) return {};
  std::vector<double> saved{static_cast<double>(has_derivative_), factorized_c_};
  saved.insert(saved.end(), reference_.begin(), reference_.end());
  return saved;
}

void TangentNewton::restore(std::span<const double> saved) {
  if (!direct()) return;
  std::copy(saved.begin() + 2, saved.end(), reference_.begin());
  has_derivative_ = saved[0] != 0;
  if (has_derivative_) {
    take_derivative();
    if (saved[1] != 0) factorize(saved[1]);
  }
}

}  // namespace softmech
