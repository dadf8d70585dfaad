#include <softmech/scaling/extrapolation.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace softmech {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// Generalized least squares at a given e.
struct AtExponent {
  double exponent, value, variance, chi_squared, log_weight;
};

AtExponent fit_at(double e, VectorView size, const Vector& whitened, const Eigen::LLT<Matrix>& covariance) {
  Matrix design(size.size(), 2);
  design.col(0).setOnes();
  design.col(1) = (size.array() / size.minCoeff()).pow(-e);  // A is then the drift at the smallest size, whatever e
  covariance.matrixL().solveInPlace(design);
  const Matrix inverse = (design.transpose() * design).inverse();
  const Vector coefficients = inverse * (design.transpose() * whitened);
  const double chi_squared = (whitened - design * coefficients).squaredNorm();
  return {e, coefficients[0], inverse(0, 0), chi_squared, -0.5 * chi_squared + 0.5 * std::log(inverse.determinant())};
}

/// Normal distributions with weights. Far drifts have long tails: quantiles, not the variance, tell the width.
struct Mixture {
  struct Part {
    double weight, mean, error;
  };
  std::vector<Part> parts;
  double total = 0;

  void add(double weight, double mean, double error) {
    parts.push_back({weight, mean, error});
    total += weight;
  }
  double below(double x) const {
    double sum = 0;
    for (const Part& part : parts)
      sum += part.weight * 0.5 * std::erfc((part.mean - x) / (part.error * std::sqrt(2.0)));
    return sum / total;
  }
  double quantile(double probability) const {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Part& part : parts) {
      low = std::min(low, part.mean - 10 * part.error);
      high = std::max(high, part.mean + 10 * part.error);
    }
    for (int step = 0; step < 80; ++step) {
      const double middle = 0.5 * (low + high);
      (below(middle) < probability ? low : high) = middle;
    }
    return 0.5 * (low + high);
  }
};

}  // namespace

Extrapolation extrapolate(VectorView size, VectorView values, MatrixView covariance) {
  const Eigen::Index n = size.size();
  if (n < 1 || values.size() != n || covariance.rows() != n || covariance.cols() != n)
    throw std::invalid_argument("extrapolation: sizes, values and their covariance must belong together");
  if (n == 1) return {values[0], std::sqrt(covariance(0, 0)), unknown, unknown, 0, false};
  const Eigen::LLT<Matrix> root(covariance);
  if (root.info() != Eigen::Success || size.minCoeff() == size.maxCoeff())
    throw std::invalid_argument("extrapolation: the covariance must be positive definite, and sizes must differ");
  const Vector whitened = root.matrixL().solve(values);
  constexpr int steps = 48;
  std::vector<AtExponent> fits;
  double best = -std::numeric_limits<double>::infinity(), least = std::numeric_limits<double>::infinity();
  for (int i = 0; i <= steps; ++i) {
    fits.push_back(fit_at(0.25 * std::pow(16.0, static_cast<double>(i) / steps), size, whitened, root));
    best = std::max(best, fits.back().log_weight);
    least = std::min(least, fits.back().chi_squared);
  }
  Mixture limits;
  double e = 0, e_square = 0;
  for (const AtExponent& fit : fits) {
    const double weight = std::exp(fit.log_weight - best);
    limits.add(weight, fit.value, std::sqrt(fit.variance));
    e += weight * fit.exponent;
    e_square += weight * fit.exponent * fit.exponent;
  }
  e /= limits.total, e_square /= limits.total;
  // No drift has a coefficient less; the weights of drifts are on the scale where the best χ² has e^{−χ²/2}.
  const Vector ones = root.matrixL().solve(Vector::Ones(n));
  const double steady = ones.dot(whitened) / ones.squaredNorm();
  const double steady_chi_squared = (whitened - steady * ones).squaredNorm();
  limits.add(limits.total * std::exp(1 - 0.5 * (steady_chi_squared - least)), steady, 1 / ones.norm());
  const double low = limits.quantile(0.1587), high = limits.quantile(0.8413);
  return {limits.quantile(0.5), 0.5 * (high - low), e, std::sqrt(std::max(0.0, e_square - e * e)), least, true};
}

}  // namespace softmech
