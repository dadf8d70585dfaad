#include <softmech/models/query.hpp>

#include <fmt/format.h>

#include <limits>
#include <stdexcept>
#include <utility>
#include <variant>

namespace softmech {

namespace {

double require_at_least(const char* name, double value, double bound, bool bound_allowed, double advice) {
  if (std::isfinite(value) && (value > bound || (bound_allowed && value == bound))) return value;
  throw std::invalid_argument(
      fmt::format("model.{} = {}: must be {} {}; try {}", name, value, bound_allowed ? ">=" : ">", bound, advice));
}

Vector require_energies_of_keys(Vector energies) {
  if (energies.size() < 2) {
    throw std::invalid_argument(fmt::format("model.keys = {}: must be at least 2; try 16", energies.size()));
  }
  return energies;
}

// p = y², kept away from 0 so that y ln p is 0 there and not NaN.
auto positive_weights(const VectorView& y) { return y.array().square().max(std::numeric_limits<double>::min()); }

}  // namespace

QuerySystem::QuerySystem(Vector energies, double temperature, double mass, double friction, Operator op)
    : energies_(require_energies_of_keys(std::move(energies))),
      temperature_(require_at_least("temperature", temperature, 0, false, 1)),
      mass_(require_at_least("mass", mass, 0, false, 1)),
      friction_(require_at_least("friction", friction, 0, true, 0)),
      operator_(op),
      sphere_(energies_.size()),
      equilibrium_(softmech::equilibrium(operator_, energies_, temperature_)) {}

double QuerySystem::potential(const VectorView& y) const {
  if (!std::holds_alternative<Softmax>(operator_)) {
    return softmech::free_energy(operator_, y.array().square().matrix(), energies_, temperature_);
  }
  return (y.array().square() * (energies_.array() + temperature_ * positive_weights(y).log())).sum();
}

void QuerySystem::gradient(const VectorView& y, Eigen::Ref<Vector> out) const {
  if (std::holds_alternative<Softmax>(operator_)) {
    out.array() = 2 * y.array() * (energies_.array() + temperature_ * (positive_weights(y).log() + 1));
    return;
  }
  const Vector slope = entropy_gradient(operator_, positive_weights(y).matrix());
  out.array() = 2 * y.array() * (energies_.array() - temperature_ * slope.array());
}

Matrix QuerySystem::hessian(const VectorView& y) const {
  const Vector p = positive_weights(y);
  const Vector slope = energies_ - temperature_ * entropy_gradient(operator_, p);
  const Vector curvature = free_energy_hessian(operator_, p, temperature_);
  // With f_i = ∂F/∂p_i: ∂²V/∂y_i² = 2 f_i + 4 p_i ∂f_i/∂p_i and y·∇V = 2 Σ p_i f_i.
  const double radial = 2 * p.dot(slope);
  return (2 * slope.array() + 4 * p.array() * curvature.array() - radial).matrix().asDiagonal();
}

double QuerySystem::free_energy(const QueryState& state) const {
  return softmech::free_energy(operator_, weights(state), energies_, temperature_);
}

double QuerySystem::internal_energy(const QueryState& state) const { return weights(state).dot(energies_); }

double QuerySystem::entropy(const QueryState& state) const { return softmech::entropy(operator_, weights(state)); }

double QuerySystem::specific_heat(const QueryState& state) const {
  const Vector p = weights(state);
  const double mean = p.dot(energies_);
  return (p.array() * ((energies_.array() - mean) / temperature_).square()).sum();
}

double QuerySystem::kl_to_equilibrium(const QueryState& state) const {
  if (std::holds_alternative<Softmax>(operator_)) {
    return softmech::kl_to_equilibrium(weights(state), energies_, temperature_);
  }
  return kl_divergence(weights(state), equilibrium_);
}

double QuerySystem::excess(const QueryState& state) const {
  return excess_free_energy(operator_, weights(state), energies_, temperature_);
}

void QuerySystem::require_keys(const VectorView& weights) const {
  if (weights.size() != keys()) {
    throw std::invalid_argument(
        fmt::format("weights of {} keys: must be {}, one per energy; check model.energies", weights.size(), keys()));
  }
}

QueryState QuerySystem::at_rest(const VectorView& weights) const {
  require_keys(weights);
  if (!(weights.minCoeff() >= 0) || !(std::abs(weights.sum() - 1) < 1e-9)) {
    throw std::invalid_argument(
        fmt::format("weights with minimum {} and sum {}: must be >= 0 and sum to 1; normalize them", weights.minCoeff(),
                    weights.sum()));
  }
  return {sphere_.project_point(weights.cwiseSqrt()), Vector::Zero(keys())};
}

Vector QuerySystem::overdamped(const VectorView& weights, double t) const {
  if (!std::holds_alternative<Softmax>(operator_)) {
    throw std::invalid_argument(
        "model.operator: the exact overdamped flow is known for \"softmax\" only; integrate it");
  }
  require_at_least("friction", friction_, 0, false, 1);
  // In dual coordinates the flow is linear, so it is a mirror step of a finite size.
  return mirror_step(weights, -std::expm1(-temperature_ * t / friction_));
}

Vector QuerySystem::mirror_step(const VectorView& weights, double step_size) const {
  require_keys(weights);
  const Vector slope = entropy_gradient(operator_, weights);
  if (!slope.allFinite()) {
    throw std::invalid_argument(
        fmt::format("weights with minimum {}: must be > 0, a mirror step cannot leave a face of the simplex; try "
                    "start.kind = \"uniform\"",
                    weights.minCoeff()));
  }
  const Vector dual = step_size * energies_ + (1 - step_size) * temperature_ * slope;
  return softmech::equilibrium(operator_, dual, temperature_);
}

}  // namespace softmech
