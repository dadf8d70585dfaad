#include <softmech/goldstone/periodogram.hpp>

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <stdexcept>

namespace softmech {

using std::numbers::pi;

namespace {

Vector hann(Eigen::Index count) {
  Vector taper(count);
  for (Eigen::Index n = 0; n < count; ++n)
    taper[n] = 1 - std::cos(2 * pi * static_cast<double>(n) / static_cast<double>(count));
  return taper / taper.norm();
}

/// Σ_m w_m w_{m+n}, by transforms of twice the length.
Vector overlaps(const Vector& taper) {
  const Eigen::Index count = taper.size();
  FourierTransform transform(2 * count);
  const auto values = transform.values();
  for (Eigen::Index n = 0; n < count; ++n) values[n] = taper[n];
  transform.forward();
  for (auto& value : values) value = std::norm(value);
  transform.backward();
  Vector overlap(count);
  for (Eigen::Index n = 0; n < count; ++n) overlap[n] = values[n].real() / static_cast<double>(2 * count);
  return overlap;
}

}  // namespace

Periodogram::Periodogram(Eigen::Index count, double interval)
    : interval_(interval),
      resolution_(2 * pi / (static_cast<double>(count) * interval)),
      taper_(hann(count)),
      overlap_(overlaps(taper_)),
      transform_(count) {
  if (count < 8)
    throw std::invalid_argument(fmt::format("periodogram of {} values: must be >= 8; record more snapshots", count));
  if (!(interval > 0)) throw std::invalid_argument(fmt::format("interval = {}: must be > 0", interval));
}

double Periodogram::frequency(Eigen::Index bin) const {
  return static_cast<double>(2 * bin <= count() ? bin : bin - count()) * resolution_;
}

Vector Periodogram::of(std::span<const std::complex<double>> record) {
  std::complex<double> mean = 0;
  for (Eigen::Index n = 0; n < count(); ++n) mean += taper_[n] * record[n];
  mean /= taper_.sum();
  const auto values = transform_.values();
  for (Eigen::Index n = 0; n < count(); ++n) values[n] = taper_[n] * (record[n] - mean);
  transform_.backward();
  Vector power(count());
  for (Eigen::Index j = 0; j < count(); ++j) power[j] = interval_ * std::norm(values[j]);
  return power;
}

Vector Periodogram::expected(const ComplexVector& correlations) {
  const auto values = transform_.values();
  for (Eigen::Index n = 0; n < count(); ++n) values[n] = overlap_[n] * correlations[n];
  for (Eigen::Index n = 1; n < count(); ++n) {  // C(−n) falls on n = count − n
    const Eigen::Index place = count() - n;
    values[place] += overlap_[n] * std::conj(correlations[n]);
  }
  transform_.backward();
  Vector power(count());
  for (Eigen::Index j = 0; j < count(); ++j) power[j] = interval_ * values[j].real();
  return power;
}

}  // namespace softmech
