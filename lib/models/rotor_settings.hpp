// The keys of a rotor field and of its sampling in equilibrium.
#pragma once

#include <softmech/models/rotor_coupling.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>

namespace softmech {

struct RotorSettings {
  std::int64_t rotors = 256;
  std::string lattice = "chain";
  std::string boundary = "periodic";
  std::string kernel = "all";
  std::string scores = "nearest";
  double attention_beta = 1;
  double alpha = 2;
  bool images = false;
  double range = 1;
  std::string file = {};
  NumberOrWord twist = 0.0;
  std::int64_t rope_plane = 0;
  std::int64_t rope_dim = 128;
  double rope_base = 1e4;
  double field = 0;
  double mass = 1;
  double friction = 1;
  double temperature = 0.5;
  std::string dynamics = "cluster";

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;

  RotorLattice sites() const;
  /// Whether the couplings are a table of model.file, with a strength for every pair.
  bool has_file() const { return couplings() == "file"; }
  /// The kernel that J_ij comes from: `scores` inside the softmax.
  const std::string& couplings() const { return kernel == "softmax" ? scores : kernel; }
  /// J by displacements. Throws std::invalid_argument for a file: RotorSystem reads it.
  RotorCoupling coupling() const;
  /// Ω of model.twist: "rope" stands for rope_base^(-2 rope_plane/rope_dim). Where the boundary is periodic, the
  /// multiple of 2π/length that it is up to its rounding.
  double twist_per_site() const;
  /// Whether rotors move along their Lagrangian's flow, so that mass (and the kinetic energy) mean something.
  bool has_momenta() const { return dynamics == "microcanonical" || dynamics == "langevin"; }
  /// Γ of the motion: 0 unless it is "langevin" or "overdamped".
  double friction_of_motion() const;
  /// Throws std::invalid_argument, which says what calls for clusters, unless clusters can sample such rotors.
  void require_clusters(const std::string& with) const;
};

/// How a field is sampled: sampling.*, in sweeps, which reflect about N rotors each.
struct RotorSamplingSettings {
  std::int64_t thermalize = 200;
  std::int64_t sweeps = 2000;
  bool series = false;

  bool operator==(const RotorSamplingSettings&) const = default;
  void declare(Keys& keys);
  /// Throws std::invalid_argument if any is set of rotors that move.
  void check(const RotorSettings& rotors) const;
};

}  // namespace softmech
