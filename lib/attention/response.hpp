// The response of a row to its query: the query is a field, the keys are dipoles (E = -q·k).
#pragma once

#include "softmech/geometry/vector.hpp"

namespace softmech {

/// E = -K q: keys (n × d), query (d), energies (n).
Vector attention_energies(MatrixView keys, VectorView query);

/// E = -Q K^T: queries (rows × d), keys (n × d), energies (rows × n), one attention row per query.
RowMatrix attention_energies_batch(MatrixView keys, MatrixView queries);

struct QueryResponse {
  Vector mean_key;        // ⟨k⟩ = Σ p_i k_i, (d): the polarization
  Matrix susceptibility;  // χ = ∂⟨k⟩/∂q = Cov_p(k)/T, (d × d)
  Matrix fisher_metric;   // G = Cov_p(k)/T², (d × d): the Fisher metric pulled back to queries; q^T G q = C
};

/// Static response at equilibrium, p = softmax(K q/T): keys (n × d), query (d), T > 0.
/// Throws std::invalid_argument for sizes that do not match, T ≤ 0, or energies that are not finite.
QueryResponse query_response(MatrixView keys, VectorView query, double temperature);

/// I_{d/2}(x)/I_{d/2-1}(x): the polarization ⟨k⟩·q̂ of keys uniform on S^{d-1} at x = |q|/T.
///
/// d = 1: tanh x; d = 2: I_1/I_0; d = 3: coth x - 1/x (Langevin). To a relative error of 1e-14 for all x; odd in x.
/// Throws std::invalid_argument for d < 1 or x not finite.
double langevin(int dimension, double x);

}  // namespace softmech
