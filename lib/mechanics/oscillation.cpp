#include <softmech/mechanics/oscillation.hpp>

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

/// Γ and ω, times the sampling interval. (Sizes are dynamic: fixed ones take half a minute to compile.)
using Rates = Vector;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

Rates prony(VectorView samples) {
  const Eigen::Index count = samples.size() - 2;
  Matrix earlier(count, 2);
  earlier << samples.segment(1, count), samples.head(count);
  const Vector c = earlier.colPivHouseholderQr().solve(samples.tail(count));
  const double decay = std::sqrt(-c[1]);  // e^{-Γ·interval}; NaN unless the roots are complex
  const double cosine = c[0] / (2 * decay);
  if (!(std::abs(cosine) < 1)) return Rates::Constant(2, not_a_number);
  return Vector{{-std::log(decay), std::acos(cosine)}};
}

/// What the best amplitudes leave of the samples at given rates.
Vector residual(VectorView samples, const Rates& rates) {
  Matrix basis(samples.size(), 5);
  for (Eigen::Index k = 0; k < samples.size(); ++k) {
    const double decay = std::exp(-rates[0] * static_cast<double>(k)), phase = rates[1] * static_cast<double>(k);
    basis.row(k) << decay * std::cos(phase), decay * std::sin(phase), decay * decay,
        decay * decay * std::cos(2 * phase), decay * decay * std::sin(2 * phase);
  }
  return samples - basis * basis.colPivHouseholderQr().solve(samples);
}

}  // namespace

double oscillation_frequency(VectorView samples, double interval) {
  if (samples.size() < 8)
    throw std::invalid_argument(fmt::format("{} samples of an oscillation: must be at least 8", samples.size()));
  Rates rates = prony(samples);
  if (!rates.allFinite()) return not_a_number;

  constexpr double difference = 1e-6;
  for (int iteration = 0; iteration < 6; ++iteration) {
    const Vector here = residual(samples, rates);
    Matrix jacobian(samples.size(), 2);
    for (int i = 0; i < 2; ++i) {
      Rates ahead = rates, behind = rates;
      ahead[i] += difference;
      behind[i] -= difference;
      jacobian.col(i) = (residual(samples, ahead) - residual(samples, behind)) / (2 * difference);
    }
    rates -= jacobian.colPivHouseholderQr().solve(here);
    if (!rates.allFinite()) return not_a_number;
  }
  return rates.norm() / interval;
}

}  // namespace softmech
