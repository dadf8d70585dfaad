#include <softmech/statistics/moments.hpp>

#include <cmath>
#include <limits>

namespace softmech {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
}

void Moments::Sum::add(double term) {
  const double sum = value + term;
  rest += std::abs(value) >= std::abs(term) ? (value - sum) + term : (term - sum) + value;
  value = sum;
}

void Moments::add(double value) {
  ++count_;
  const double before = (value - mean_.value) - mean_.rest;  // two steps: the rest is below the rounding of the value
  mean_.add(before / static_cast<double>(count_));
  const double after = (value - mean_.value) - mean_.rest;
  squares_.add(before * after);
}

void Moments::merge(const Moments& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = other;
    return;
  }
  const auto here = static_cast<double>(count_), there = static_cast<double>(other.count_), all = here + there;
  const double shift = (other.mean_.value - mean_.value) + (other.mean_.rest - mean_.rest);
  mean_.add(shift * (there / all));
  squares_.add(other.squares_.value);
  squares_.add(other.squares_.rest);
  squares_.add(shift * shift * (here * (there / all)));
  count_ += other.count_;
}

double Moments::mean() const { return count_ == 0 ? unknown : mean_.total(); }

double Moments::variance() const {
  return count_ < 2 ? unknown : squares_.total() / static_cast<double>(count_ - 1);
}

double Moments::standard_deviation() const { return std::sqrt(variance()); }

double Moments::standard_error() const { return std::sqrt(variance() / static_cast<double>(count_)); }

}  // namespace softmech
