#include "softmech/attention/response.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "softmech/attention/operators.hpp"
#include "softmech/attention/require.hpp"

namespace softmech {

Vector attention_energies(MatrixView keys, VectorView query) {
  require_size("query", query.size(), "a key", keys.cols());
  return -(keys * query);
}

RowMatrix attention_energies_batch(MatrixView keys, MatrixView queries) {
  require_size("each query", queries.cols(), "a key", keys.cols());
  return -(queries * keys.transpose());
}

QueryResponse query_response(MatrixView keys, VectorView query, double temperature) {
  const Vector weights = equilibrium(Softmax{}, attention_energies(keys, query), temperature);
  // Relative to the key of largest weight: a frozen row's covariance keeps its relative accuracy.
  Eigen::Index best = 0;
  weights.maxCoeff(&best);
  Matrix deviations = keys.rowwise() - keys.row(best);
  const Vector mean = deviations.transpose() * weights;
  deviations.rowwise() -= mean.transpose();
  const Matrix covariance = deviations.transpose() * weights.asDiagonal() * deviations;
  return {keys.row(best).transpose() + mean, covariance / temperature, covariance / (temperature * temperature)};
}

// Backward recurrence of r_ν = I_ν/I_{ν-1}: r_ν = x/(2ν + x r_{ν+1}) (DLMF 10.29.1). Each step multiplies an error by
// -r², K steps by about e^{-K²/x}. The start r_ν ≈ x/(s + √(x² + s(s+1))), s = ν - ½, errs by O(s²/x³): for large x it
// suffices.
double langevin(int dimension, double x) {
  if (dimension < 1) throw std::invalid_argument(fmt::format("dimension = {}: must be >= 1", dimension));
  if (!std::isfinite(x)) throw std::invalid_argument(fmt::format("x = {}: must be finite", x));
  const double size = std::abs(x);
  const double order = 0.5 * dimension;
  const bool asymptotic = order * order < 1e-17 * size * size * size;
  const int steps = asymptotic ? 0 : 20 + static_cast<int>(6 * std::sqrt(size));
  const double top = order + steps - 0.5;
  double ratio = size / (top + std::hypot(size, std::sqrt(top * (top + 1))));
  for (int step = steps - 1; step >= 0; --step) ratio = size / (2 * (order + step) + size * ratio);
  return std::copysign(ratio, x);
}

}  // namespace softmech
