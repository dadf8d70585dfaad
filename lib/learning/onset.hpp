// When a run memorizes and when it generalizes, seen from its accuracies alone.
#pragma once

#include <softmech/learning/trace.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace softmech {

/// onset.* and memorization.*
struct OnsetSettings {
  std::string definition = "relative";
  double relative = 0.5;
  double absolute = 0.95;
  std::int64_t sustained = 1;
  double memorization = 0.99;

  void declare(Keys& keys);
};

/// The two definitions of the onset, in the order of Onset::step.
inline constexpr std::array<std::string_view, 2> onset_definitions{"relative", "absolute"};

/// The level of test accuracy that a run stays at between memorization and its rise.
struct Plateau {
  double baseline = Trace::unknown;
  bool found = false;  ///< false: test accuracy rises with train accuracy, and the baseline is its first sample
};

/// Events of a run, as recorded steps (no interpolation: a resolution of one sample); NaN for what never happens.
struct Onset {
  double memorization = Trace::unknown;  ///< first step with train accuracy >= memorization.accuracy
  Plateau plateau;
  std::array<double, 2> step{Trace::unknown, Trace::unknown};  ///< of generalization, per definition
};

/// The first sample with train accuracy at or above the level.
std::optional<std::size_t> memorized_at(const Trace& trace, double accuracy);

/// The plateau of test accuracy. The rise ends at the first sample, from memorization on, with 90 % of the highest test
/// accuracy that follows memorization. The baseline is the median over the first half of the samples between, which
/// neither a slow rise nor a late memorization of mirrored pairs reaches: with random splits (b, a) of a trained (a, b)
/// is right early, and the plateau lies near the train fraction. If these samples are fewer than 3, or their middle
/// half is wider than a quarter of onset.relative, there is no plateau.
Plateau plateau_of(const Trace& trace, const OnsetSettings& settings);

/// Onsets from accuracies, blind to all other curves; samples that are NaN do not count. relative: the first of
/// onset.sustained samples in a row with test accuracy >= baseline + onset.relative; above 1 nothing reaches it, and
/// there is no onset. absolute: the same with the level onset.absolute.
Onset find_onset(const Trace& trace, const OnsetSettings& settings);

}  // namespace softmech
