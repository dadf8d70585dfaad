// A field on a chain of sites, recorded as the amplitudes of its modes: what dispersion and damping are measured on.
#pragma once

#include <softmech/ensemble/member.hpp>
#include <softmech/program/keys.hpp>
#include <softmech/statistics/fourier.hpp>

#include <complex>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// The keys output.modes, output.modes_from … output.wavenumbers: when modes are recorded, and which.
struct ModeSettings {
  bool modes = false;
  double from = 0;
  double interval = 0;
  std::int64_t snapshots = 0;
  std::int64_t wavenumbers = 0;

  bool operator==(const ModeSettings&) const = default;
  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other or the end of the run. `largest_frequency` is the
  /// top of the band, an angular frequency; NaN: not known, the interval must then be given. `wavenumbers_only`:
  /// whether something else needs the wavenumbers where no modes are recorded.
  void check(double largest_frequency, double end, bool wavenumbers_only = false) const;
  /// The distance of two snapshots: the given one, or one of at least 8 per period of the largest frequency of which a
  /// whole number fits between the first and the end.
  double spacing(double largest_frequency, double end) const;
  /// The depths of the snapshots; none without output.modes.
  std::vector<double> depths(double largest_frequency, double end) const;
  /// A warning where a given interval has less than 4 snapshots per period of the largest frequency.
  std::string note(double largest_frequency) const;
};

enum class ChainEnds { periodic, open };

/// The wavenumbers of a chain of N sites and the amplitudes of a real field u_j, j = 0 … N−1, in orthonormal modes:
///   periodic  k = 2πn/N, n = 0 … N/2:  u_k = N^{−1/2} Σ_j u_j e^{−ikj}
///   open      k = πn/N,  n = 0 … N−1:  u_k = (c_n/N)^{1/2} Σ_j u_j cos(k(j + ½)), c_0 = 1, else 2; real
/// so that a mode of stiffness λ_k has ⟨|u_k|²⟩ = T/λ_k at either end. All of them, or the first and others at even
/// distances in ln n from the second to the last.
class ChainModes {
 public:
  /// @throws std::invalid_argument unless sites >= 2 and wavenumbers is 0 (all) or at least 2.
  ChainModes(Eigen::Index sites, ChainEnds ends, std::int64_t wavenumbers = 0);

  Eigen::Index sites() const { return sites_; }
  /// The n that are kept, ascending from 0.
  const std::vector<Eigen::Index>& numbers() const { return numbers_; }
  Vector wavenumbers() const;
  /// The axis `mode` of the kept modes.
  Axis axis() const;
  /// Records their wavenumbers.
  void record(Member& member) const;
  /// The amplitudes of the kept modes. O(N log N).
  void transform(const VectorView& field, Eigen::Ref<Eigen::VectorXcd> amplitudes) const;

 private:
  Eigen::Index sites_;
  ChainEnds ends_;
  std::vector<Eigen::Index> numbers_;
  mutable FourierTransform fourier_;  // a buffer: one thread at a time
};

/// Records snapshots of fields on a chain: NAME_real, NAME_imaginary (member, snapshot, mode) or, of a field of several
/// components, (member, snapshot, direction, mode), beside snapshot_time (member, snapshot) and wavenumber (member,
/// mode).
class ModeRecord {
 public:
  /// Declares the axis and records the wavenumbers; before the member resumes.
  ModeRecord(ChainModes modes, std::size_t snapshots, Member& member);

  /// Begins the next snapshot.
  void begin(double t) { series_.record("snapshot_time", t, "depth of the snapshot"); }
  /// A field of one number per site.
  void sample(std::string_view name, const VectorView& field, std::string_view meaning);
  /// A field of several: site × direction.
  void sample_directions(std::string_view name, const MatrixView& field, std::string_view meaning);

 private:
  void record(std::string_view name, const Eigen::MatrixXcd& amplitudes, const std::vector<Axis>& axes,
              std::string_view meaning);

  ChainModes modes_;
  Series series_;
};

}  // namespace softmech
