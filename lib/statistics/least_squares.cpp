#include <softmech/statistics/least_squares.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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

  Eigen::Index count() const { return values_.size(); }
  Vector at(const Vector& c) const { return whiten_(prediction(c) - values_); }
  Matrix jacobian(const Vector& c) const {
    Matrix jacobian = whiten_(jacobian_ ? checked(jacobian_(c)) : differences(c));
    if (!jacobian.allFinite())
      throw std::runtime_error(
          fmt::format("fit: the derivatives of the model are not finite at ({}); start elsewhere", fmt::join(c, ", ")));
    return jacobian;
  }

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

/// The step h that minimizes |r + J h|² + damping |D h|².
Vector damped_step(const Matrix& jacobian, const Vector& residuals, const Vector& scale, double damping) {
  const Eigen::Index values = jacobian.rows(), coefficients = jacobian.cols();
  Matrix stacked(values + coefficients, coefficients);
  stacked.topRows(values) = jacobian * scale.cwiseInverse().asDiagonal();
  stacked.bottomRows(coefficients) = std::sqrt(damping) * Matrix::Identity(coefficients, coefficients);
  Vector target = Vector::Zero(values + coefficients);
  target.head(values) = -residuals;
  return stacked.colPivHouseholderQr().solve(target).cwiseQuotient(scale);
}

LeastSquaresFit minimize(const Residuals& model, VectorView start, const LeastSquaresSettings& settings) {
  Vector c = start, residuals = model.at(c);
  if (!residuals.allFinite())
    throw std::invalid_argument(
        fmt::format("fit: the model is not finite at the start ({}); try another one", fmt::join(start, ", ")));
  Matrix jacobian = model.jacobian(c);
  Vector scale = Vector::Zero(c.size());  // the longest columns so far: units do not matter
  double damping = 1e-3, growth = 2;
  bool converged = false;
  for (int evaluation = 1; !converged && evaluation < settings.evaluations; ++evaluation) {
    scale = scale.cwiseMax(jacobian.colwise().norm().transpose());
    const Vector lengths = (scale.array() > 0).select(scale, 1.0);
    const Vector step = damped_step(jacobian, residuals, lengths, damping);
    const double before = residuals.squaredNorm(), reach = (jacobian * step).squaredNorm();
    const double damped = damping * lengths.cwiseProduct(step).squaredNorm();
    // No further: below 1e-9 of the scatter, or at the rounding of the coefficients.
    converged = reach <= 1e-18 * before || lengths.cwiseProduct(step).norm() <= 1e-13 * lengths.cwiseProduct(c).norm();
    const Vector next = model.at(c + step);
    const double gain = (before - next.squaredNorm()) / (reach + 2 * damped);
    if (gain > 0) {
      c += step;
      residuals = next;
      jacobian = model.jacobian(c);
      damping *= std::max(1.0 / 3, 1 - std::pow(2 * gain - 1, 3));
      growth = 2;
    } else {  // also where the model has no value
      damping *= growth;
      growth *= 2;
    }
  }
  if (!converged)
    throw std::runtime_error(fmt::format(
        "fit: no minimum after {} evaluations (χ² = {:.6g} at {}); start nearer, or check that all coefficients matter",
        settings.evaluations, residuals.squaredNorm(), fmt::join(c, ", ")));
  LeastSquaresFit fit;
  fit.coefficients = c;
  fit.covariance = covariance_of(jacobian);
  fit.chi_squared = residuals.squaredNorm();
  fit.freedom = model.count() - c.size();
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
