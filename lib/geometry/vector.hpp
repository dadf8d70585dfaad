// Dense real vectors and matrices, the only array types in public interfaces of the physics.
#pragma once

#include <Eigen/Dense>

namespace softmech {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;
/// A batch: one row per attention row (or point), contiguous in memory.
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

using VectorView = Eigen::Ref<const Vector>;
using MatrixView = Eigen::Ref<const Matrix>;
using RowMatrixView = Eigen::Ref<const RowMatrix>;

}  // namespace softmech
