// What a run of a token field records: energies, order, clusters and the thermodynamics of its attention.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/models/replica_sample.hpp>
#include <softmech/models/mode_record.hpp>
#include <softmech/models/token_averages.hpp>
#include <softmech/models/token_clusters.hpp>
#include <softmech/models/token_motion.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace softmech {

/// The keys output.*.
struct TokenOutputSettings {
  bool trajectory = false;
  bool attention = true;
  double cluster_cosine = 0.999;
  std::int64_t cluster_sizes = 0;
  std::int64_t gram_bins = 0;
  std::int64_t curl_directions = 0;
  std::optional<double> average_from;
  std::int64_t average_samples = 1000;
  ModeSettings modes;
  std::string frame = "tokens";
  bool linear = false;

  bool operator==(const TokenOutputSettings&) const = default;
  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other, the tokens or the end of the run.
  void check(const TokenSettings& tokens, double end) const;
  /// The depths that averages are taken over: from average_from to the end of the run.
  std::vector<double> average_depths(double end) const;

 private:
  void check_modes(const TokenSettings& tokens, double end) const;
};

/// Samples one replica along the depth, and knows what only the whole run tells.
class TokenRecord {
 public:
  TokenRecord(const TokenSettings& settings, const TokenOutputSettings& output, const Member& member,
              Eigen::Index replica);

  /// Adds a value to every curve.
  void sample(double t, const TokenMotion& motion, const State& state, ReplicaSample& sample);
  /// Adds a sample to the averages.
  void average(const TokenMotion& motion, const State& state);
  /// Records the depths of the merges.
  void finish(Member& member) const;
  const TokenAverages& averages() const { return averages_; }

  /// The clusters seen at the last sample, and the merges since the start.
  Eigen::Index clusters() const { return merges_.count(); }
  Eigen::Index merges() const { return settings_.tokens - merges_.fewest(); }
  /// √(Σ|ẋ|²/n) at the last sample.
  double speed() const { return speed_; }

  std::vector<double> save() const;
  /// Takes up what `save` returned from the front of the numbers, and leaves the rest.
  void restore(std::span<const double>& saved);

 private:
  void sample_energies(const TokenMotion& motion, const State& state, const Vector& x, ReplicaSample& sample);
  void sample_order(const RowMatrix& x, const RowMatrix& momenta, ReplicaSample& sample);
  void sample_attention(const TokenMotion& motion, const Vector& x, ReplicaSample& sample);
  void sample_force(const TokenMotion& motion, const Vector& x, double t, ReplicaSample& sample);

  TokenSettings settings_;
  TokenOutputSettings output_;
  MergeEvents merges_;
  TokenAverages averages_;
  const Member* member_;
  Eigen::Index replica_;
  double speed_ = 0;
  double initial_potential_ = std::numeric_limits<double>::quiet_NaN();
  Axis token_, component_, bin_;
  Matrix initial_momentum_;  // total angular momentum at the first sample
};

}  // namespace softmech
