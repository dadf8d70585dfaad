// The keys of a token field: what the tokens are, how they attend, how they move and how they start.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/mechanics/state.hpp>
#include <softmech/models/token_field.hpp>
#include <softmech/models/token_weights.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace softmech {

/// Which pairs attend and by which bias: model.causal … model.rope_dim.
struct TokenPositionSettings {
  bool causal = false;
  std::int64_t window = 0;
  std::string decay = "none";
  double decay_rate = 0.1;
  double rope_base = 1e4;
  std::int64_t rope_dim = 0;
  std::int64_t rope_heads = 0;
  double rope_scale = 1;

  void declare(Keys& keys);
  void check(std::int64_t head_dim, std::int64_t heads) const;
  bool turns(std::int64_t head) const { return rope_heads == 0 || head < rope_heads; }
  /// The mask of one head; "alibi" has slopes 2^{−8(h+1)/H} (Press et al. 2022).
  PairMask mask(std::int64_t head, std::int64_t heads) const;
};

/// How pair sums are computed: solver.kernel, solver.instructions, solver.precision.
struct TokenKernelSettings {
  std::string kernel = "auto";
  std::string instructions = "auto";
  std::string precision = "double";

  bool operator==(const TokenKernelSettings&) const = default;
  void declare(Keys& keys);
  TokenKernel settings(std::int64_t tokens) const;
};

struct TokenSettings {
  std::int64_t tokens = 32;
  std::int64_t dim = 2;
  std::string limit = "finite";
  std::int64_t modes = 0;
  double beta = 1;
  std::optional<double> gamma;
  std::vector<double> head_beta;
  std::string dynamics = "sa";
  double coupling = 1;
  std::string coupling_unit = "one";
  double temperature = 0;
  double mass = 1;
  std::string mass_metric = "round";
  double mass_floor = 0.1;
  double friction = 0;
  std::string normalization = "post_rms";
  double redraw = 0;
  std::int64_t replicas = 1;
  TokenPositionSettings positions;
  TokenWeightSettings weights;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;

  bool is_inertial() const { return dynamics == "lagrangian"; }
  bool is_prenorm() const { return normalization == "pre_rms" || normalization == "pre_ln"; }
  bool is_centered() const { return normalization == "post_ln" || normalization == "pre_ln"; }
  /// d = 2, one head with Q = K = V = 1, all pairs attending, tokens on the circle: what Fourier series can do.
  bool is_plain_circle() const;
  /// β of a head: its entry of model.head_beta, γ ln n, or model.beta.
  double beta_of(std::int64_t head) const;
  /// K: model.coupling in its unit, 1 or the mean field's threshold T·critical_coupling(β, d).
  double coupling_strength() const;
  TokenForce force() const;
  /// The rate at which clusters contract under one head of coupling 1: 2 for SA, 2e^β for USA, 4 for free energies.
  double contraction_rate() const;
  /// The largest frequency of waves of aligned tokens with inertia, else their largest rate of decay: K times
  /// contraction_rate() of all heads, over m and its root. NaN but for queries, keys and values that are the tokens,
  /// and the round mass.
  double largest_frequency() const;
  /// Whether rotary positions turn the tokens themselves: there are some, Q = K = V = 1.
  bool turns_plainly() const { return positions.rope_dim > 0 && weights.is_identity(dim); }
  SphereProduct space() const { return {tokens, dim, is_centered()}; }
  /// The field with weights drawn from `random`.
  TokenField field(RandomStream random, const TokenKernelSettings& kernel) const;

 private:
  void check_beta() const;
  void check_motion() const;
  void check_fisher_mass() const;
  void check_limit() const;
};

/// Where the tokens are at depth 0: the keys start.*.
struct TokenStartSettings {
  std::string kind = "uniform";
  double cosine = 0.5;
  double angle = 1;
  double amplitude = 0.01;
  std::string file;
  double kinetic_temperature = 0;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other or the tokens.
  void check(const TokenSettings& tokens) const;
  /// Throws StoreError or std::invalid_argument for a file that does not fit.
  State of(const SphereProduct& space, double mass, RandomStream random) const;
};

}  // namespace softmech
