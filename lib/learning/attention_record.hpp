// Thermodynamics of the attention of a network, head by head, from the scores of a batch.
#pragma once

#include <softmech/attention/operators.hpp>
#include <softmech/geometry/vector.hpp>
#include <softmech/learning/network.hpp>
#include <softmech/learning/network_shape.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace softmech {

/// What the attention rows of one head are like: means over the rows of the last token, one per example, unless said
/// otherwise. Energies E = -q·k at T = √d_h, so z = -E/T; keys j = 1 … n; p the weights; k_B = 1, entropies in nats.
struct HeadThermodynamics {
  double internal_energy = 0;            ///< U = Σ p E
  double entropy = 0;                    ///< S of the attention operator
  double free_energy = 0;                ///< F = U − T S
  double specific_heat = 0;              ///< C = dU/dT; for the softmax Var_p(E)/T²
  double internal_energy_error = 0;      ///< standard error of U as a mean over rows
  double entropy_error = 0;              ///< the same of S
  double free_energy_error = 0;          ///< the same of F
  double specific_heat_error = 0;        ///< the same of C
  double specific_heat_all_queries = 0;  ///< C as a mean over the rows of all tokens; a row over one key counts as 0
  double specific_heat_pooled = 0;       ///< variance of all z, every row and key counted once
  double specific_heat_normalized = 0;   ///< C/ln² n
  double specific_heat_over_bound = 0;   ///< C/C*_n, C*_n the largest of a softmax: specific_heat_bound()
  double energy_variance_within = 0;     ///< E[Var_p(E)|row], the first part of the total variance
  double energy_variance_between = 0;    ///< Var over rows of U, the second part
  double logit_mean = 0;                 ///< mean of z, every row and key counted once
  double logit_rms = 0;                  ///< root mean square of z
  double logit_spread = 0;               ///< root mean square of z − (mean of z in its row): what attention sees
  double gap_mean = 0;                   ///< mean of the energy gap (E_1 − E_2)/T = z_2 − z_1 between the operands
  double gap_variance = 0;               ///< its variance over rows
};

/// Name, member and meaning of each quantity, in the order of output.
struct HeadQuantity {
  std::string_view name;
  double HeadThermodynamics::*value;
  std::string_view meaning;
  bool is_error = false;  ///< errors of heads add in quadrature
};
std::span<const HeadQuantity> head_quantities();

/// The heads of all layers, layer by layer. The rows of earlier tokens enter specific_heat_all_queries only.
template <class Scalar>
std::vector<HeadThermodynamics> head_thermodynamics(const AttentionScores<Scalar>& scores, const NetworkShape& shape);

/// The heads' mean, and its standard error where the heads' are standard errors. Of the gap's mean the absolute value
/// counts, because which operand a head prefers is of no consequence; the pooled specific heat is the variance of the z
/// of all heads together.
HeadThermodynamics mean_over_heads(const std::vector<HeadThermodynamics>& heads);

/// A control in which attention gets stronger without learning anything: the mean C over rows and heads of op(a z), z
/// being fixed scores, whose heads are `own`, and a, head by head, the factor that gives them the logit_spread of
/// `present`.
template <class Scalar>
double scale_matched_specific_heat(const AttentionScores<Scalar>& scores, const NetworkShape& shape,
                                   const std::vector<HeadThermodynamics>& own,
                                   const std::vector<HeadThermodynamics>& present);

}  // namespace softmech
