#include <softmech/judgement/verdict.hpp>

#include <fmt/format.h>

#include <cmath>

namespace softmech {

bool Criterion::contains(double value) const {
  const bool above = low_open ? value > low : value >= low;
  const bool below = high_open ? value < high : value <= high;
  return above && below;
}

std::string Criterion::text() const {
  if (std::isinf(low)) return fmt::format("{} {:g}", high_open ? "less than" : "at most", high);
  if (std::isinf(high)) return fmt::format("{} {:g}", low_open ? "greater than" : "at least", low);
  return fmt::format("between {:g} and {:g}", low, high);
}

std::string_view name(Verdict verdict) {
  switch (verdict) {
    case Verdict::supported:
      return "supported";
    case Verdict::refuted:
      return "refuted";
    case Verdict::inconclusive:
      break;
  }
  return "inconclusive";
}

Verdict judge(const Measurement& m, const Criterion& criterion) {
  if (!std::isfinite(m.value) || !std::isfinite(m.uncertainty) || m.uncertainty < 0 || m.sample_size < 1) {
    return Verdict::inconclusive;
  }
  const double lowest = m.value - confidence_width * m.uncertainty,
               highest = m.value + confidence_width * m.uncertainty;
  if (criterion.contains(lowest) && criterion.contains(highest)) return Verdict::supported;
  const bool below = highest < criterion.low || (highest == criterion.low && criterion.low_open);
  const bool above = lowest > criterion.high || (lowest == criterion.high && criterion.high_open);
  return below || above ? Verdict::refuted : Verdict::inconclusive;
}

}  // namespace softmech
