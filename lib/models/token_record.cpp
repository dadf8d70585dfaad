#include <softmech/models/token_record.hpp>

#include <softmech/models/curl.hpp>
#include <softmech/models/token_attention.hpp>
#include <softmech/models/token_order.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

constexpr Eigen::Index most_linear = 1500;

/// n × d, row by row, in one vector.
Vector stacked(const RowMatrix& x) { return Eigen::Map<const Vector>(x.data(), x.size()); }

Axis bin_axis(std::int64_t bins) {
  std::vector<double> centers(static_cast<std::size_t>(bins));
  for (std::size_t i = 0; i < centers.size(); ++i)
    centers[i] = -1 + (2 * static_cast<double>(i) + 1) / static_cast<double>(bins);
  return {"cosine", std::move(centers), "inner product of two tokens, center of the bin"};
}

}  // namespace

void TokenOutputSettings::declare(Keys& k) {
  k.add("output.trajectory", trajectory, "whether positions and velocities are recorded");
  k.add("output.attention", attention,
        "whether thermodynamics and reciprocity of attention are recorded, which costs n^2 pairs a sample");
  k.add("output.cluster_cosine", cluster_cosine, "tokens are linked to a cluster at an inner product of at least this",
        {.above = -1, .below = 1});
  k.add("output.cluster_sizes", cluster_sizes, "how many of the largest clusters have their sizes recorded; 0: none",
        {.at_least = 0, .at_most = 1e6});
  k.add("output.gram_bins", gram_bins, "bins of the histogram of inner products; 0: none",
        {.at_least = 0, .at_most = 1e5});
  k.add("output.curl_directions", curl_directions,
        "random directions of the Jacobian from which the share of the force that no potential explains is taken; "
        "costs twice as many forces a sample; 0: not",
        {.at_least = 0, .at_most = 1e6});
  k.add("output.average_from", average_from,
        "depth from which the run counts as stationary: means of order parameter and energy from there on",
        {.at_least = 0});
  k.add("output.average_samples", average_samples, "depths that these means are taken over, evenly spaced",
        {.at_least = 16, .at_most = 1e8});
  modes.declare(k);
  k.add(
      "output.frame", frame,
      "frame of the modes: that of the tokens, or the one that turns with rotary positions (by the share of the heads "
      "that have them)",
      {.words = {"tokens", "rotating"}});
  k.add("output.linear", linear,
        "whether the state at rest that the run leads to is sought, and its modes: eigenvalues, zero modes against dim "
        "G/H, frequencies of waves; up to 1500 coordinates");
}

void TokenOutputSettings::check(const TokenSettings& tokens, double end) const {
  const auto refuse = [](std::string message) { throw std::invalid_argument(std::move(message)); };
  if (curl_directions == 1 || curl_directions == 2)
    refuse(fmt::format("output.curl_directions = {}: must be 0 or at least 3; try 16", curl_directions));
  if (curl_directions > 0 && (tokens.space().dimension() < 2 || tokens.is_prenorm())) {
    refuse(
        fmt::format("output.curl_directions = {}: needs tokens on the sphere with at least two coordinates in all; "
                    "set 0",
                    curl_directions));
  }
  if (trajectory && tokens.replicas > 1) {
    refuse(fmt::format("output.trajectory with ensemble.replicas = {}: needs 1; use ensemble.members for several",
                       tokens.replicas));
  }
  check_modes(tokens, end);
  if (!average_from && average_samples != TokenOutputSettings().average_samples)
    refuse(fmt::format("output.average_samples = {}: needs output.average_from", average_samples));
  if (average_from && *average_from >= end) {
    refuse(fmt::format("output.average_from = {}: must be below time.end = {}; try {}", *average_from, end, end / 10));
  }
}

void TokenOutputSettings::check_modes(const TokenSettings& tokens, double end) const {
  const auto refuse = [](std::string message) { throw std::invalid_argument(std::move(message)); };
  modes.check(tokens.largest_frequency(), end, linear);
  if (frame != "tokens" && !modes.modes) refuse("output.frame = \"rotating\": needs output.modes = true");
  if (frame != "tokens" && !tokens.turns_plainly()) {
    refuse(
        "output.frame = \"rotating\": needs model.rope_dim > 0 and queries and keys that are the tokens; set "
        "\"tokens\"");
  }
  if (!modes.modes && !linear) return;
  if (tokens.replicas > 1 || tokens.is_prenorm() || tokens.tokens < 2)
    refuse("output.modes, output.linear: need at least 2 tokens on the sphere and ensemble.replicas = 1");
  if (!linear) return;
  const Eigen::Index coordinates = tokens.space().dimension();
  if (coordinates > most_linear || tokens.dim > 64) {
    refuse(
        fmt::format("output.linear with {} tokens of {} dimensions, {} coordinates: must be at most {} and at most "
                    "64 dimensions; take fewer tokens",
                    tokens.tokens, tokens.dim, coordinates, most_linear));
  }
  if (tokens.redraw > 0)
    refuse("output.linear with model.redraw: nothing comes to rest under weights that change; leave one of them out");
}

