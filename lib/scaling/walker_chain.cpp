#include <softmech/scaling/walker_chain.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {

namespace {

/// ½ + Σ ρ(t) of the columns of `series`, walkers that share one mean, in rows; the sum ends at 10 τ.
double integrated_time(Matrix series) {
  series.array() -= series.mean();
  const auto covariance = [&](Eigen::Index lag) {
    const Eigen::Index pairs = series.rows() - lag;
    return (series.topRows(pairs).array() * series.bottomRows(pairs).array()).sum() / static_cast<double>(pairs);
  };
  const double variance = covariance(0);
  double time = 0.5;
  if (!(variance > 0)) return time;
  for (Eigen::Index lag = 1; lag < series.rows() && static_cast<double>(lag) < 10 * time; ++lag)
    time = std::max(0.5, time + covariance(lag) / variance);
  return time;
}

}  // namespace

void WalkerChain::record(const RowMatrix& positions, double mean_log_density) {
  if (++steps_ % stride_ != 0) return;
  positions_.push_back(positions);
  log_densities_.push_back(mean_log_density);
  if (kept() < most_kept) return;
  for (std::size_t i = 0; 2 * i + 1 < positions_.size(); ++i) {
    positions_[i].swap(positions_[2 * i + 1]);
    log_densities_[i] = log_densities_[2 * i + 1];
  }
  positions_.resize(most_kept / 2);
  log_densities_.resize(most_kept / 2);
  stride_ *= 2;
}

Eigen::Index WalkerChain::settling_step() const {
  const Eigen::Map<const Vector> all(log_densities_.data(), kept());
  const Vector late = all.tail(kept() / 2);
  const double deviation = std::sqrt((late.array() - late.mean()).square().mean());
  Eigen::Index step = 0;
  while (step < kept() && std::abs(all[step] - late.mean()) > deviation) ++step;
  return step;
}

Vector WalkerChain::times(Eigen::Index first) const {
  Vector times(dimensions_);
  Matrix series(kept() - first, walkers_);
  for (Eigen::Index dimension = 0; dimension < dimensions_; ++dimension) {
    for (Eigen::Index step = first; step < kept(); ++step)
      series.row(step - first) = positions_[static_cast<std::size_t>(step)].col(dimension).transpose();
    times[dimension] = integrated_time(series);
  }
  return times;
}

WalkerChain::Summary WalkerChain::summary() const {
  Summary out;
  const Vector late = times(kept() / 2);
  out.discarded = std::max(settling_step(), static_cast<Eigen::Index>(std::ceil(20 * late.maxCoeff())));
  out.settled = out.discarded <= kept() / 2;
  if (!out.settled) out.discarded = kept() / 2;
  out.time = static_cast<double>(stride_) * times(out.discarded);
  return out;
}

RowMatrix WalkerChain::draws(Eigen::Index first) const {
  RowMatrix draws((kept() - first) * walkers_, dimensions_);
  for (Eigen::Index step = first; step < kept(); ++step)
    draws.middleRows((step - first) * walkers_, walkers_) = positions_[static_cast<std::size_t>(step)];
  return draws;
}

}  // namespace softmech
