#include <softmech/statistics/autocorrelation.hpp>

#include <softmech/statistics/fourier.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <limits>
#include <stdexcept>
#include <vector>

namespace softmech {

Vector autocovariance(std::span<const double> series, std::int64_t most_lag) {
  const auto count = static_cast<std::int64_t>(series.size());
  if (most_lag < 0 || most_lag >= count)
    throw std::invalid_argument(fmt::format(
        "autocovariance: most_lag = {} of {} values: must be >= 0 and below their number", most_lag, count));
  const Vector values = Eigen::Map<const Vector>(series.data(), count);
  // Zeros keep the ends apart: products reach no further than most_lag across.
  FourierTransform transform(static_cast<std::ptrdiff_t>(
      std::bit_ceil(static_cast<std::size_t>(count + std::max<std::int64_t>(most_lag, 1)))));
  Eigen::Map<Eigen::VectorXcd> padded(transform.values().data(), std::ssize(transform.values()));
  padded.head(count) = (values.array() - values.mean()).cast<std::complex<double>>();
  transform.forward();
  padded = padded.cwiseAbs2().cast<std::complex<double>>();
  transform.backward();
  const auto lags = static_cast<Eigen::Index>(most_lag + 1);
  const Vector pairs = Vector::LinSpaced(lags, static_cast<double>(count), static_cast<double>(count - most_lag));
  return padded.head(lags).real().cwiseQuotient(static_cast<double>(padded.size()) * pairs);
}

std::int64_t Autocorrelation::block() const {
  if (time <= 0.5) return 1;
  const double reach = time - 0.25 / time;
  const auto length = static_cast<std::int64_t>(std::ceil(std::cbrt(1.5 * reach * reach * static_cast<double>(count))));
  return std::clamp<std::int64_t>(length, 1, count);
}

Autocorrelation autocorrelation(std::span<const double> series, double stretch) {
  if (series.size() < 4)
    throw std::invalid_argument(fmt::format("autocorrelation of {} values: must be at least 4", series.size()));
  if (!std::all_of(series.begin(), series.end(), [](double value) { return std::isfinite(value); }))
    throw std::invalid_argument("autocorrelation: the series has a value that is not finite; leave out such runs");
  if (!(stretch > 0))
    throw std::invalid_argument(fmt::format("autocorrelation: stretch = {}: must be > 0; try 1.5", stretch));

  Autocorrelation result;
  result.count = static_cast<std::int64_t>(series.size());
  result.mean = Eigen::Map<const Vector>(series.data(), result.count).mean();
  const auto [low, high] = std::minmax_element(series.begin(), series.end());
  if (*low == *high) return result;

  const auto n = static_cast<double>(result.count);
  const std::int64_t most_lag = result.count / 2;
  const Vector covariance = autocovariance(series, most_lag);
  double sum = covariance[0];  // Γ(0) + 2 Σ Γ(t)
  bool closed = false;
  while (!closed && result.window < most_lag) {
    const auto lag = static_cast<double>(++result.window);
    sum += 2 * covariance[result.window];
    const double tau = 0.5 * sum / covariance[0];
    const double decay = tau > 0.5 ? stretch / std::log((2 * tau + 1) / (2 * tau - 1)) : 0.0;
    // Where values alternate, even lags end on the safe side.
    closed = decay == 0 ? result.window % 2 == 0 : std::exp(-lag / decay) < decay / std::sqrt(lag * n);
  }
  const auto window = static_cast<double>(result.window);
  // Noise can cut an alternating sum off below zero: then the uncorrelated error is a bound.
  const double total = sum > 0 ? sum : covariance[0];
  result.error = std::sqrt(total * (1 + (2 * window + 1) / n) / n);
  result.time = 0.5 * total * (1 + (2 * window + 1) / n) / (covariance[0] + total / n);
  result.time_error = result.time * std::sqrt(4 * std::max(0.0, window + 0.5 - result.time) / n);
  result.long_enough = closed && sum > 0 && n >= 100 * result.time;
  return result;
}

}  // namespace softmech
