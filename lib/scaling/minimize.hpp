// The lowest place of a function of a few parameters without its derivatives, from many starts.
#pragma once

#include <softmech/scaling/ansatz.hpp>

#include <functional>
#include <vector>

namespace softmech {

using Objective = std::function<double(VectorView)>;

struct Minimum {
  Vector place;
  double value = 0;
};

/// A simplex (Nelder & Mead, Comput. J. 7 (1965) 308; NLopt's, with bounds) from `start` with edges `steps`, until it
/// is `tolerance` of them small, and once more from there. f may be +∞, and jump.
Minimum minimize(const Objective& f, const std::vector<ScalingParameter>& box, const Vector& start, const Vector& steps,
                 double tolerance = 1e-3);

/// The least of the minima from `starts` places: the best of `scanned` that fill, evenly and always alike, what is
/// within 3 scales of the parameters' own starts.
Minimum minimize_from_many(const Objective& f, const std::vector<ScalingParameter>& box, int scanned, int starts);

/// Steps along each parameter that raise f by about `rise` above its value at a minimum, at most its scale.
Vector steps_that_raise(const Objective& f, const std::vector<ScalingParameter>& box, const Minimum& minimum,
                        double rise);

}  // namespace softmech
