#include <softmech/models/token_symmetry.hpp>

#include <Eigen/SVD>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

constexpr double equal = 1e-12;
constexpr double smallest_share = 1e-4;

/// The rotation of queries and keys by the angles of `steps` positions.
Matrix rotary_matrix(const RotaryPositions& rotary, Eigen::Index dim, Eigen::Index steps) {
  Matrix rotation = Matrix::Identity(dim, dim);
  for (Eigen::Index plane = 0; plane < rotary.dim / 2; ++plane) {
    const double angle = static_cast<double>(steps) * rotary.angle(plane);
    rotation.block<2, 2>(2 * plane, 2 * plane) = Eigen::Rotation2Dd(angle).toRotationMatrix();
  }
  return rotation;
}

/// Q^T R_{j−i} K of a head for all the distances at which it attends.
void add_scores(const TokenField& field, const TokenHead& head, std::vector<Matrix>& matrices) {
  const Eigen::Index n = field.manifold().tokens(), d = field.manifold().dim();
  const RotaryPositions& rotary = field.weights().rotary;
  const bool plain = head.query.size() + head.key.size() == 0, turns = rotary.dim > 0 && head.rotary;
  if (plain) {  // what commutes with R_1 commutes with its powers
    if (turns && n > 1 && head.mask.window != 1) matrices.push_back(rotary_matrix(rotary, d, 1));
    return;
  }
  const Matrix query = head.query.size() ? head.query : Matrix::Identity(d, d);
  const Matrix key = head.key.size() ? head.key : Matrix::Identity(d, d);
  const Eigen::Index most = head.mask.window > 0 ? std::min(head.mask.window, n) - 1 : n - 1;
  for (Eigen::Index r = turns ? -most : 0; r <= (turns && !head.mask.causal ? most : 0); ++r)
    matrices.push_back(query.transpose() * rotary_matrix(turns ? rotary : RotaryPositions{}, query.rows(), r) * key);
}

/// All antisymmetric X with [X, B] = 0 for every matrix and, of centered tokens, X(1, …, 1) = 0.
std::vector<Matrix> commuting(const std::vector<Matrix>& matrices, Eigen::Index d, bool centered) {
  std::vector<Matrix> basis;
  for (Eigen::Index a = 0; a < d; ++a) {
    for (Eigen::Index b = a + 1; b < d; ++b) {
      basis.push_back(Matrix::Zero(d, d));
      basis.back()(a, b) = std::sqrt(0.5);
      basis.back()(b, a) = -std::sqrt(0.5);
    }
  }
  if (matrices.empty() && !centered) return basis;
  const auto conditions = static_cast<Eigen::Index>(matrices.size()) * d * d + (centered ? d : 0);
  Matrix failures = Matrix::Zero(std::max<Eigen::Index>(conditions, std::ssize(basis)), std::ssize(basis));
  double scale = 1;
  for (std::size_t k = 0; k < basis.size(); ++k) {
    const auto column = static_cast<Eigen::Index>(k);
    for (std::size_t m = 0; m < matrices.size(); ++m) {
      const Matrix commutator = basis[k] * matrices[m] - matrices[m] * basis[k];
      failures.block(static_cast<Eigen::Index>(m) * d * d, column, d * d, 1) = commutator.reshaped();
      scale = std::max(scale, matrices[m].norm());
    }
    if (centered) failures.block(conditions - d, column, d, 1) = basis[k].rowwise().sum();
  }
  const Eigen::BDCSVD<Matrix> svd(failures, Eigen::ComputeThinV);
  std::vector<Matrix> result;
  for (Eigen::Index i = 0; i < std::ssize(basis); ++i) {
    if (svd.singularValues()[i] > equal * scale) continue;
    result.push_back(Matrix::Zero(d, d));
    for (std::size_t k = 0; k < basis.size(); ++k)
      result.back() += svd.matrixV()(static_cast<Eigen::Index>(k), i) * basis[k];
  }
  return result;
}

}  // namespace

std::vector<TokenGenerator> symmetry_generators(const TokenField& field) {
  const TokenWeights& weights = field.weights();
  if (weights.mlp.in.size() > 0) return {};
  const Eigen::Index d = field.manifold().dim();
  const bool free = field.force_kind() == TokenForce::free_energy;
  std::vector<Matrix> fixed, turning;
  bool some_turn = false, plain = true;
  for (const TokenHead& head : weights.heads) {
    add_scores(field, head, fixed);
    if (!free && head.value.size() > 0) fixed.push_back(head.value);
    plain = plain && head.query.size() + head.key.size() == 0;
    some_turn = some_turn || (weights.rotary.dim > 0 && head.rotary);
    if (!head.rotary) turning.push_back(rotary_matrix(weights.rotary, d, -1));
  }
  std::vector<TokenGenerator> generators;
  for (Matrix& x : commuting(fixed, d, field.manifold().centered())) generators.push_back({std::move(x), false});
  if (free && plain && some_turn && !field.manifold().centered()) {
    for (Matrix& x : commuting(turning, d, false)) generators.push_back({std::move(x), true});
  }
  return generators;
}

Eigen::Index broken_generators(const TokenField& field, const VectorView& x) {
  const std::vector<TokenGenerator> generators = symmetry_generators(field);
  const SphereProduct& space = field.manifold();
  const RotaryPositions& rotary = field.weights().rotary;
  const RowMatrix tokens = Eigen::Map<const RowMatrix>(x.data(), space.tokens(), space.dim());
  Matrix moves(x.size(), std::ssize(generators));
  for (std::size_t k = 0; k < generators.size(); ++k) {
    const TokenGenerator& generator = generators[k];
    RowMatrix move = generator.turns ? turned(tokens, rotary, 1) : tokens;
    move = (move * generator.rotation.transpose()).eval();
    if (generator.turns) move = turned(std::move(move), rotary, -1);
    moves.col(static_cast<Eigen::Index>(k)) = Eigen::Map<const Vector>(move.data(), move.size());
  }
  if (generators.empty()) return 0;
  // |X x| of the tokens is at most √n/2: a state that no generator moves has singular values of round-off only.
  const Vector sizes = Eigen::BDCSVD<Matrix>(moves).singularValues() / std::sqrt(static_cast<double>(space.tokens()));
  return (sizes.array() > smallest_share).count();
}

}  // namespace softmech
