#include <softmech/mechanics/odeint_state.hpp>

#include <algorithm>
#include <cmath>

namespace softmech {

using MutableView = Eigen::Map<Vector>;
using ConstView = Eigen::Map<const Vector>;

void OdeintFlow::operator()(const OdeintState& y, OdeintState& dydt, double /*t*/) const {
  const ConstView x(y.data(), dimension_);
  MutableView dx(dydt.data(), dimension_);
  if (!flow_.second_order) {
    flow_.force(x, dx);
    dx /= flow_.friction;
    if (flow_.accounts_heat) dydt.back() = flow_.friction * dx.squaredNorm();
    return;
  }
  const ConstView v(y.data() + dimension_, dimension_);
  dx = v;
  if (flow_.accounts_heat) dydt.back() = dissipated_power(flow_, x, v);
  flow_.acceleration(x, v, MutableView(dydt.data() + dimension_, dimension_));
}

void OdeintFlow::project(OdeintState& y) {
  MutableView x(y.data(), dimension_);
  if (flow_.second_order) {
    flow_.project(x, MutableView(y.data() + dimension_, dimension_));
  } else {
    flow_.project(x, no_velocity_);
  }
}

OdeintState OdeintFlow::pack(const State& state) const {
  OdeintState y(size());
  MutableView(y.data(), dimension_) = state.position;
  if (flow_.second_order) MutableView(y.data() + dimension_, dimension_) = state.velocity;
  if (flow_.accounts_heat) y.back() = state.heat;
  return y;
}

void OdeintFlow::unpack(const OdeintState& y, State& state) const {
  state.position = ConstView(y.data(), dimension_);
  if (flow_.accounts_heat) state.heat = y.back();
  if (flow_.second_order) {
    state.velocity = ConstView(y.data() + dimension_, dimension_);
  } else {
    state.velocity.resize(dimension_);
    flow_.force(state.position, state.velocity);
    state.velocity /= flow_.friction;
  }
}

bool is_finite(const OdeintState& y) {
  return std::all_of(y.begin(), y.end(), [](double value) { return std::isfinite(value); });
}

}  // namespace softmech
