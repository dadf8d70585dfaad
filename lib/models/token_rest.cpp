#include <softmech/models/token_rest.hpp>

#include <softmech/mechanics/simulation.hpp>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <limits>

namespace softmech {

namespace {

constexpr double displacement = 1e-3;  // of the differences: errors of 1e-12 by order 4, 1e-13 by round-off
constexpr double zero = 1e-9;          // of the largest eigenvalue
constexpr double at_rest = 1e-10;
constexpr double longest_step = 0.3;  // of a token
constexpr double kick = 0.05;         // away from a saddle
constexpr int most_iterations = 60;

double root_mean_square(const Vector& force, Eigen::Index tokens) {
  return force.norm() / std::sqrt(static_cast<double>(tokens));
}

double longest(const Vector& step, Eigen::Index dim) {
  return Eigen::Map<const Matrix>(step.data(), dim, step.size() / dim).colwise().norm().maxCoeff();
}

/// The first-order motion until it is slow, in stretches that grow.
Vector settled(const TokenField& field, const Vector& x) {
  Simulation simulation(first_order_flow(field), {x, Vector::Zero(x.size())},
                        stepper({.stepper = "bdf", .rel_tol = 1e-6, .abs_tol = 1e-9}));
  const double unit = 1 / std::max(std::abs(field.coupling()), 1e-300);
  Vector force(x.size());
  for (double t = 10; t <= 1e4; t *= 10) {
    simulation.run(t * unit);
    field.force(simulation.state().position, force);
    if (root_mean_square(force, field.manifold().tokens()) * unit < 1e-6) break;
  }
  return simulation.state().position;
}

/// Newton's step −H⁻¹∇V with |λ| in place of the eigenvalues λ of H and without its zero modes; at rest on a saddle, a
/// kick along the steepest way down. Empty: at rest in a minimum.
Vector step_down(const Matrix& jacobian, const Vector& force, bool rests) {
  const Eigen::SelfAdjointEigenSolver<Matrix> modes(-0.5 * (jacobian + jacobian.transpose()));
  const Vector& lambda = modes.eigenvalues();
  const double least = zero * lambda.cwiseAbs().maxCoeff();
  if (rests) return lambda[0] < -least ? Vector(modes.eigenvectors().col(0)) : Vector();
  Vector along = modes.eigenvectors().transpose() * force;
  for (Eigen::Index k = 0; k < along.size(); ++k)
    along[k] = std::abs(lambda[k]) > least ? along[k] / std::abs(lambda[k]) : 0;
  return modes.eigenvectors() * along;
}

/// The shortest step −J⁻¹f.
Vector step_to_rest(const Matrix& jacobian, const Vector& force) {
  Eigen::CompleteOrthogonalDecomposition<Matrix> solver;
  solver.setThreshold(zero);
  solver.compute(jacobian);
  return -solver.solve(force);
}

}  // namespace

Matrix tangent_basis(const SphereProduct& space, const VectorView& x) {
  const Eigen::Index d = space.dim(), normals = space.centered() ? 2 : 1, kept = d - normals;
  Matrix basis = Matrix::Zero(x.size(), space.tokens() * kept);
  for (Eigen::Index i = 0; i < space.tokens(); ++i) {
    Matrix normal(d, normals);
    normal.col(0) = x.segment(i * d, d);
    if (space.centered()) normal.col(1).setOnes();
    const Matrix q = normal.householderQr().householderQ();
    basis.block(i * d, i * kept, d, kept) = q.rightCols(kept);
  }
  return basis;
}

Matrix force_jacobian(const TokenField& field, const VectorView& x, const Matrix& basis) {
  const SphereProduct& space = field.manifold();
  Matrix jacobian(basis.cols(), basis.cols());
  Vector there(x.size()), force(x.size());
  const auto from = [&](const Vector& direction) -> Vector {
    there = space.exp(x, direction);
    field.force(there, force);
    return space.transport(there, x, force);
  };
  for (Eigen::Index j = 0; j < basis.cols(); ++j) {
    const Vector step = displacement * basis.col(j);
    const Vector change = 8 * (from(step) - from(-step)) - (from(2 * step) - from(-2 * step));
    jacobian.col(j).noalias() = basis.transpose() * (change / (12 * displacement));
  }
  return jacobian;
}

TokenRest find_rest(const TokenField& field, const VectorView& x) {
  const SphereProduct& space = field.manifold();
  TokenRest rest{settled(field, x)};
  Vector force(x.size());
  double best = std::numeric_limits<double>::infinity();
  for (int iteration = 0; iteration < most_iterations; ++iteration) {
    field.force(rest.x, force);
    const Matrix basis = tangent_basis(space, rest.x), jacobian = force_jacobian(field, rest.x, basis);
    rest.force = root_mean_square(force, space.tokens());
    rest.found = rest.force <= at_rest * jacobian.cwiseAbs().maxCoeff();
    // Newton's method goes on as long as it gains digits.
    const bool rests = rest.found && !(rest.force < 0.5 * best);
    best = rest.found ? std::min(best, rest.force) : std::numeric_limits<double>::infinity();
    const Vector here = basis.transpose() * force;
    if (rests && !field.has_potential()) return rest;
    const Vector move = field.has_potential() ? step_down(jacobian, here, rests) : step_to_rest(jacobian, here);
    if (move.size() == 0) return rest;
    const Vector step = basis * move;
    const double size = longest(step, space.dim());
    const double scale = rests ? kick / size : std::min(1.0, longest_step / std::max(size, longest_step));
    rest.x = space.project_point(space.exp(rest.x, scale * step));
  }
  rest.found = false;
  return rest;
}

}  // namespace softmech
