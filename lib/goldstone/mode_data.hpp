// Fourier modes of a field along depth, as simulations record them: the data of the Goldstone analysis.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <complex>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace softmech {

/// What an ensemble.h5 must hold. The axes `snapshot`, `mode` and `direction` are plain indices 0, 1, …, so that members
/// of a sweep may differ in length along them (the shorter are filled with NaN) and in the values that belong to them:
///
///   snapshot_time(member, snapshot)       depth t of each snapshot, equally spaced
///   wavenumber(member, mode)              k >= 0: 2πn/N in periodic systems, πn/N in open ones; any choice of n, rising
///   phase_real(member, snapshot, mode)    Re and Im of u_k(t) = N^{-1/2} Σ_j u_j(t) e^{-ikj} for the phase u_j: unwrapped
///   phase_imaginary(…)                    in time, the ground state (helix) taken off. Open systems have cosine modes,
///                                         with imaginary part 0: u_k = √(2/N) Σ_j u_j cos k(j + ½), without √2 for k = 0
///
/// or, for fields of unit vectors in d dimensions, the parts across and along the order parameter:
///
///   transverse_real, transverse_imaginary(member, snapshot, direction, mode)     d − 1 directions
///   longitudinal_real, longitudinal_imaginary(member, snapshot, mode)
///
/// and, where they are known (NaN where they are not):
///
///   frequency_linear, damping_linear(member, mode)       linear theory. Oscillation: ω and Γ of ü + Γu̇ + ω²u = 0, so that
///                                                        u decays as e^{-Γt/2}; first order: ω = 0 and Γ of u̇ + Γu = 0;
///                                                        waves of one direction: ω signed, u ~ e^{-iωt - Γt/2}
///   zero_modes, zero_modes_expected(member)              counted in the Hessian; dim G/H
///   helicity_modulus, helicity_modulus_error(member)     stiffness per rotor
///
/// Parameters are variables on `member` that `coordinates` attributes list (Member::coordinate does it). `temperature`,
/// `field`, `mass` and `rotors` or `tokens` are understood; members that differ in `replica` alone are replicas of a
/// point.
struct ModePoint;

}  // namespace softmech
