#include <softmech/goldstone/point_study.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace softmech {

using std::numbers::pi;

namespace {

using Notes = std::vector<std::string>;

void note_resolution(const PointStudy& study, Notes& notes) {
  std::vector<const ModeStudy*> slow;
  for (const ModeStudy& mode : study.modes) {
    if (mode.fit && !mode.fit->resolved) slow.push_back(&mode);
  }
  if (slow.empty()) return;
  notes.push_back(fmt::format(
      "{} of {} modes, k = {:.4g} to {:.4g}, have fewer than 3 periods in the record (duration {:g}): their frequency "
      "or rate is only known to be below {:.3g}; record longer to resolve them",
      slow.size(), study.modes.size(), slow.front()->wavenumber, slow.back()->wavenumber, study.duration,
      slow.front()->fit->limit));
}

void note_sampling(const PointStudy& study, Notes& notes) {
  const double nyquist = pi / study.point.interval;
  double highest = 0, edge = 0;
  for (const ModeStudy& mode : study.modes) {
    if (mode.resolved() && mode.fit->best.line.damping < std::abs(mode.fit->best.line.frequency))
      highest = std::max(highest, std::abs(mode.fit->best.line.peak()) + mode.fit->best.line.damping);
    if (!mode.zero_mode) edge = std::max(edge, mode.power_at_edge);
  }
  for (const double linear : study.point.frequency_linear) {
    if (!std::isnan(linear)) highest = std::max(highest, std::abs(linear));
  }
  if (highest > 0.8 * nyquist)
    notes.push_back(
        fmt::format("sampling is too slow: frequencies reach {:.3g} and snapshots every {:g} resolve "
                    "{:.3g}; record at least every {:.2g}",
                    highest, study.point.interval, nyquist, 0.5 * pi / highest));
  else if (edge > 0.03)
    notes.push_back(
        fmt::format("up to {:.0f} % of a mode's power is in the highest tenth of frequencies, near "
                    "{:.3g}: faster motion is folded in; record more often than every {:g}",
                    100 * edge, nyquist, study.point.interval));
}

/// What of S(k) is no line: a static texture, or jumps between states.
void note_rest(const PointStudy& study, Notes& notes) {
  std::size_t lines = 0, partial = 0;
  for (const ModeStudy& mode : study.modes) {
    lines += mode.resolved();
    partial += mode.resolved() && mode.fit->best.line.amplitude < 0.5 * mode.structure_factor.value;
  }
  if (2 * partial > lines)
    notes.push_back(
        fmt::format("in {} of {} modes less than half of S(k) is in the line: the rest is static (a "
                    "winding, a state that is not the ground state), slow, or broad",
                    partial, lines));
}

void note_asymmetry(const PointStudy& study, Notes& notes) {
  const ModeStudy* largest = study.most_asymmetric();
  if (largest && study.asymmetry_significance() > 5)
    notes.push_back(fmt::format(
        "C(t) and C(-t) differ: at k = {:.4g} the asymmetry is {:.3f} ± {:.3f}, {:.0f} "
        "standard deviations from reciprocal forces",
        largest->wavenumber, largest->asymmetry->value, largest->asymmetry->error, study.asymmetry_significance()));
}

void note_laws(const PointStudy& study, Notes& notes) {
  if (study.dispersion) return;
  const auto resolved = std::ranges::count_if(study.modes, &ModeStudy::resolved);
  notes.push_back(
      fmt::format("no law of k: fewer than 3 modes of one kind are resolved in its range ({} of all {}); "
                  "record longer, or raise fit.largest_wavenumber",
                  resolved, study.modes.size()));
}

}  // namespace

Notes PointStudy::notes() const {
  Notes notes;
  if (!point.message.empty()) notes.push_back("linear theory: " + point.message);
  note_laws(*this, notes);
  note_resolution(*this, notes);
  note_sampling(*this, notes);
  note_rest(*this, notes);
  note_asymmetry(*this, notes);
  return notes;
}

}  // namespace softmech
