// Linear theory of a token field: the modes about the state at rest that its run leads to.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/mechanics/mode_spectrum.hpp>
#include <softmech/models/mode_record.hpp>
#include <softmech/models/token_rest.hpp>
#include <softmech/models/token_settings.hpp>

namespace softmech {

/// The directions along and across the order: orthonormal columns, the first along Σ_i x_i (n × d).
Matrix order_frame(const RowMatrixView& x);

/// The share of the rotary angles by which tokens at rest turn back: that of the heads that are turned.
double rotary_share(const TokenWeights& weights);

/// The mean stiffness of the waves across the order, u_j = c_k(j) P_j t for every direction t across it, c_k the cosine
/// modes of the open chain, seen in the frame that turns with the tokens at rest: λ_k = ⟨u, −Ju⟩/⟨u, u⟩, per mode. NaN
/// where such a wave is no mode: −Ju − λu above a fifth of the largest entry's scale, or the directions differ by more
/// than 5 %.
Vector wave_stiffness(const TokenField& field, const TokenRest& rest, const Matrix& basis, const Matrix& jacobian,
                      const ChainModes& modes);

/// Finds the state at rest and records zero_modes, zero_modes_expected (dim G/H), mode_eigenvalue_real, _imaginary
/// (member, eigenvalue), mode_messages, rest_force and, by the wavenumber, frequency_linear and damping_linear (member,
/// mode); with rotary positions also plane_order (member, plane) and breaking_eigenvalue (member, direction). NaN where
/// nothing comes to rest. Costs 4n(d − 1) forces and O(n³d³) an iteration.
void record_linear_theory(const TokenField& field, const TokenSettings& settings, const VectorView& x,
                          std::int64_t wavenumbers, Member& member);

}  // namespace softmech