std::vector<double> TokenOutputSettings::average_depths(double end) const {
  if (!average_from) return {};
  std::vector<double> depths(static_cast<std::size_t>(average_samples));
  const double step = (end - *average_from) / static_cast<double>(average_samples);
  for (std::size_t i = 0; i < depths.size(); ++i) depths[i] = *average_from + step * static_cast<double>(i + 1);
  depths.back() = end;
  return depths;
}

TokenRecord::TokenRecord(const TokenSettings& settings, const TokenOutputSettings& output, const Member& member,
                         Eigen::Index replica)
    : settings_(settings),
      output_(output),
      merges_(settings.tokens, output.cluster_cosine),
      member_(&member),
      replica_(replica),
      token_(index_axis("token", static_cast<std::size_t>(settings.tokens), "token")),
      component_(index_axis("dim", static_cast<std::size_t>(settings.dim), "component of a token")),
      bin_(bin_axis(output.gram_bins)) {}

void TokenRecord::sample(double t, const TokenMotion& motion, const State& state, ReplicaSample& sample) {
  const RowMatrix x = motion.directions(state);
  const Vector stacked_x = stacked(x);
  const std::vector<Eigen::Index> clusters = merges_.feed(t, x);
  speed_ = motion.speed(state);

  sample_energies(motion, state, stacked_x, sample);
  sample_order(x, motion.momenta(state), sample);
  sample.record("cluster_count", static_cast<double>(clusters.size()),
                "clusters, single linkage at output.cluster_cosine");
  sample.record("largest_cluster", static_cast<double>(clusters.front()), "tokens in the largest cluster");
  if (output_.cluster_sizes > 0) {
    Vector sizes = Vector::Zero(output_.cluster_sizes);
    const Eigen::Index known = std::min<Eigen::Index>(sizes.size(), std::ssize(clusters));
    for (Eigen::Index i = 0; i < known; ++i) sizes[i] = static_cast<double>(clusters[static_cast<std::size_t>(i)]);
    sample.record("cluster_size", sizes,
                  {index_axis("cluster", static_cast<std::size_t>(sizes.size()), "cluster, from the largest on")},
                  "tokens in the cluster; 0 where there are fewer");
  }
  if (output_.attention) sample_attention(motion, stacked_x, sample);
  sample_force(motion, stacked_x, t, sample);
  sample.record("speed", speed_, "root mean square of the tokens' velocities");
  if (!output_.trajectory) return;
  const auto record = [&](const char* name, const Vector& values, const char* meaning) {
    sample.record(name, values, {token_, component_}, meaning);
  };
  record("position", state.position, "tokens x");
  record("velocity", state.velocity, "velocities dx/dt");
}

void TokenRecord::average(const TokenMotion& motion, const State& state) {
  const RowMatrix x = motion.directions(state);
  const auto freedom = static_cast<double>(motion.field().manifold().dimension());
  averages_.add({.order = order_parameter(x),
                 .potential = motion.field().coupled_energy(stacked(x)),
                 .kinetic_temperature = 2 * motion.kinetic_energy(state) / freedom});
}

void TokenRecord::sample_energies(const TokenMotion& motion, const State& state, const Vector& x,
                                  ReplicaSample& sample) {
  const TokenField& field = motion.field();
  double interaction = 0, free = 0;
  field.for_each_head(x, [&](const PairScores& scores, const PartitionSums& rows) {
    interaction += interaction_energy(scores, rows);
    free += free_energy(scores, rows);
  });
  const double kinetic = motion.kinetic_energy(state);
  const double potential = field.coupled_energy(interaction, free);
  sample.record_as_defined("energy", interaction,
                           "interaction energy -(1/2n) sum_ij e^z_ij/beta; -inf beyond the range of doubles");
  sample.record("free_energy", free, "sum of the rows' free energies, -(1/beta) sum_i ln Z_i");
  sample.record("kinetic_energy", kinetic, "kinetic energy; 0 without inertia");
  sample.record_as_defined(
      "total_energy", kinetic + potential,
      "kinetic energy plus potential: K energy (sa, usa) or K free_energy (free_energy, lagrangian)");
  if (std::isnan(initial_potential_)) initial_potential_ = potential;
  const double heat = motion.heat_is_lost_potential() ? initial_potential_ - potential : state.heat;
  sample.record_as_defined("heat", heat, "energy handed to the bath of friction and noise since the start");
}

