// Independent copies of a token field that move side by side.
#pragma once

#include <softmech/attention/replica_sums.hpp>
#include <softmech/models/token_field.hpp>

namespace softmech {

/// R replicas of a token field as one system: the tokens of replica r follow those of replica r − 1, and feel each
/// other only. Few tokens on the circle (n ≤ 32, R ≥ 8, SA or USA) are summed with a replica in every lane of the
/// registers. A LagrangianSystem where the field is one.
class ReplicaField {
 public:
  /// R = replicas >= 1; refers to the field, which must outlive it.
  ReplicaField(const TokenField& field, Eigen::Index replicas);

  const SphereProduct& manifold() const { return space_; }
  double mass() const { return field_.mass(); }
  double friction() const { return field_.friction(); }
  Eigen::Index replicas() const { return replicas_; }
  /// Whether the replicas are in lanes.
  bool in_lanes() const { return lanes_; }

  void force(const VectorView& x, Eigen::Ref<Vector> out) const;
  /// The sum of the replicas' potentials.
  double potential(const VectorView& x) const;
  void gradient(const VectorView& x, Eigen::Ref<Vector> out) const;

 private:
  void force_in_lanes(const VectorView& x, Eigen::Ref<Vector> out) const;

  const TokenField& field_;
  Eigen::Index replicas_;
  SphereProduct space_;
  bool lanes_;
  mutable ReplicaSums sums_;
  mutable RowMatrix x_, y_, sum_, force_;  // token × replica
};

}  // namespace softmech
