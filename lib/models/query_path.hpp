// The path of a query, collected while it is simulated, and the discrete dynamics of mirror descent.
#pragma once

#include <softmech/models/query.hpp>

#include <functional>
#include <span>
#include <vector>

namespace softmech {

/// Points y of a path, in the order in which they are added; can be put in front of a saved simulation and taken off
/// again.
class QueryPath {
 public:
  explicit QueryPath(Eigen::Index keys) : keys_(keys) {}

  void add(VectorView point) { values_.insert(values_.end(), point.begin(), point.end()); }
  /// One column per point.
  Matrix points() const;

  /// The path followed by `rest`, as numbers.
  std::vector<double> save(std::span<const double> rest) const;
  /// Takes the path from what `save` returned, and returns the rest.
  std::span<const double> restore(std::span<const double> saved);

 private:
  Eigen::Index keys_;
  std::vector<double> values_;
};

/// Mirror descent from the start in steps of depth `step`, that is η = step·T/γ (QuerySystem::mirror_step): calls
/// `observe` at each of the ascending depths with the weights after the last whole step, at rest. `before_step` may
/// throw, to stop. Throws std::invalid_argument where a weight is 0.
void mirror_descent(
    const QuerySystem& query, const QueryState& start, double step, const std::vector<double>& depths,
    const std::function<void(double t, const QueryState& state)>& observe,
    const std::function<void()>& before_step = [] {});

}  // namespace softmech
