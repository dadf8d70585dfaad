// The run of one rotor field: thermalization, samples, and how it is taken up again.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/models/rotor_averages.hpp>
#include <softmech/models/rotor_cluster.hpp>
#include <softmech/models/rotor_correlations.hpp>
#include <softmech/models/rotor_field.hpp>
#include <softmech/models/rotor_settings.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace softmech {

/// The parameters of the rotors, as coordinates of the member.
void record_coordinates(const RotorSettings& rotors, Member& member);

/// Samples a field in equilibrium. Before the first sample a sweep is as many clusters as reflect N rotors; later it is
/// a fixed number of clusters, their mean of that time: to stop at a number of rotors would prefer states whose last
/// cluster was large.
class RotorRun {
 public:
  /// Begins with independent random phases, or where the member's checkpoint was.
  RotorRun(const RotorSettings& rotors, const RotorSamplingSettings& sampling, bool correlations, Member& member);

  bool finished() const { return sweeps_done_ == sampling_.thermalize + sampling_.sweeps; }
  /// The share of the sweeps that is done.
  double done() const;
  void sweep();
  /// Records the averages.
  void finish(Member& member) const;
  /// The numbers for a checkpoint.
  std::vector<double> save() const;

 private:
  void restore(std::span<const double> saved);
  void thermalize();
  std::int64_t size() const { return static_cast<std::int64_t>(rotors_.size()); }

  RotorSamplingSettings sampling_;
  RotorLattice lattice_;
  double temperature_;
  RotorCluster cluster_;
  RotorField field_;
  RandomStream random_;
  std::vector<Rotor> rotors_;
  std::vector<RotorSample> samples_;
  std::optional<RotorCorrelations> correlations_;
  std::int64_t sweeps_done_ = 0;
  std::int64_t clusters_ = 0;   // of the second half of the thermalization
  std::int64_t reflected_ = 0;  // rotors in them
};

}  // namespace softmech
