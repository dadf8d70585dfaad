// Frequency and damping of a mode from its periodograms.
#pragma once

#include <softmech/goldstone/line_shape.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace softmech {

/// The periodograms of one mode: a row per independent record, bins as in Periodogram.
struct ModeSpectra {
  RowMatrix records;
  bool real = false;          ///< of real records: bins ω and −ω are equal
  std::int64_t averaged = 1;  ///< segments of a record whose periodograms a row averages

  Vector mean() const { return records.colwise().mean(); }
};

struct LineFit {
  Line line;
  double frequency_error = 0, damping_error = 0, rate_error = 0;  ///< half widths of 68 % intervals
  double deviance = 0;                                            ///< 2 Σ records (ln f + Ī/f) over the bins used
  /// deviance/inflation + 2 · (free parameters): Akaike's, for bins that the taper correlates; 4 less for relaxations,
  /// which are the overdamped limit of oscillations.
  double criterion = 0;
  bool converged = false;
};

struct ModeFit {
  LineFit best;
  double low = 0, high = 0;  ///< |ω| of the bins used
  /// The pole |ω| (or the rate) is at least 2π · 3/duration; otherwise the numbers are not to be believed.
  bool resolved = false;
  double limit = 0;  ///< the smallest pole that this record resolves
};

struct LineFitSettings {
  std::int64_t simulations = 100;  ///< behind the errors of fewer than 8 records
  std::uint64_t seed = 1;
  bool travelling = false;  ///< whether waves of one direction are candidates
};

/// Fits line shapes on white noise around the highest peak and returns the best by `criterion`; nothing for a record
/// without power.
///
/// The fit maximizes Whittle's likelihood of the mean periodogram with its exact expectation (Periodogram::expected),
/// by Fisher's scoring, in a band of 8 half widths, at least 16 bins, on both sides of ±peak. Bins −1, 0, 1 are left
/// out. Errors are H⁻¹JH⁻¹ (sandwich): H is the expected curvature and J the covariance of the score, from its scatter
/// over 8 or more records (times Student's quantile), else from simulated records of the fitted line. So they hold for
/// lines far narrower than 2π/duration too.
std::optional<ModeFit> fit_mode(const ModeSpectra& spectra, Periodogram& periodogram,
                                const LineFitSettings& settings = {});

}  // namespace softmech