void TokenRecord::sample_order(const RowMatrix& x, const RowMatrix& momenta, ReplicaSample& sample) {
  sample.record("order_parameter", order_parameter(x), "order parameter R = |sum x|/n");
  sample.record("nematic_order", nematic_order(x), "order of the axes, whatever the sign: 0 ... 1");
  sample.record("mean_cosine", mean_cosine(x), "mean inner product of two tokens");
  sample.record("cosine_deficit", cosine_deficit(x), "1 - mean_cosine, with its relative accuracy");
  sample.record("participation", gram_participation(x), "effective number of directions the tokens span");
  const Matrix momentum = angular_momentum(x, momenta);
  if (initial_momentum_.size() == 0) initial_momentum_ = momentum;
  sample.record("angular_momentum", angular_momentum_norm(momentum),
                "norm of the total angular momentum sum x ^ p; p = dx/dt without inertia");
  sample.record("angular_momentum_change", angular_momentum_norm(momentum - initial_momentum_),
                "norm of its change since the start");
  if (output_.gram_bins > 0)
    sample.record("cosine_density", cosine_density(x, output_.gram_bins), {bin_}, "density of inner products of pairs");
}

void TokenRecord::sample_attention(const TokenMotion& motion, const Vector& x, ReplicaSample& sample) {
  AttentionMeans mean;
  double defect = 0, self = 0;
  const double share = 1 / static_cast<double>(motion.field().weights().heads.size());
  motion.field().for_each_head(x, [&](const PairScores& scores, const PartitionSums& rows) {
    const AttentionMeans of_head = attention_means(scores);
    mean.internal_energy += share * of_head.internal_energy;
    mean.entropy += share * of_head.entropy;
    mean.specific_heat += share * of_head.specific_heat;
    defect += share * reciprocity_defect(scores, rows);
    self += share * mean_self_weight(scores, rows);
  });
  sample.record("internal_energy", mean.internal_energy, "mean internal energy U of an attention row");
  sample.record("entropy", mean.entropy, "mean entropy S of an attention row, in nats");
  sample.record("specific_heat", mean.specific_heat, "mean specific heat C of an attention row");
  sample.record("self_weight", self, "mean weight of a token on itself");
  sample.record("reciprocity_defect", defect, "|A - A^T|/|A| of the attention matrix, mean over heads");
}

void TokenRecord::sample_force(const TokenMotion& motion, const Vector& x, double t, ReplicaSample& sample) {
  const TokenField& field = motion.field();
  Vector force(x.size()), reference(x.size());
  field.force(x, force);
  const bool is_reference = field.force_kind() == TokenForce::free_energy;
  if (!is_reference) motion.reference().force(x, reference);
  sample.record("residual_share", is_reference ? 0 : residual_share(force, reference),
                "share of the force that no multiple of the gradient of the free energies gives");
  if (output_.curl_directions == 0) return;
  RandomStream random = member_->random(fmt::format("curl of replica {} at {}", replica_, t));
  const CurlShare curl = curl_share(
      field.manifold(), [&](const VectorView& at, Eigen::Ref<Vector> out) { field.force(at, out); }, x,
      output_.curl_directions, random);
  sample.record("curl_share", curl.value, "share of the force that no potential explains, |J - J^T|/2|J|");
  if (settings_.replicas == 1) sample.record("curl_share_error", curl.error, "its standard error");
}

void TokenRecord::finish(Member& member) const {
  member.record_as_defined(
      "merge_depth", merges_.depths(),
      index_axis("merge", static_cast<std::size_t>(merges_.depths().size()), "number of the merge"),
      "first depth with at most n-1, n-2, ... 1 clusters");
}

// A checkpoint: sizes of the parts, then the parts.
std::vector<double> TokenRecord::save() const {
  const std::vector<double> merges = merges_.save();
  const std::vector<double> samples = averages_.save();
  std::vector<double> saved{static_cast<double>(initial_momentum_.rows()), static_cast<double>(merges.size()),
                            static_cast<double>(samples.size()), speed_, initial_potential_};
  saved.insert(saved.end(), initial_momentum_.data(), initial_momentum_.data() + initial_momentum_.size());
  saved.insert(saved.end(), merges.begin(), merges.end());
  saved.insert(saved.end(), samples.begin(), samples.end());
  return saved;
}

void TokenRecord::restore(std::span<const double>& saved) {
  const auto rows = static_cast<Eigen::Index>(saved[0]);
  const auto of_merges = static_cast<std::size_t>(saved[1]), of_samples = static_cast<std::size_t>(saved[2]);
  speed_ = saved[3];
  initial_potential_ = saved[4];
  saved = saved.subspan(5);
  const auto take = [&saved](std::size_t count) {
    const std::span<const double> part = saved.first(count);
    saved = saved.subspan(count);
    return part;
  };
  initial_momentum_ = Eigen::Map<const Matrix>(take(static_cast<std::size_t>(rows * rows)).data(), rows, rows);
  merges_.restore(take(of_merges));
  averages_.restore(take(of_samples));
}

}  // namespace softmech
