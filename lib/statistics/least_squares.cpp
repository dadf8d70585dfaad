#include <softmech/statistics/least_squares.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unsupported/Eigen/NonLinearOptimization>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>
#include <vector>

namespace softmech {

namespace {

/// χ² as the squared length of residuals: those of the values, made independent with unit errors by `whiten`.
class Residuals {
 public:
  using Whiten = std::function<Matrix(const Matrix&)>;

  Residuals(const FitModel& model, VectorView values, Eigen::Index coefficients, Whiten whiten,
            const FitJacobian& jacobian)
      : model_(model), values_(values), coefficients_(coefficients), whiten_(std::move(whiten)), jacobian_(jacobian) {}

  // What Eigen's solver calls.
  Eigen::Index inputs() const { return coefficients_; }
  Eigen::Index values() const { return values_.size(); }
  int operator()(const Vector& c, Vector& residuals) const {
    residuals = at(c);
    // A step to where the model has no value is a bad step: the solver goes back and tries a shorter one.
    if (!residuals.allFinite()) residuals.setConstant(1e100);
    return 0;
  }
  int df(const Vector& c, Matrix& jacobian) const {
    jacobian = whiten_(jacobian_ ? checked(jacobian_(c)) : differences(c));
    return 0;
  }

  Vector at(const Vector& c) const { return whiten_(prediction(c) - values_); }

 private:
  Vector prediction(const Vector& c) const {
    Vector y = model_(c);
    if (y.size() != values_.size())
      throw std::invalid_argument(fmt::format("fit: the model gives {} values for {}", y.size(), values_.size()));
    return y;
  }

  Matrix checked(Matrix jacobian) const {
    if (jacobian.rows() != values_.size() || jacobian.cols() != coefficients_)
      throw std::invalid_argument(fmt::format("fit: a Jacobian of {} × {} for {} values and {} coefficients",
                                              jacobian.rows(), jacobian.cols(), values_.size(), coefficients_));
    return jacobian;
  }

  Matrix differences(const Vector& c) const {
    static const double relative = std::cbrt(std::numeric_limits<double>::epsilon());
    Matrix jacobian(values_.size(), coefficients_);
    Vector moved = c;
    for (Eigen::Index j = 0; j < coefficients_; ++j) {
      const double step = c[j] == 0 ? relative : relative * std::abs(c[j]);
      moved[j] = c[j] + step;
      jacobian.col(j) = prediction(moved);
      moved[j] = c[j] - step;
      jacobian.col(j) = (jacobian.col(j) - prediction(moved)) / (2 * step);
      moved[j] = c[j];
    }
    return jacobian;
  }

  const FitModel& model_;
  Vector values_;
  Eigen::Index coefficients_;
  Whiten whiten_;
  const FitJacobian& jacobian_;
};

/// (JᵀJ)⁻¹ from the columns scaled to length 1, so that units do not matter.
Matrix covariance_of(const Matrix& jacobian) {
  const Vector scale = jacobian.colwise().norm();
  const Eigen::Index count = jacobian.cols();
  if (!jacobian.allFinite()) throw std::runtime_error("fit: the model's derivatives are not finite at the minimum");
  std::vector<Eigen::Index> idle;
  for (Eigen::Index j = 0; j < count; ++j) {
    if (!(scale[j] > 0)) idle.push_back(j);
  }
  if (!idle.empty())
    throw std::runtime_error(fmt::format("fit: the values do not depend on coefficients {}; fix them", idle));
  const Eigen::JacobiSVD<Matrix> svd(jacobian * scale.cwiseInverse().asDiagonal(), Eigen::ComputeThinV);
  if (svd.singularValues()[count - 1] < 1e-8 * svd.singularValues()[0]) {
    for (Eigen::Index j = 0; j < count; ++j) {
      if (std::abs(svd.matrixV()(j, count - 1)) > 0.1) idle.push_back(j);
    }
    throw std::runtime_error(
        fmt::format("fit: the values determine only a combination of coefficients {}; fix one of them", idle));
  }
  const Matrix root =
      scale.cwiseInverse().asDiagonal() * svd.matrixV() * svd.singularValues().cwiseInverse().asDiagonal();
  return root * root.transpose();
}

LeastSquaresFit minimize(const Residuals& residuals, VectorView start, const LeastSquaresSettings& settings) {
  if (!residuals.at(start).allFinite())
    throw std::invalid_argument(
        fmt::format("fit: the model is not finite at the start ({}); try another one", fmt::join(start, ", ")));
  Eigen::LevenbergMarquardt<const Residuals> solver(residuals);
  solver.parameters.ftol = solver.parameters.xtol = 1e-15;
  solver.parameters.maxfev = settings.evaluations;
  Vector coefficients = start;
  const auto status = solver.minimize(coefficients);
  if (status == Eigen::LevenbergMarquardtSpace::TooManyFunctionEvaluation)
    throw std::runtime_error(fmt::format(
        "fit: no minimum after {} evaluations (χ² = {:.6g} at {}); start nearer, or check that all coefficients matter",
        solver.nfev, solver.fnorm * solver.fnorm, fmt::join(coefficients, ", ")));
  Matrix jacobian;
  residuals.df(coefficients, jacobian);
  LeastSquaresFit fit;
  fit.coefficients = coefficients;
  fit.covariance = covariance_of(jacobian);
  fit.chi_squared = residuals.at(coefficients).squaredNorm();
  fit.freedom = residuals.values() - residuals.inputs();
  return fit;
}

void require_enough(VectorView values, Eigen::Index errors, VectorView start, const LeastSquaresSettings& settings) {
  if (errors != values.size())
    throw std::invalid_argument(
        fmt::format("fit: {} values and {} errors must be equally many", values.size(), errors));
  if (start.size() < 1 || values.size() < start.size())
    throw std::invalid_argument(
        fmt::format("fit: {} values cannot determine {} coefficients; give more points", values.size(), start.size()));
  if (!values.allFinite()) throw std::invalid_argument("fit: values must be finite");
  if (settings.evaluations < 1)
    throw std::invalid_argument(fmt::format("fit: evaluations = {}: must be >= 1; try 2000", settings.evaluations));
}

}  // namespace

LeastSquaresFit fit_least_squares(const FitModel& model, VectorView values, VectorView errors, VectorView start,
                                  const LeastSquaresSettings& settings) {
  require_enough(values, errors.size(), start, settings);
  require_errors(errors);
  const Vector weights = errors.cwiseInverse();
  const auto whiten = [&](const Matrix& x) -> Matrix { return weights.asDiagonal() * x; };
  return minimize({model, values, start.size(), whiten, settings.jacobian}, start, settings);
}

LeastSquaresFit fit_least_squares_correlated(const FitModel& model, VectorView values, MatrixView covariance,
                                             VectorView start, const LeastSquaresSettings& settings) {
  require_enough(values, covariance.rows(), start, settings);
  if (covariance.cols() != covariance.rows())
    throw std::invalid_argument(
        fmt::format("fit: a covariance of {} × {}: must be square", covariance.rows(), covariance.cols()));
  const Eigen::LLT<Matrix> factor(covariance);
  if (factor.info() != Eigen::Success)
    throw std::invalid_argument(
        "fit: the covariance of the values is not positive definite; it needs more samples than values, or use errors "
        "alone");
  const auto whiten = [&](const Matrix& x) -> Matrix { return factor.matrixL().solve(x); };
  return minimize({model, values, start.size(), whiten, settings.jacobian}, start, settings);
}

}  // namespace softmech
