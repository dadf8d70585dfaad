// A correlated series whose autocorrelation time is known exactly.
#pragma once

#include <softmech/ensemble/random.hpp>

#include <cmath>
#include <cstdint>
#include <vector>

namespace softmech {

/// a of the process x' = a x + √(1−a²) ξ with τ = ½ (1+a)/(1−a).
inline double coefficient_of(double tau) { return (2 * tau - 1) / (2 * tau + 1); }

/// A stationary series of mean 0 and variance 1 with τ = ½ + Σ a^t = ½ (1+a)/(1−a).
inline std::vector<double> autoregressive(double tau, std::size_t count, std::uint32_t member) {
  RandomStream random(20, member, "autoregressive");
  const double a = coefficient_of(tau), noise = std::sqrt(1 - a * a);
  std::vector<double> series(count);
  double x = random.normal();
  for (double& value : series) value = x, x = a * x + noise * random.normal();
  return series;
}

/// The standard deviation of the mean of that series: ⟨x̄²⟩ = ((1+a)/(1−a) − 2a(1−a^N)/(N(1−a)²))/N.
inline double error_of_mean(double tau, std::size_t count) {
  const double a = coefficient_of(tau), n = static_cast<double>(count);
  return std::sqrt(((1 + a) / (1 - a) - 2 * a * (1 - std::pow(a, n)) / (n * (1 - a) * (1 - a))) / n);
}

}  // namespace softmech
