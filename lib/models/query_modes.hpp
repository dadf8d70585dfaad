// The normal modes of a query about its equilibrium, as a simulated path shows them.
#pragma once

#include <softmech/models/query.hpp>

namespace softmech {

/// Angular frequency ω of each of the n-1 normal modes, measured on a path y(t_k) (columns) sampled at equal distances
/// `interval` close to the equilibrium: the path in normal coordinates about y* = √p*, one oscillation per mode. For
/// the softmax every ω² = T/m, since Hess F(p*) = T·g (docs/theory.md, section 2). NaN for a mode that does not
/// oscillate.
Vector mode_frequencies(const QuerySystem& query, MatrixView path, double interval);

}  // namespace softmech
