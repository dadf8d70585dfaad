#include <softmech/scaling/gaussian_process.hpp>

#include <softmech/statistics/bootstrap.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <span>

namespace softmech {

namespace {

double standard_deviation(const Vector& values) { return std::sqrt((values.array() - values.mean()).square().mean()); }

void add_hyperparameters(const ScalingData& data, const ScalingSeries& series,
                         std::vector<ScalingParameter>& parameters) {
  const std::string of = data.series.size() == 1 ? "" : fmt::format("({})", series.name);
  const double error = median(std::span(series.error.data(), static_cast<std::size_t>(series.error.size())));
  const double log_error = std::log(error);
  const double log_y = std::log(std::max(standard_deviation(series.y), error));
  const double log_x = std::log(standard_deviation(data.x));
  const double thousand = std::log(1000.0), hundred = std::log(100.0);
  parameters.push_back({"log_amplitude" + of, log_y - thousand, log_y + thousand, log_y, 0.4});
  parameters.push_back({"log_length" + of, log_x - hundred, log_x + hundred, log_x, 0.4});
  parameters.push_back({"log_noise" + of, log_error - thousand, log_y, log_error - 2, 0.6});
}

/// Σ of the points, to be followed by factorize().
void fill(const Collapsed& points, const GaussianProcess& process, Vector& variance, CovarianceFactor& factor) {
  variance = points.error.array().square() + std::exp(2 * process.log_noise);
  factor.fill_squared_exponential(points.x, std::exp(process.log_amplitude), std::exp(process.log_length), variance);
}

}  // namespace

CollapseLikelihood::CollapseLikelihood(const Ansatz& ansatz, const ScalingData& data)
    : ansatz_(&ansatz), data_(&data), parameters_(ansatz.parameters()) {
  for (const ScalingSeries& series : data.series) add_hyperparameters(data, series, parameters_);
}

double CollapseLikelihood::operator()(VectorView parameters) {
  constexpr double impossible = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const double value = parameters[static_cast<Eigen::Index>(i)];
    if (!(value >= parameters_[i].low && value <= parameters_[i].high)) return impossible;
  }
  double sum = 0;
  for (std::size_t series = 0; series < data_->series.size(); ++series) {
    ansatz_->collapse(parameters.head(ansatz_->parameter_count()), *data_, series, collapsed_);
    sum += log_density(gaussian_process(*ansatz_, series, parameters));
  }
  return std::isfinite(sum) ? sum : impossible;
}

double CollapseLikelihood::log_density(const GaussianProcess& process) {
  const Eigen::Index points = collapsed_.x.size();
  enum { values, ones };
  factor_.resize(points, 2);
  fill(collapsed_, process, variance_, factor_);
  for (Eigen::Index i = 0; i < points; ++i) {
    factor_.component(values, i) = collapsed_.y[i];
    factor_.component(ones, i) = 1;
  }
  if (!factor_.factorize()) return -std::numeric_limits<double>::infinity();
  const double yy = factor_.product(values, values), y1 = factor_.product(values, ones);
  const double precision = factor_.product(ones, ones);
  const double log_2_pi = std::log(2 * std::numbers::pi);
  return -0.5 * (yy - y1 * y1 / precision + factor_.log_determinant() + std::log(precision) +
                 static_cast<double>(points - 1) * log_2_pi) +
         collapsed_.log_jacobian;
}

GaussianProcess gaussian_process(const Ansatz& ansatz, std::size_t series, VectorView parameters) {
  const Eigen::Index first = ansatz.parameter_count() + 3 * static_cast<Eigen::Index>(series);
  return {parameters[first], parameters[first + 1], parameters[first + 2]};
}

// Best linear unbiased prediction with an unknown mean: μ = 1ᵀΣ⁻¹Y/1ᵀΣ⁻¹1, Y(X) = μ + kᵀΣ⁻¹(Y − μ1), and the variance
// A² − kᵀΣ⁻¹k + (1 − 1ᵀΣ⁻¹k)²/1ᵀΣ⁻¹1 (Rasmussen & Williams 2006, eqs. 2.41–2.42), with k the covariances with the
// points.
ScalingFunction scaling_function(const Ansatz& ansatz, const ScalingData& data, std::size_t series,
                                 VectorView parameters, VectorView x) {
  Collapsed points;
  ansatz.collapse(parameters.head(ansatz.parameter_count()), data, series, points);
  const GaussianProcess process = gaussian_process(ansatz, series, parameters);
  const double square_amplitude = std::exp(2 * process.log_amplitude), length = std::exp(process.log_length);

  enum { values, ones, first_place };
  CovarianceFactor factor;
  Vector variance;
  factor.resize(points.x.size(), first_place + x.size());
  fill(points, process, variance, factor);
  for (Eigen::Index i = 0; i < points.x.size(); ++i) {
    factor.component(values, i) = points.y[i];
    factor.component(ones, i) = 1;
    for (Eigen::Index place = 0; place < x.size(); ++place) {
      const double lengths = (x[place] - points.x[i]) / length;
      factor.component(first_place + place, i) = square_amplitude * std::exp(-0.5 * lengths * lengths);
    }
  }
  if (!factor.factorize())
    throw std::invalid_argument("the covariance of the scaling function is singular at these parameters: take others");

  const double precision = factor.product(ones, ones), mean = factor.product(values, ones) / precision;
  ScalingFunction out{x, Vector(x.size()), Vector(x.size())};
  for (Eigen::Index place = 0; place < x.size(); ++place) {
    const Eigen::Index k = first_place + place;
    const double missing = 1 - factor.product(ones, k);
    out.y[place] = factor.product(values, k) + mean * missing;
    const double square = square_amplitude - factor.product(k, k) + missing * missing / precision;
    out.error[place] = std::sqrt(std::max(0.0, square));
  }
  return out;
}

}  // namespace softmech
