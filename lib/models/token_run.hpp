// The run of one token field: which stepper, which stretches of depth, when it ends, and how it is taken up again.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/mechanics/settings.hpp>
#include <softmech/models/token_record.hpp>
#include <softmech/models/token_settings.hpp>
#include <softmech/models/token_snapshots.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// The keys stop.*: a run ends at the first sample at which one of the rules holds.
struct TokenStopSettings {
  std::int64_t clusters = 0;
  std::int64_t merges = 0;
  double speed = 0;

  bool operator==(const TokenStopSettings&) const = default;
  void declare(Keys& keys);
  /// Throws std::invalid_argument for rules that can not hold for such tokens.
  void check(const TokenSettings& tokens) const;
  /// Whether the rule holds for every replica.
  bool is_over(std::span<const TokenRecord> replicas) const;
};

/// Throws std::invalid_argument if stepper, kernel, tokens and the depth of the run do not go together.
void require_token_solver(const SolverSettings& solver, const TokenKernelSettings& kernel, const TokenSettings& tokens,
                          const TimeGrid& time);

/// The stepper that integrates the tokens: solver.stepper, or for "auto" the one that fits their motion over such a
/// depth.
std::string token_stepper(const SolverSettings& solver, const TokenSettings& tokens, const TimeGrid& time);

/// What a user should know: the stepper that "auto" takes, and single precision where it does not suffice.
std::string token_note(const SolverSettings& solver, const TokenKernelSettings& kernel, const TokenSettings& tokens,
                       const TokenOutputSettings& output, const TimeGrid& time);

/// The parameters of the tokens, as coordinates of the member.
void record_coordinates(const TokenSettings& tokens, Member& member);

/// A stretch of depth with constant weights, and the sampled depths in it (its begin only for the first).
struct DepthInterval {
  std::int64_t index = 0;
  double begin = 0;
  double end = 0;
  std::vector<double> depths = {};           ///< that are recorded
  std::vector<double> average_depths = {};   ///< that averages are taken over
  std::vector<double> snapshot_depths = {};  ///< of the modes

  /// The member's random numbers for one purpose in this stretch.
  RandomStream random(const Member& member, std::string_view purpose) const;
};

/// What is carried from stretch to stretch, and from an interrupted run to the next.
class TokenRun {
 public:
  /// Begins at the start, or where the member's checkpoint was.
  TokenRun(const TokenSettings& tokens, const TokenStartSettings& start, const TokenOutputSettings& output,
           const TimeGrid& time, Member& member);

  /// The stretches that are left, of length `redraw` (0: one).
  std::vector<DepthInterval> intervals() const;
  /// Adds a row to every curve.
  void sample(double t, const TokenMotion& motion, const State& all, Series& series);
  /// Adds a sample to the averages.
  void average(const TokenMotion& motion, const State& all);
  /// Records a snapshot of the modes.
  void snapshot(double t, const TokenMotion& motion, const State& all) { snapshots_->sample(t, motion, all); }
  /// Records what only the whole run tells: depths of merges (of a single replica), averages, and the modes about the
  /// state at rest that `field` leads to from here.
  void finish(const TokenField& field, Member& member) const;
  std::span<const TokenRecord> replicas() const { return records_; }
  /// The numbers for a checkpoint.
  std::vector<double> save(const DepthInterval& interval, const std::vector<double>& simulation) const;

  State state;                               ///< of all replicas
  std::optional<std::vector<double>> saved;  ///< of the simulation that was interrupted

 private:
  TokenSettings tokens_;
  TokenOutputSettings output_;
  TimeGrid time_;
  std::vector<TokenRecord> records_;
  std::optional<TokenSnapshots> snapshots_;
  std::int64_t first_interval_ = 0;
};

}  // namespace softmech
