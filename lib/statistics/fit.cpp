#include <softmech/statistics/fit.hpp>

#include <fmt/format.h>

#include <boost/math/special_functions/gamma.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

void require_fittable(MatrixView design, VectorView values, VectorView errors) {
  if (design.rows() != values.size() || errors.size() != values.size()) {
    throw std::invalid_argument(fmt::format("fit: {} values, {} errors and {} rows of the design must be equally many",
                                            values.size(), errors.size(), design.rows()));
  }
  if (values.size() < design.cols()) {
    throw std::invalid_argument(
        fmt::format("fit: {} values cannot determine {} coefficients; give more points", values.size(), design.cols()));
  }
  if (!design.allFinite() || !values.allFinite()) throw std::invalid_argument("fit: values and design must be finite");
  require_errors(errors);
}

}  // namespace

void require_errors(VectorView errors) {
  for (const double error : errors) {
    if (!(error > 0) || !std::isfinite(error)) {
      throw std::invalid_argument(
          fmt::format("fit: error = {}: must be > 0 and finite; use a round-off estimate for exact values", error));
    }
  }
}

double LeastSquaresFit::error(Eigen::Index coefficient) const {
  return std::sqrt(covariance(coefficient, coefficient));
}

double LeastSquaresFit::scaled_error(Eigen::Index coefficient) const {
  return scaled_error(Vector::Unit(coefficients.size(), coefficient));
}

double LeastSquaresFit::scaled_error(VectorView gradient) const {
  const double birge = freedom > 0 ? std::max(1.0, chi_squared / static_cast<double>(freedom)) : 1.0;
  return std::sqrt(birge * gradient.dot(covariance * gradient));
}

double LeastSquaresFit::probability() const {
  return freedom == 0 ? 1.0 : boost::math::gamma_q(0.5 * static_cast<double>(freedom), 0.5 * chi_squared);
}

LinearFit fit_linear(MatrixView design, VectorView values, VectorView errors) {
  require_fittable(design, values, errors);
  const Vector weights = errors.cwiseInverse();
  const Matrix scaled = weights.asDiagonal() * design;
  const Vector target = weights.cwiseProduct(values);
  const Eigen::ColPivHouseholderQR<Matrix> qr(scaled);
  if (qr.rank() < design.cols()) {
    throw std::invalid_argument(
        "fit: the columns of the design are not independent; use points at more different places");
  }
  LinearFit fit;
  fit.coefficients = qr.solve(target);
  // XᵀWX = P Rᵀ R Pᵀ: the inverse of R is better conditioned than that of the product.
  const Eigen::Index columns = design.cols();
  const Matrix inverse =
      qr.matrixR().topRows(columns).triangularView<Eigen::Upper>().solve(Matrix::Identity(columns, columns));
  const Matrix permuted = qr.colsPermutation() * inverse;
  fit.covariance = permuted * permuted.transpose();
  fit.chi_squared = (target - scaled * fit.coefficients).squaredNorm();
  fit.freedom = values.size() - columns;
  return fit;
}

LinearFit fit_line(VectorView x, VectorView values, VectorView errors) {
  Matrix design(x.size(), 2);
  design << Vector::Ones(x.size()), x;
  return fit_linear(design, values, errors);
}

}  // namespace softmech
