// Thermodynamics of softmax rows from their energies: Z, F, U, S, C and their companions, for one row or a batch.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "softmech/geometry/vector.hpp"

namespace softmech {

/// The quantities of one row over n keys (Value = double), or of a batch, one entry per row (Value = Vector).
/// p = softmax(-E/T), x = (E - E_min)/T, k_B = 1, entropies in nats.
template <class Value>
struct Thermodynamics {
  Value log_partition;             ///< ln Z = ln Σ e^{-E/T}
  Value free_energy;               ///< F = -T ln Z
  Value internal_energy;           ///< U = Σ p E
  Value entropy;                   ///< S = -Σ p ln p = (U - F)/T
  Value specific_heat;             ///< C = Var_p(E)/T² = dU/dT = Var_p(ln p)
  Value specific_heat_normalized;  ///< C/ln² n; 0 for n = 1
  Value specific_heat_over_bound;  ///< C/C*_n ≤ 1, see bound.hpp; 0 for n = 1
  Value energy_variance;           ///< Var_p(E) = T² C
  Value participation;             ///< 1/Σ p², the effective number of keys
  Value max_weight;                ///< max p
  Value logit_mean;                ///< Σ z/n of the logits z = -E/T, every key counted once
  Value logit_variance;            ///< Σ (z - logit_mean)²/n: the row's share of the pooled specific heat

  /// Name and member of every quantity, in this order: one list for all output.
  static constexpr auto quantities() {
    using Self = Thermodynamics;
    return std::array<std::pair<std::string_view, Value Self::*>, 12>{{
        {"log_partition", &Self::log_partition},
        {"free_energy", &Self::free_energy},
        {"internal_energy", &Self::internal_energy},
        {"entropy", &Self::entropy},
        {"specific_heat", &Self::specific_heat},
        {"specific_heat_normalized", &Self::specific_heat_normalized},
        {"specific_heat_over_bound", &Self::specific_heat_over_bound},
        {"energy_variance", &Self::energy_variance},
        {"participation", &Self::participation},
        {"max_weight", &Self::max_weight},
        {"logit_mean", &Self::logit_mean},
        {"logit_variance", &Self::logit_variance},
    }};
  }
};

using RowThermodynamics = Thermodynamics<double>;
using BatchThermodynamics = Thermodynamics<Vector>;

/// Which code sums over the keys: the vectorized kernel, or the plain loops with std::exp that it is tested against.
enum class Kernel { fast, reference };

/// All quantities of one row. energies: n ≥ 1 finite numbers; T > 0, in units of energy.
///
/// Safe for n up to 1e7 and |E|/T up to 1e5 (and far beyond). Relative accuracy is kept where quantities vanish: S and
/// C of a frozen row down to gaps of 708 T (zero beyond), C of a tiny variance on a large offset or at T → ∞. The
/// result depends on the energies and T alone, bit for bit, not on where the row lies in memory or in a batch. Throws
/// std::invalid_argument for an empty row, energies that are not finite, or T ≤ 0.
RowThermodynamics thermodynamics(VectorView energies, double temperature, Kernel kernel = Kernel::fast);

/// The same for every row of energies (rows × keys), at one temperature or at one temperature per row.
BatchThermodynamics thermodynamics_batch(RowMatrixView energies, double temperature, Kernel kernel = Kernel::fast);
BatchThermodynamics thermodynamics_batch(RowMatrixView energies, VectorView temperatures, Kernel kernel = Kernel::fast);

/// Law of total variance over a batch whose rows (queries) are equally likely.
struct VarianceSplit {
  double within = 0;   ///< E[Var(E|query)]: mean over rows of Var_p(E)
  double between = 0;  ///< Var(E[E|query]): variance over rows of U
  double total = 0;    ///< Var(E) = within + between
};
VarianceSplit energy_variance_split(const BatchThermodynamics& rows);

/// Pooled specific heat: the unweighted variance of all logits z = -E/T of a batch, every row over equally many keys.
double specific_heat_pooled(const BatchThermodynamics& rows);

}  // namespace softmech
