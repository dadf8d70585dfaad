// Token fields as softmech-goldstone reads them: their parts along and across the order, mode by mode.
#pragma once

#include <softmech/models/mode_record.hpp>
#include <softmech/models/token_motion.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace softmech {

/// Records snapshots of `longitudinal` and `transverse` (d − 1 directions), the parts of the tokens along and across
/// the order, the direction of Σ_i x_i at the first snapshot; the frame is kept. With `rotating` of the tokens R_i^s
/// x_i, s the share of the heads with rotary positions: at rest these do not turn along the chain.
class TokenSnapshots {
 public:
  /// Before the member resumes.
  TokenSnapshots(ChainModes modes, bool rotating, std::size_t snapshots, Member& member)
      : record_(std::move(modes), snapshots, member), rotating_(rotating) {}

  void sample(double t, const TokenMotion& motion, const State& state);

  /// The frame, for a checkpoint.
  std::vector<double> save() const;
  /// Takes up what `save` returned from the front of the numbers.
  void restore(std::span<const double>& saved);

 private:
  ModeRecord record_;
  bool rotating_;
  Matrix frame_;  // the order, then the directions across it; empty before the first snapshot
};

}  // namespace softmech
