// How a flow looks to Boost.Odeint: one contiguous vector y = (position, velocity, heat), without what the flow does
// not have.
#pragma once

#include <softmech/mechanics/flow.hpp>
#include <softmech/mechanics/state.hpp>

#include <span>
#include <vector>

namespace softmech {

/// The state type of the Odeint steppers. A plain range works with Odeint's default algebra (Eigen vectors silently do
/// not, unless a second header is included), and the alignment keeps the bits of vectorized sums the same in every run.
using OdeintState = std::vector<double, Eigen::aligned_allocator<double>>;

/// A flow as the system function of Odeint.
class OdeintFlow {
 public:
  OdeintFlow() = default;
  OdeintFlow(const Flow& flow, Eigen::Index dimension)
      : flow_(flow), dimension_(dimension), no_velocity_(Vector::Zero(dimension)) {}

  /// The dimension of the embedding space.
  Eigen::Index dimension() const { return dimension_; }

  /// The length of y.
  std::size_t size() const {
    return static_cast<std::size_t>((flow_.second_order ? 2 : 1) * dimension_ + (flow_.accounts_heat ? 1 : 0));
  }
  /// dy/dt; the flow does not depend on t.
  void operator()(const OdeintState& y, OdeintState& dydt, double t) const;
  /// Back onto the manifold, and the velocity into its tangent space.
  void project(OdeintState& y);

  OdeintState pack(const State& state) const;
  void unpack(const OdeintState& y, State& state) const;

 private:
  Flow flow_;
  Eigen::Index dimension_ = 0;
  Vector no_velocity_;
};

/// Whether y is free of NaN and infinities, which Odeint accepts as success.
bool is_finite(const OdeintState& y);

}  // namespace softmech
