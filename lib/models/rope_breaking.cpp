#include <softmech/models/rope_breaking.hpp>

#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

/// The Laplacian of A + Aᵀ, A the attention of aligned tokens: a softmax of the mask's biases.
Matrix laplacian(const PairMask& mask, Eigen::Index n) {
  Matrix a = Matrix::Zero(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index j = 0; j < n; ++j) {
      if (mask.attends(i, j)) a(i, j) = std::exp(mask.bias(i, j));
    }
    a.row(i) /= a.row(i).sum();
  }
  const Matrix w = a + a.transpose();
  return Matrix(w.rowwise().sum().asDiagonal()) - w;
}

}  // namespace

RopeBreaking rope_breaking(const TokenField& field) {
  const Eigen::Index n = field.manifold().tokens(), d = field.manifold().dim();
  const RotaryPositions& rotary = field.weights().rotary;
  Matrix turning = Matrix::Zero(n, n), all = Matrix::Zero(n, n);
  for (const TokenHead& head : field.weights().heads) {
    if (field.force_kind() != TokenForce::free_energy || head.query.size() + head.key.size() > 0)
      throw std::invalid_argument(
          "breaking by rotary positions: is known for free energies with Q = K = 1; set model.dynamics = "
          "\"free_energy\", model.query = model.key = \"identity\"");
    const Matrix l = field.coupling() * laplacian(head.mask, n);
    all += l;
    if (rotary.dim > 0 && head.rotary) turning += l;
  }
  RopeBreaking result;
  const Vector p = Vector::LinSpaced(n, 0, static_cast<double>(n - 1)), pull = turning * p;
  result.stiffness = p.dot(pull) - pull.dot(all.completeOrthogonalDecomposition().solve(pull));

  Vector squares = Vector::Zero(d);
  for (Eigen::Index plane = 0; plane < rotary.dim / 2; ++plane)
    squares.segment(2 * plane, 2).setConstant(std::pow(rotary.angle(plane), 2));
  const double least = squares.minCoeff(&result.direction);
  std::sort(squares.begin(), squares.end());
  result.eigenvalues = result.stiffness / static_cast<double>(n) * (squares.tail(d - 1).array() - least);
  return result;
}

}  // namespace softmech
