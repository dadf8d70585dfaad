// The run of infinitely many tokens: start, flow, record.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/mechanics/settings.hpp>
#include <softmech/models/token_settings.hpp>

#include <string>

namespace softmech {

/// Throws std::invalid_argument for parameters whose density no series follows.
void require_mean_field(const TokenSettings& tokens);

/// The stepper that integrates the density over such a depth: solver.stepper, or for "auto" the one that fits its flow.
std::string mean_field_stepper(const TokenSettings& tokens, const SolverSettings& solver, const TimeGrid& time);

/// Follows the density of infinitely many tokens at d = 2 and records it, with the name of the stepper as a coordinate.
/// bdf's absolute tolerance is at most rel_tol times the start's amplitude, so that order grows out of any.
/// Throws NumericalError when its modes no longer resolve it.
void follow_mean_field(const TokenSettings& tokens, const TokenStartSettings& start, SolverSettings solver,
                       const TimeGrid& time, Member& member);

}  // namespace softmech
