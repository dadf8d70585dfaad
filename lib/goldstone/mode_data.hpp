// Fourier modes of a field along depth, as simulations record them: the data of the Goldstone analysis.
#pragma once

#include <softmech/goldstone/periodogram.hpp>

#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace softmech {

/// What an ensemble.h5 must hold. The axes `snapshot`, `mode` and `direction` are plain indices 0, 1, …, so that
/// members of a sweep may differ in length along them (the shorter are filled with NaN) and in the values that belong
/// to them:
///
///   snapshot_time(member, snapshot)       depth t of each snapshot, equally spaced
///   wavenumber(member, mode)              k >= 0: 2πn/N in periodic systems, πn/N in open ones; any choice of n,
///   rising phase_real(member, snapshot, mode)    Re and Im of u_k(t) = N^{-1/2} Σ_j u_j(t) e^{-ikj} for the phase u_j:
///   unwrapped phase_imaginary(…)                    in time, the ground state (helix) taken off. Open systems have
///   cosine modes,
///                                         with imaginary part 0: u_k = √(2/N) Σ_j u_j cos k(j + ½), without √2 for k =
///                                         0
///
/// or, for fields of unit vectors in d dimensions, the parts across and along the order parameter:
///
///   transverse_real, transverse_imaginary(member, snapshot, direction, mode)     d − 1 directions
///   longitudinal_real, longitudinal_imaginary(member, snapshot, mode)
///
/// and, where they are known (NaN where they are not):
///
///   frequency_linear, damping_linear(member, mode)       linear theory. Oscillation: ω and Γ of ü + Γu̇ + ω²u = 0, so
///   that
///                                                        u decays as e^{-Γt/2}; first order: ω = 0 and Γ of u̇ + Γu =
///                                                        0; waves of one direction: ω signed, u ~ e^{-iωt - Γt/2}
///   zero_modes, zero_modes_expected(member)              counted in the Hessian; dim G/H
///   helicity_modulus, helicity_modulus_error(member)     stiffness per rotor
///   stability, mode_messages(member)                     text: what linear theory says of the state at rest, unless
///                                                        "stable" or empty
///
/// Parameters are variables on `member` that `coordinates` attributes list (Member::coordinate does it). `temperature`,
/// `field`, `mass` and `rotors` or `tokens` are understood; members that differ in `replica` alone are replicas of a
/// point. With kernel coordinates and the like these are the coordinates of the points of the analysis.
using PointCoordinate = std::pair<std::string, std::variant<double, std::string>>;

/// One point: the records of all its replicas and directions.
struct ModePoint {
  std::vector<PointCoordinate> coordinates;  ///< without replica
  double interval = 0;                       ///< depth between snapshots
  Vector wavenumbers;
  std::vector<ComplexMatrix> records;       ///< u_k(t), snapshots × modes, one per replica and direction
  std::vector<ComplexMatrix> longitudinal;  ///< none for phases
  Vector frequency_linear, damping_linear;  ///< NaN where unknown, as all below
  double zero_modes = std::numeric_limits<double>::quiet_NaN();
  double zero_modes_expected = std::numeric_limits<double>::quiet_NaN();
  double helicity_modulus = std::numeric_limits<double>::quiet_NaN();  ///< mean over the replicas
  double helicity_modulus_error = std::numeric_limits<double>::quiet_NaN();

  std::string message;  ///< of linear theory, the first of the replicas'; empty if it has nothing to say

  /// The coordinate as a number; `otherwise` if there is none, it is text or NaN.
  double number(std::string_view coordinate, double otherwise = std::numeric_limits<double>::quiet_NaN()) const;
  /// Whether the records of a mode are real: open boundaries, k = 0 and k = π.
  bool real(Eigen::Index mode) const;
  /// Snapshots times interval.
  double duration() const { return interval * static_cast<double>(records.front().rows()); }
  /// "temperature = 0.01, kernel = power" of the coordinates that `varying` names; "all members" of none.
  std::string label(std::span<const std::string> varying) const;
};

struct ModeSource {
  std::string field = "soft";     ///< "soft": phase or transverse, "longitudinal"
  bool directions_apart = false;  ///< each direction a point of its own, with the coordinate "direction"
  double start = 0;               ///< depth before which snapshots are left out
};

/// The points of some files, in the order of their first members. Throws StoreError, with what to do, for files without
/// modes, fewer than 64 snapshots, unequal spacing, missing numbers, and replicas that do not fit together.
std::vector<ModePoint> read_modes(std::span<const std::filesystem::path> files, const ModeSource& source = {});

/// The names of the coordinates that differ between points.
std::vector<std::string> varying_coordinates(std::span<const ModePoint> points);

}  // namespace softmech
