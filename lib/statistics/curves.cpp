#include <softmech/statistics/curves.hpp>

#include <softmech/statistics/fit.hpp>

#include <boost/math/tools/minima.hpp>
#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <stdexcept>

namespace softmech {

namespace {

/// The best amplitude a of y = a·shape, and its χ².
struct Amplitude {
  double a, chi_squared;
};

Amplitude amplitude(const Vector& shape, VectorView values, const Vector& weights) {
  const double a = values.dot(weights.cwiseProduct(shape)) / shape.dot(weights.cwiseProduct(shape));
  return {a, (values - a * shape).cwiseAbs2().dot(weights)};
}

/// The lowest point of f between `low` and `high`: a scan, then Brent's method beside its lowest point.
double minimum(const std::function<double(double)>& f, double low, double high) {
  constexpr int intervals = 60;
  const double step = (high - low) / intervals;
  int best = 0;
  double lowest = f(low);
  for (int i = 1; i <= intervals; ++i) {
    const double value = f(low + i * step);
    if (value < lowest) lowest = value, best = i;
  }
  const double left = low + std::max(0, best - 1) * step, right = low + std::min(intervals, best + 1) * step;
  const auto [place, value] = boost::math::tools::brent_find_minima(f, left, right, 32);
  return value <= lowest ? place : low + best * step;
}

/// (x/x₀)^b about the geometric middle x₀, where a and b are least entangled.
Vector power_shape(const Vector& log_x, double b) { return (b * (log_x.array() - log_x.mean())).exp(); }

/// (1 − e^{−bx})/(1 − e^{−bx_max}): finite also for b → 0.
Vector saturation_shape(VectorView x, double b) {
  const double norm = -std::expm1(-b * x.maxCoeff());
  return x.unaryExpr([b, norm](double each) { return -std::expm1(-b * each) / norm; });
}

CurveFit fit_power(VectorView x, VectorView values, const Vector& weights) {
  const Vector log_x = x.array().log();
  const double steepest = 30 / (log_x.maxCoeff() - log_x.minCoeff());
  const auto chi_squared = [&](double b) { return amplitude(power_shape(log_x, b), values, weights).chi_squared; };
  const double b = minimum(chi_squared, -steepest, steepest);
  const Amplitude best = amplitude(power_shape(log_x, b), values, weights);
  return {Curve::power, best.a * std::exp(-b * log_x.mean()), b, best.chi_squared};
}

CurveFit fit_saturation(VectorView x, VectorView values, const Vector& weights) {
  const auto chi_squared = [&](double log_b) {
    return amplitude(saturation_shape(x, std::exp(log_b)), values, weights).chi_squared;
  };
  const double b = std::exp(minimum(chi_squared, std::log(1e-4 / x.maxCoeff()), std::log(50 / x.minCoeff())));
  const Amplitude best = amplitude(saturation_shape(x, b), values, weights);
  return {Curve::saturation, -best.a / std::expm1(-b * x.maxCoeff()), b, best.chi_squared};
}

}  // namespace

std::string_view name(Curve curve) {
  constexpr std::array<std::string_view, 4> names{"constant", "logarithm", "power", "saturation"};
  return names.at(static_cast<std::size_t>(curve));
}

int coefficient_count(Curve curve) { return curve == Curve::constant ? 1 : 2; }

double CurveFit::at(double x) const {
  switch (curve) {
    case Curve::logarithm:
      return a + b * std::log(x);
    case Curve::power:
      return a * std::pow(x, b);
    case Curve::saturation:
      return -a * std::expm1(-b * x);
    case Curve::constant:
      break;
  }
  return a;
}

Vector CurveFit::at(VectorView x) const {
  return x.unaryExpr([this](double each) { return at(each); });
}

CurveFit fit_curve(Curve curve, VectorView x, VectorView values, VectorView errors) {
  if (x.size() != values.size())
    throw std::invalid_argument(fmt::format("fit: {} values at {} places", values.size(), x.size()));
  for (const double each : x) {
    if (!(each > 0 && std::isfinite(each)))
      throw std::invalid_argument(fmt::format("fit: x = {}: must be > 0 and finite", each));
  }
  // The linear laws also check sizes, errors and that x takes two values.
  const LinearFit linear = curve == Curve::constant ? fit_linear(Matrix::Ones(x.size(), 1), values, errors)
                                                    : fit_line(x.array().log().matrix(), values, errors);
  const Vector weights = errors.cwiseAbs2().cwiseInverse();
  if (curve == Curve::power) return fit_power(x, values, weights);
  if (curve == Curve::saturation) return fit_saturation(x, values, weights);
  return {curve, linear.coefficients[0], curve == Curve::constant ? 0 : linear.coefficients[1], linear.chi_squared};
}

}  // namespace softmech
