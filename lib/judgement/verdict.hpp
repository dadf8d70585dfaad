// The rule that turns a measured number into a verdict: one rule for all claims.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace softmech {

/// What an observable found in the data of a study.
struct Measurement {
  double value = std::numeric_limits<double>::quiet_NaN();
  double uncertainty = 0.0;  ///< one standard deviation, statistical and systematic together; round-off for exact laws
  std::int64_t sample_size = 0;  ///< independent units that went in: members, rows
  std::string remark = {};       ///< what the number alone does not say
};

/// The values a claim allows: an interval, fixed before the run. A closed end belongs to it, an open end does not.
struct Criterion {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false, high_open = false;

  static Criterion at_most(double bound) { return {.high = bound}; }
  static Criterion at_least(double bound) { return {.low = bound}; }
  static Criterion less_than(double bound) { return {.high = bound, .high_open = true}; }
  static Criterion greater_than(double bound) { return {.low = bound, .low_open = true}; }
  static Criterion between(double low, double high) { return {.low = low, .high = high}; }
  /// |value − target| ≤ tolerance. The tolerance is absolute: in units of the uncertainty, a poor measurement would
  /// agree with everything.
  static Criterion equals(double target, double tolerance) { return between(target - tolerance, target + tolerance); }

  bool contains(double value) const;
  /// "at most 1e-12", "between 0.97 and 1.03".
  std::string text() const;
};

enum class Verdict { supported, refuted, inconclusive };

/// "supported", "refuted" or "inconclusive".
std::string_view name(Verdict verdict);

/// Half the width of the interval of confidence in standard deviations: 95 % of a normal distribution.
inline constexpr double confidence_width = 1.959963984540054;

/// With the interval I = value ± 1.96·uncertainty: supported if all of I is allowed, refuted if none of it is,
/// inconclusive if I has both or if there is no number (not finite, a negative uncertainty, an empty sample).
Verdict judge(const Measurement& measurement, const Criterion& criterion);

}  // namespace softmech
