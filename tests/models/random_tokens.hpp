// Tokens at random positions, and attention among them written out in plain loops.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/vector.hpp>

#include <cmath>

namespace softmech::test {

inline RowMatrix random_tokens(Eigen::Index n, Eigen::Index d, std::uint64_t seed = 1) {
  RandomStream random(seed, 0, "tokens");
  RowMatrix x = RowMatrix::NullaryExpr(n, d, [&](Eigen::Index, Eigen::Index) { return random.normal(); });
  x.rowwise().normalize();
  return x;
}

/// Tangent to the sphere of every token.
inline RowMatrix random_velocities(const RowMatrix& x, std::uint64_t seed = 2) {
  RandomStream random(seed, 0, "velocities");
  RowMatrix v = RowMatrix::NullaryExpr(x.rows(), x.cols(), [&](Eigen::Index, Eigen::Index) { return random.normal(); });
  return v - x.cwiseProduct(v).rowwise().sum().asDiagonal() * x;
}

inline Matrix random_rotation(Eigen::Index d, std::uint64_t seed = 3) {
  RandomStream random(seed, 0, "rotation");
  const Matrix a = Matrix::NullaryExpr(d, d, [&](Eigen::Index, Eigen::Index) { return random.normal(); });
  return a.householderQr().householderQ();
}

/// Token-major, as a token field has them.
inline Vector flat(const RowMatrix& x) { return Eigen::Map<const Vector>(x.data(), x.size()); }
inline RowMatrix tokens(const VectorView& x, Eigen::Index d) {
  return Eigen::Map<const RowMatrix>(x.data(), x.size() / d, d);
}

/// f_i = P_i Σ_j w_ij x_j, w_ij = e^{β x_i·x_j}, divided by Z_i = Σ_j w_ij (SA) or by n (USA).
inline RowMatrix attention_force(const RowMatrix& x, double beta, bool normalized) {
  const Matrix w = (beta * (x * x.transpose())).array().exp();
  const auto n = static_cast<double>(x.rows());
  const Vector divisor = normalized ? Vector(w.rowwise().sum()) : Vector::Constant(x.rows(), n);
  const RowMatrix f = divisor.cwiseInverse().asDiagonal() * (w * x);
  return f - x.cwiseProduct(f).rowwise().sum().asDiagonal() * x;
}

}  // namespace softmech::test
