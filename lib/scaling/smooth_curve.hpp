// A smooth curve through noisy points of one size, and other values at the same places seen through the same
// smoothness.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <Eigen/Cholesky>

#include <cmath>
#include <optional>

namespace softmech {

/// A Gaussian process about a straight line (universal kriging; Rasmussen & Williams, Gaussian Processes for Machine
/// Learning, 2006, section 2.7): covariance A² exp(−(x − x')²/2ℓ²) beside the errors, A and ℓ of the largest restricted
/// likelihood of the values given first. Fewer than 4 points have a line alone. How smooth the curve is follows from
/// the data, and what smoothing errs by is below their errors.
class SmoothCurve {
 public:
  /// Points in the order of x, errors > 0. Throws std::invalid_argument for fewer than two.
  SmoothCurve(VectorView x, VectorView y, VectorView error);

  /// Takes other values at the same places, with the same errors and smoothness.
  void set(VectorView y);
  double at(double x) const;
  double derivative(double x) const;
  double low() const { return x_[0]; }
  double high() const { return x_[x_.size() - 1]; }

 private:
  struct Smoothness {
    double amplitude = 0, length = 1;
  };
  void factor(const Smoothness& smoothness);
  double log_likelihood(const Smoothness& smoothness, VectorView y);
  double unit(double x) const { return (x - center_) / radius_; }

  Vector x_, variance_;
  double center_ = 0, radius_ = 1;
  Smoothness smoothness_;
  Eigen::LLT<Matrix> covariance_;
  Matrix line_;                   ///< columns 1 and unit(x)
  Eigen::LLT<Matrix> precision_;  ///< of the line's coefficients
  Vector weights_;                ///< Σ⁻¹(y − line)
  Eigen::Vector2d coefficients_ = Eigen::Vector2d::Zero();
};

/// The zero of f in [low, high] nearest to `near`, from sign changes on a grid of 200 intervals refined by bisection.
template <class F>
std::optional<double> nearest_zero(const F& f, double low, double high, double near) {
  constexpr int intervals = 200;
  std::optional<double> found;
  double left = low, f_left = f(low);
  for (int i = 1; i <= intervals; ++i) {
    const double right = low + (high - low) * i / intervals, f_right = f(right);
    if (f_left == 0 || (f_left < 0) != (f_right < 0)) {
      double a = left, b = right;
      for (int step = 0; step < 50; ++step) {
        const double middle = 0.5 * (a + b);
        ((f(middle) < 0) == (f_left < 0) ? a : b) = middle;
      }
      const double zero = 0.5 * (a + b);
      if (!found || std::abs(zero - near) < std::abs(*found - near)) found = zero;
    }
    left = right, f_left = f_right;
  }
  return found;
}

}  // namespace softmech
