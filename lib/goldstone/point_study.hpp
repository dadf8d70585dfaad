// One point of a Goldstone analysis: the spectrum, line and correlations of every mode, and the law of ω(k).
#pragma once

#include <softmech/goldstone/correlations.hpp>
#include <softmech/goldstone/dispersion.hpp>
#include <softmech/goldstone/line_fit.hpp>
#include <softmech/goldstone/mode_data.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace softmech {

struct PointSettings {
  double largest_wavenumber = 0.6;  ///< of the laws; at least the 6 smallest k > 0 are taken
  double tolerance = 0.002;         ///< relative error that laws of k may have
  std::int64_t segments = 1;        ///< of a record, whose periodograms are averaged
  std::int64_t bins = 256;          ///< of the map S(k,ω), in ω
  std::int64_t lags = 256;          ///< of C(k,t)
  std::int64_t simulations = 100;
  std::uint64_t seed = 1;
};

/// How the mean over all sites moves where nothing holds it.
struct Drift {
  double velocity = 0;  ///< root mean square over the records of the slope of the mean
  double exponent = 0;  ///< ⟨|Δu|²⟩ ~ t^exponent: 2 ballistic, 1 diffusive, 0 bounded
};

struct ModeStudy {
  double wavenumber = 0;
  bool zero_mode = false;              ///< k = 0 without a restoring force: drifts, has no line
  std::optional<ModeFit> fit;          ///< none for zero modes and modes without power
  Estimate structure_factor{};         ///< S(k) = ⟨|u_k|²⟩ at equal depth
  std::optional<Asymmetry> asymmetry;  ///< none for real records and zero modes
  double power_at_edge = 0;            ///< share of the power in the highest tenth of frequencies
  ComplexVector correlations;          ///< C(k,t)
  Vector spectrum;                     ///< S(k,ω) in the bins of PointStudy::frequencies

  bool resolved() const { return fit && fit->resolved && fit->best.converged; }
  /// |ω|, or the rate of an overdamped mode, with its error; NaN unless resolved.
  Estimate pole() const;
};

struct PointStudy {
  ModePoint point;  ///< without its records
  std::vector<ModeStudy> modes;
  std::size_t records = 0;
  double duration = 0;
  bool open = false;  ///< an open chain: its modes are real
  Vector frequencies;                    ///< ω of the map's bins, both signs
  std::vector<Vector> longitudinal;      ///< S(k,ω) along the order parameter, per mode; none for phases
  Vector longitudinal_structure_factor;  ///< its ⟨|u_k − ⟨u_k⟩|²⟩
  std::optional<RowMatrix> space;        ///< C(r,t), if all k of at most 4096 sites are recorded
  std::optional<Drift> drift;
  std::optional<DispersionStudy> dispersion;
  std::optional<PowerLaw> damping;
  double stiffness = 0, stiffness_error = 0;                ///< m c², density 1; NaN without sound
  double static_stiffness = 0, static_stiffness_error = 0;  ///< T/(κ² S(k)) as k → 0

  /// What to know before one believes the numbers: what was not resolved, sampled too slowly, or is no line.
  std::vector<std::string> notes() const;
  /// The mode of the largest asymmetry in standard deviations, and that number; none, NaN if all records are real.
  const ModeStudy* most_asymmetric() const;
  double asymmetry_significance() const;
  /// (m c² − helicity modulus)/error; NaN where one is missing, and in open chains, whose ends give way to any twist.
  double stiffness_deviation() const;
};

/// Parallel over modes; the same bits for any number of threads.
PointStudy study_point(ModePoint point, const PointSettings& settings = {});

}  // namespace softmech
