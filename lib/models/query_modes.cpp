#include <softmech/models/query_modes.hpp>

#include <softmech/mechanics/normal_modes.hpp>
#include <softmech/mechanics/oscillation.hpp>

#include <Eigen/Eigenvalues>

namespace softmech {

Vector mode_frequencies(const QuerySystem& query, MatrixView path, double interval) {
  const Vector y = query.equilibrium().cwiseSqrt();
  const Matrix basis = tangent_basis(query.manifold(), y);
  const Eigen::SelfAdjointEigenSolver<Matrix> modes(basis.transpose() * query.hessian(y) * basis);
  const Matrix normal = basis * modes.eigenvectors();

  Matrix coordinates(path.cols(), normal.cols());
  for (Eigen::Index k = 0; k < path.cols(); ++k)
    coordinates.row(k) = (normal.transpose() * query.manifold().log(y, path.col(k))).transpose();
  return Vector::NullaryExpr(normal.cols(),
                             [&](Eigen::Index mode) { return oscillation_frequency(coordinates.col(mode), interval); });
}

}  // namespace softmech
