// The run of infinitely many tokens: start, flow, record.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/mechanics/settings.hpp>
#include <softmech/models/token_settings.hpp>

namespace softmech {

/// Throws std::invalid_argument for parameters whose density no series follows.
void require_mean_field(const TokenSettings& tokens);

/// Follows the density of infinitely many tokens at d = 2 and records it.
/// Throws NumericalError when its modes no longer resolve it.
void follow_mean_field(const TokenSettings& tokens, const TokenStartSettings& start, SolverSettings solver,
                       const TimeGrid& time, Member& member);

}  // namespace softmech
