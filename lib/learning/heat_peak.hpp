// The peak of the specific heat along training, found without sight of the test accuracy, and what it could be.
#pragma once

#include <softmech/learning/trace.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace softmech {

/// peak.*
struct PeakSettings {
  std::string curve = "specific_heat";
  std::string choice = "most_prominent";
  double prominence = 0.1;
  std::string prominence_unit = "range";
  double noise = 10;
  std::int64_t smoothing = 1;
  bool after_memorization = true;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for an even window.
  void check() const;
};

/// A place on a curve; NaN if there is none.
struct CurvePoint {
  double step = Trace::unknown, value = Trace::unknown, prominence = Trace::unknown;
};

struct CurvePeaks {
  CurvePoint chosen;  ///< as peak.choice says
  CurvePoint first, highest;
  CurvePoint maximum;       ///< of the whole run, ends and all epochs included; not necessarily a peak
  std::int64_t count = 0;   ///< of peaks that are prominent enough
  std::int64_t masked = 0;  ///< samples left out: instabilities, train accuracy below the level after memorization
};

/// Peaks of a curve as find_peaks() defines them, over the samples from memorization on (all samples if
/// peak.after_memorization is false) without instability epochs: the collapses of training that follow a loss spike
/// lift C for other reasons, and what rises into one and is lower after it was not seen to peak. The prominence asked
/// for is peak.prominence, times the curve's range over these samples for the unit "range", but at least peak.noise
/// times the noise of the curve (noise_of()): in white noise the largest excursions are 6 or 7 deviations, and
/// something is always a tenth of the range. With peak.smoothing > 1 the curve is a running median between
/// instabilities, and heights are its; the noise is that of the curve itself. A run that never memorizes has no peak
/// after it. Throws std::invalid_argument for a window of more than a fifth of the run's samples.
CurvePeaks find_curve_peaks(const Trace& trace, std::string_view curve, const PeakSettings& settings,
                            double memorization);

/// What C is if the gap x between two keys scatters over the rows of each head like a Gaussian of the recorded mean and
/// variance: the mean over heads of gaussian_gap_specific_heat() at a step of the trace. NaN if gaps were not recorded,
/// rows have another number of keys than 2, or their operator is not the softmax.
double predicted_specific_heat(const Trace& trace, double step);

}  // namespace softmech
