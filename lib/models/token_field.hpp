// A token field: n tokens on the unit sphere that move under attention (docs/theory.md, section 6).
#pragma once

#include <softmech/attention/circle_sums.hpp>
#include <softmech/attention/pair_sums.hpp>
#include <softmech/geometry/flat_space.hpp>
#include <softmech/geometry/sphere_product.hpp>
#include <softmech/geometry/vector.hpp>

#include <functional>
#include <vector>

namespace softmech {

/// One attention head. Query and key: k × d; value: d × d. An empty matrix is the identity.
struct TokenHead {
  Matrix query, key, value;
  double beta = 1;
  PairMask mask;
  bool rotary = true;  ///< whether the rotary positions, if there are any, turn its queries and keys
};

/// Rotary positions (Su et al. 2021): in queries and keys of token i the plane (2a, 2a + 1), a < dim/2, is turned by
/// the angle scale·i·base^{−2a/dim}; scale < 1 is position interpolation (Chen et al. 2023). dim = 0: none.
struct RotaryPositions {
  double base = 1e4;
  Eigen::Index dim = 0;
  double scale = 1;

  /// The angle from one token to the next in a plane.
  double angle(Eigen::Index plane) const;
};

/// The drift W_out σ(W_in x) of an MLP without biases, σ the ReLU; empty: none. in: w × d, out: d × w.
struct TokenMlp {
  Matrix in, out;
};

/// All weights that the tokens meet at one depth.
struct TokenWeights {
  std::vector<TokenHead> heads{TokenHead{}};
  RotaryPositions rotary;
  TokenMlp mlp;
};

/// What drives a token. With z_ij = β⟨Qx_i, Kx_j⟩ + b_ij, A_ij = e^{z_ij}/Z_i, Z_i = Σ_j e^{z_ij}, summed over heads:
enum class TokenForce {
  sa,   ///< f_i = Σ_j A_ij Vx_j, a transformer's attention
  usa,  ///< f_i = (1/n) Σ_j e^{z_ij} Vx_j, without normalization
  free_energy  ///< f_i = −∂/∂x_i Σ_k F_k = Σ_j (A_ij QᵀKx_j + A_ji KᵀQx_j), F_k = −ln Z_k/β; V has no part in it
};

/// How the sums over pairs are computed.
struct TokenKernel {
  enum class Series { automatic, always, never };

  PairSettings pairs;
  /// Whether as Fourier series, where d = 2, Q = K = V = 1 and all pairs attend; by itself where it is faster.
  Series series = Series::automatic;
};

/// The force K·P_x f(x) on tokens x = (x_1, …, x_n), n·d numbers token by token, and the energies that belong to it.
///
/// A LagrangianSystem where it `has_potential()`: the free-energy field, V = K Σ_i F_i, and USA with Q = K = V = 1 and
/// pairs that attend mutually, V = −(K/2n) Σ_ij e^{z_ij}/β. Evaluations share buffers: one thread at a time.
class TokenField {
 public:
  /// Inertia of the Lagrangian motion, Σ (m/2)|ẋ_i|², with Rayleigh dissipation Σ (γ/2)|ẋ_i|².
  struct Inertia {
    double mass = 1;
    double friction = 0;
  };

  /// @throws std::invalid_argument for weights whose shapes do not fit the tokens, or β <= 0.
  TokenField(SphereProduct space, TokenForce force, TokenWeights weights, double coupling, Inertia inertia,
             TokenKernel kernel = {});

  const SphereProduct& manifold() const { return space_; }
  double mass() const { return inertia_.mass; }
  double friction() const { return inertia_.friction; }
  const TokenWeights& weights() const { return weights_; }
  TokenForce force_kind() const { return force_; }
  double coupling() const { return coupling_; }
  const TokenKernel& kernel() const { return kernel_; }
  /// d = 2, Q = K = V = 1 in one head, all pairs attending, no MLP: what depends on the angles' differences only.
  bool is_plain_circle() const;
  /// Whether forces are summed as Fourier series.
  bool sums_series() const { return series_; }
  bool has_potential() const;

  /// The tangent force K P_x f.
  void force(const VectorView& x, Eigen::Ref<Vector> out) const;
  /// The force before its projection to the sphere, K f, up to a part along x_i.
  void ambient_force(const VectorView& x, Eigen::Ref<Vector> out) const;
  /// The potential V. @throws std::logic_error where there is none.
  double potential(const VectorView& x) const;
  /// ∂V/∂x = −K f.
  void gradient(const VectorView& x, Eigen::Ref<Vector> out) const;

  /// The interaction energy E = −(1/2n) Σ_heads Σ_ij e^{z_ij}/β, −inf beyond the range of doubles; n times minus the
  /// energy of Geshkovski et al. (arXiv 2312.10794).
  double interaction_energy(const VectorView& x) const;
  /// Σ_heads Σ_i F_i.
  double free_energy(const VectorView& x) const;
  /// K times E (sa, usa) or the free energies (free_energy): the potential where there is one; SA climbs down its own
  /// in the metric Σ Z_i |dx_i|².
  double coupled_energy(double interaction, double free) const {
    return coupling_ * (force_ == TokenForce::free_energy ? free : interaction);
  }
  double coupled_energy(const VectorView& x) const;
  /// Calls visit(scores, partition sums) for every head at x; both are valid during the call only.
  void for_each_head(const VectorView& x,
                     const std::function<void(const PairScores&, const PartitionSums&)>& visit) const;

 private:
  void add_head(const TokenHead& head) const;
  bool turns(const TokenHead& head) const { return weights_.rotary.dim > 0 && head.rotary; }
  PairScores scores_of(const TokenHead& head) const;
  void take(const VectorView& x) const;
  void add_series(const TokenHead& head) const;

  SphereProduct space_;
  TokenForce force_;
  TokenWeights weights_;
  double coupling_;
  Inertia inertia_;
  TokenKernel kernel_;
  bool series_;
  RowMatrix turn_cosine_, turn_sine_;  // rotary angles, plane × token

  mutable PairSums pairs_;
  mutable CircleSums circle_;
  struct Buffers {
    RowMatrix x, queries, keys, values, mean, back, total;  // by component: d × n, total: n × d
    PartitionSums rows;
    Vector tangent, back_tangent;  // at d = 2
  };
  mutable Buffers at_;
};

/// The tokens (n × d, d >= rotary.dim) with the planes of token i turned by `share` of its rotary angles: x_i →
/// R_i^share x_i. R_i is what turns queries and keys; share = −1 turns back.
RowMatrix turned(RowMatrix x, const RotaryPositions& rotary, double share);

/// What one head contributes to interaction energy and free energy.
double interaction_energy(const PairScores& scores, const PartitionSums& rows);
double free_energy(const PairScores& scores, const PartitionSums& rows);

/// Tokens that are normalized on the way into a layer and not after it (pre-norm): ẋ = K f(x/|x|) in R^{nd}, centered
/// first for LayerNorm. The norm |x_i| slows a token down as it grows.
class PreNormField {
 public:
  explicit PreNormField(const TokenField& field) : field_(field), space_(field.manifold().ambient_dimension()) {}

  const FlatSpace& manifold() const { return space_; }
  Vector normalized(const VectorView& x) const { return field_.manifold().project_point(x); }
  void force(const VectorView& x, Eigen::Ref<Vector> out) const { field_.ambient_force(normalized(x), out); }

 private:
  const TokenField& field_;
  FlatSpace space_;
};

}  // namespace softmech
