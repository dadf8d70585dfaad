// How the tokens of a field move: first order or inertial, with or without noise, on the sphere or before their norm.
#pragma once

#include <softmech/mechanics/flow.hpp>
#include <softmech/models/fisher_mass.hpp>
#include <softmech/models/replica_field.hpp>
#include <softmech/models/token_field.hpp>
#include <softmech/models/token_settings.hpp>

#include <memory>
#include <optional>

namespace softmech {

/// A token field and its motion (docs/theory.md, section 6):
///   first order  dx_i = K P f_i dt + √(2T) P∘dW_i,
///   inertial     m ∇_v v_i = K P f_i − γ v_i + √(2γT) ξ_i, or with the Fisher mass of fisher_mass.hpp.
class TokenMotion {
 public:
  /// `noise` is the stream of the noise, from its beginning.
  TokenMotion(const TokenSettings& settings, TokenField field, RandomStream noise);
  TokenMotion(const TokenMotion&) = delete;

  /// The state of one replica out of that of all; its heat is their mean.
  State replica(const State& all, Eigen::Index r) const;
  Eigen::Index replicas() const { return replicas_.replicas(); }

  const TokenField& field() const { return field_; }
  /// The field of the rows' free energies with the same queries and keys, to compare forces with.
  const TokenField& reference() const { return reference_; }
  /// The flow of all replicas for the steppers, with heat accounted; refers to this object, which must outlive it.
  Flow flow() const;

  /// Noisy first-order motion under a potential that does not change: its heat is the loss of potential energy, which
  /// is cheaper to take from there than to follow step by step.
  bool heat_is_lost_potential() const;

  // Of one replica:

  /// The unit vectors that attention reads, n × d: the tokens, or before their normalization their directions.
  RowMatrix directions(const State& state) const;
  /// Momenta m v, with the Fisher mass m G v; of first-order motion ẋ. n × d.
  RowMatrix momenta(const State& state) const;
  /// (m/2) Σ|v|² or Σ v·p/2; 0 without inertia.
  double kinetic_energy(const State& state) const;
  /// √(Σ_i |ẋ_i|²/n).
  double speed(const State& state) const;

 private:
  TokenSettings settings_;
  TokenField field_;
  TokenField reference_;
  ReplicaField replicas_;
  std::optional<PreNormField> prenorm_;
  std::optional<FisherMass> fisher_;
  RandomStream noise_;
};

}  // namespace softmech
