// What the walkers of an ensemble did, step by step, and how much of it counts.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <vector>

namespace softmech {

/// Positions of all walkers and their mean log-density; every second step is forgotten whenever `most_kept` are there.
class WalkerChain {
 public:
  WalkerChain(Eigen::Index walkers, Eigen::Index dimensions) : walkers_(walkers), dimensions_(dimensions) {}

  void record(const RowMatrix& positions, double mean_log_density);

  /// The part after the approach to equilibrium; τ in steps. `settled` is false as long as the approach, the first 20 τ
  /// at least, is more than half of the chain.
  struct Summary {
    bool settled = false;
    Eigen::Index discarded = 0;  ///< kept steps
    Vector time;
  };
  Summary summary() const;

  Eigen::Index kept() const { return static_cast<Eigen::Index>(positions_.size()); }
  std::int64_t stride() const { return stride_; }
  /// All walkers of the kept steps from `first` on, a row each.
  RowMatrix draws(Eigen::Index first) const;

 private:
  Eigen::Index settling_step() const;
  Vector times(Eigen::Index first) const;

  static constexpr Eigen::Index most_kept = 4096;
  Eigen::Index walkers_, dimensions_;
  std::int64_t steps_ = 0, stride_ = 1;
  std::vector<RowMatrix> positions_;
  std::vector<double> log_densities_;
};

}  // namespace softmech
