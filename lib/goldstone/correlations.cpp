#include <softmech/goldstone/correlations.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace softmech {

using std::numbers::pi;

ComplexVector mode_correlations(std::span<const ComplexMatrix> records, Eigen::Index mode, Eigen::Index lags) {
  const Eigen::Index count = records.front().rows();
  if (lags < 1 || lags > count)
    throw std::invalid_argument(
        fmt::format("correlations at {} depths: must be from 1 to the number of snapshots, {}", lags, count));
  FourierTransform transform(2 * count);
  const auto values = transform.values();
  ComplexVector sum = ComplexVector::Zero(lags);
  for (const ComplexMatrix& record : records) {
    std::ranges::fill(values, 0.0);
    for (Eigen::Index n = 0; n < count; ++n) values[n] = record(n, mode);
    transform.forward();
    for (auto& value : values) value = std::norm(value);
    transform.backward();  // Σ_s u(s + t) u(s)*
    for (Eigen::Index t = 0; t < lags; ++t) sum[t] += values[t] / static_cast<double>(2 * count * (count - t));
  }
  return sum / static_cast<double>(records.size());
}

bool all_wavenumbers(const Vector& wavenumbers, double size) {
  if (!(size >= 2) || wavenumbers.size() != static_cast<Eigen::Index>(size) / 2 + 1) return false;
  for (Eigen::Index n = 0; n < wavenumbers.size(); ++n) {
    if (std::abs(wavenumbers[n] - 2 * pi * static_cast<double>(n) / size) > 1e-6 / size) return false;
  }
  return true;
}

RowMatrix space_correlations(const Eigen::MatrixXcd& modes, Eigen::Index size) {
  const Eigen::Index half = size / 2;
  FourierTransform transform(size);
  const auto values = transform.values();
  RowMatrix result(2 * half + 1, modes.cols());
  for (Eigen::Index t = 0; t < modes.cols(); ++t) {
    values[0] = 0;
    for (Eigen::Index n = 1; n < modes.rows(); ++n) {
      values[n] = modes(n, t);
      const Eigen::Index opposite = size - n;  // C(−k,t) = C(k,t)*
      values[opposite] = opposite == n ? modes(n, t) : std::conj(modes(n, t));
    }
    transform.backward();
    for (Eigen::Index r = -half; r <= half; ++r) {
      const Eigen::Index place = (r + size) % size;
      result(r + half, t) = values[place].real() / static_cast<double>(size);
    }
  }
  return result;
}

Asymmetry asymmetry(const RowMatrix& periodograms) {
  const Eigen::Index count = periodograms.cols(), inner = (count - 1) / 2 - 1;  // bins 2 … (count−1)/2
  const RowMatrix right = periodograms.middleCols(2, inner);
  const RowMatrix left = periodograms.middleCols(count - 1 - inner, inner).rowwise().reverse();
  RowMatrix powers(periodograms.rows(), 2);
  powers << right.rowwise().sum(), left.rowwise().sum();
  const auto ratio = [](const Vector& power) {
    const double sum = power[0] + power[1];
    return sum > 0 ? (power[0] - power[1]) / sum : 0.0;
  };
  Asymmetry result;
  result.value = ratio(powers.colwise().mean());
  // ⟨(I(ω) + I(−ω))²⟩ = 6 f² for two independent bins of mean f, whose variances are f².
  const double variance = 2 * Periodogram::inflation * (right + left).squaredNorm() / 6;
  const double deviation = std::sqrt(variance) / powers.sum();
  result.significance = powers.sum() > 0 ? std::atanh(std::clamp(result.value, -1 + 1e-15, 1 - 1e-15)) / deviation : 0;
  result.error = periodograms.rows() >= 4 ? jackknife(powers, ratio).error : deviation;
  return result;
}

}  // namespace softmech
