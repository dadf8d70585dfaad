#include <softmech/scaling/smooth_curve.hpp>

#include <fmt/format.h>

#include <limits>
#include <stdexcept>

namespace softmech {

SmoothCurve::SmoothCurve(VectorView x, VectorView y, VectorView error)
    : x_(x), variance_(error.array().square()), line_(x.size(), 2) {
  if (x.size() < 2) throw std::invalid_argument(fmt::format("{} points at one size: must be at least 2", x.size()));
  center_ = 0.5 * (low() + high());
  radius_ = 0.5 * (high() - low());
  line_.col(0).setOnes();
  line_.col(1) = (x.array() - center_) / radius_;
  Smoothness best;
  if (x.size() >= 4) {
    const double spread = std::sqrt((y.array() - y.mean()).square().mean());
    double most = log_likelihood(best, y);
    double amplitude = spread, length = 1, amplitude_step = 2.5, length_step = 1.6;
    for (int round = 0; round < 3; ++round) {
      const Smoothness middle = round == 0 ? Smoothness{amplitude, length} : best;
      if (round > 0 && best.amplitude == 0) break;
      for (int i = -5; i <= 5; ++i) {
        for (int k = -5; k <= 5; ++k) {
          const Smoothness tried{middle.amplitude * std::pow(amplitude_step, i),
                                 middle.length * std::pow(length_step, k)};
          const double value = log_likelihood(tried, y);
          if (value > most) most = value, best = tried;
        }
      }
      amplitude_step = std::pow(amplitude_step, 0.2), length_step = std::pow(length_step, 0.2);
    }
  }
  factor(best);
  set(y);
}

void SmoothCurve::factor(const Smoothness& smoothness) {
  smoothness_ = smoothness;
  Matrix covariance = variance_.asDiagonal();
  for (Eigen::Index i = 0; i < x_.size(); ++i) {
    for (Eigen::Index k = 0; k < x_.size(); ++k) {
      const double u = (x_[i] - x_[k]) / (radius_ * smoothness.length);
      covariance(i, k) += smoothness.amplitude * smoothness.amplitude * std::exp(-0.5 * u * u);
    }
  }
  covariance_.compute(covariance);
  precision_.compute(line_.transpose() * covariance_.solve(line_));
}

double SmoothCurve::log_likelihood(const Smoothness& smoothness, VectorView y) {
  factor(smoothness);
  if (covariance_.info() != Eigen::Success || precision_.info() != Eigen::Success)
    return -std::numeric_limits<double>::infinity();
  set(y);
  const auto log_root = [](const auto& llt) { return llt.matrixLLT().diagonal().array().log().sum(); };
  return -0.5 * weights_.dot(y - line_ * coefficients_) - log_root(covariance_) - log_root(precision_);
}

void SmoothCurve::set(VectorView y) {
  coefficients_ = precision_.solve(line_.transpose() * covariance_.solve(y));
  weights_ = covariance_.solve(y - line_ * coefficients_);
}

double SmoothCurve::at(double x) const {
  double value = coefficients_[0] + coefficients_[1] * unit(x);
  const double square = smoothness_.amplitude * smoothness_.amplitude;
  for (Eigen::Index i = 0; i < x_.size(); ++i) {
    const double u = (x - x_[i]) / (radius_ * smoothness_.length);
    value += weights_[i] * square * std::exp(-0.5 * u * u);
  }
  return value;
}

double SmoothCurve::derivative(double x) const {
  double value = coefficients_[1] / radius_;
  const double square = smoothness_.amplitude * smoothness_.amplitude, scale = radius_ * smoothness_.length;
  for (Eigen::Index i = 0; i < x_.size(); ++i) {
    const double u = (x - x_[i]) / scale;
    value -= weights_[i] * square * std::exp(-0.5 * u * u) * u / scale;
  }
  return value;
}

}  // namespace softmech
