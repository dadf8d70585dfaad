#include <softmech/models/query_path.hpp>

#include <cmath>
#include <cstdint>

namespace softmech {

Matrix QueryPath::points() const {
  return Eigen::Map<const Matrix>(values_.data(), keys_, static_cast<Eigen::Index>(values_.size()) / keys_);
}

std::vector<double> QueryPath::save(std::span<const double> rest) const {
  std::vector<double> all{static_cast<double>(values_.size())};
  all.insert(all.end(), values_.begin(), values_.end());
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

std::span<const double> QueryPath::restore(std::span<const double> saved) {
  const auto size = static_cast<std::size_t>(saved.front());
  values_.assign(saved.begin() + 1, saved.begin() + 1 + static_cast<std::ptrdiff_t>(size));
  return saved.subspan(1 + size);
}

void mirror_descent(const QuerySystem& query, const QueryState& start, double step, const std::vector<double>& depths,
                    const std::function<void(double t, const QueryState& state)>& observe,
                    const std::function<void()>& before_step) {
  const double step_size = step * query.temperature() * 4 / query.friction();  // the sphere's friction is 4γ
  Vector weights = query.weights(start);
  std::int64_t taken = 0;
  for (const double t : depths) {
    // A depth that is a multiple of the step up to round-off has all its steps behind it.
    for (const auto due = static_cast<std::int64_t>(std::floor(t / step * (1 + 1e-12))); taken < due; ++taken) {
      before_step();
      weights = query.mirror_step(weights, step_size);
    }
    observe(t, query.at_rest(weights));
  }
}

}  // namespace softmech
