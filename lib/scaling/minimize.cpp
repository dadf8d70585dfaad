#include <softmech/scaling/minimize.hpp>

#include <nlopt.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>

namespace softmech {

namespace {

double evaluate(unsigned count, const double* place, double*, void* objective) {
  return (*static_cast<const Objective*>(objective))(Eigen::Map<const Vector>(place, count));
}

Vector of_each(const std::vector<ScalingParameter>& box, double ScalingParameter::*field) {
  Vector values(static_cast<Eigen::Index>(box.size()));
  for (std::size_t i = 0; i < box.size(); ++i) values[static_cast<Eigen::Index>(i)] = box[i].*field;
  return values;
}

/// From `at`, moved into the box, to the lowest place found.
void run_simplex(const Objective& f, const std::vector<ScalingParameter>& box, const Vector& steps, double tolerance,
                 Minimum& at) {
  const auto count = static_cast<unsigned>(box.size());
  const std::unique_ptr<nlopt_opt_s, void (*)(nlopt_opt)> search(nlopt_create(NLOPT_LN_NELDERMEAD, count),
                                                                 nlopt_destroy);
  const Vector low = of_each(box, &ScalingParameter::low), high = of_each(box, &ScalingParameter::high);
  const Vector smallest = tolerance * steps;
  at.place = at.place.cwiseMax(low).cwiseMin(high);
  nlopt_set_min_objective(search.get(), evaluate, const_cast<Objective*>(&f));
  nlopt_set_lower_bounds(search.get(), low.data());
  nlopt_set_upper_bounds(search.get(), high.data());
  nlopt_set_initial_step(search.get(), steps.data());
  nlopt_set_xtol_abs(search.get(), smallest.data());
  nlopt_set_maxeval(search.get(), 400 * static_cast<int>(count));
  const nlopt_result result = nlopt_optimize(search.get(), at.place.data(), &at.value);
  if (result < 0 && result != NLOPT_ROUNDOFF_LIMITED)
    throw std::runtime_error(std::string("the search for the best collapse failed: ") + nlopt_result_to_string(result));
}

/// Place k of Roberts' sequence: multiples of the inverse powers of the root of g^(n+1) = g + 1, modulo 1.
Vector evenly(Eigen::Index k, const Vector& low, const Vector& high) {
  const Eigen::Index count = low.size();
  double g = 1.5;
  for (int i = 0; i < 60; ++i) g = std::pow(1 + g, 1 / (static_cast<double>(count) + 1));
  Vector place(count);
  double power = 1;
  for (Eigen::Index i = 0; i < count; ++i) {
    power /= g;
    const double turns = 0.5 + static_cast<double>(k) * power;
    place[i] = low[i] + (turns - std::floor(turns)) * (high[i] - low[i]);
  }
  return place;
}

}  // namespace

Minimum minimize(const Objective& f, const std::vector<ScalingParameter>& box, const Vector& start, const Vector& steps,
                 double tolerance) {
  Minimum at{start, 0};
  if (box.empty()) return {start, f(start)};
  for (int round = 0; round < 2; ++round) run_simplex(f, box, steps, tolerance, at);
  return at;
}

Minimum minimize_from_many(const Objective& f, const std::vector<ScalingParameter>& box, int scanned, int starts) {
  const Vector start = of_each(box, &ScalingParameter::start), scale = of_each(box, &ScalingParameter::scale);
  const Vector low = (start - 3 * scale).cwiseMax(of_each(box, &ScalingParameter::low));
  const Vector high = (start + 3 * scale).cwiseMin(of_each(box, &ScalingParameter::high));
  std::vector<Minimum> places;
  for (int k = 0; k < scanned; ++k) {
    const Vector place = evenly(k, low, high);
    places.push_back({place, f(place)});
  }
  const auto lower = [](const Minimum& a, const Minimum& b) { return a.value < b.value; };
  starts = std::min(starts, scanned);
  std::partial_sort(places.begin(), places.begin() + starts, places.end(), lower);
  Minimum best = places.front();
  for (int k = 0; k < starts; ++k) {
    const Minimum found = minimize(f, box, places[static_cast<std::size_t>(k)].place, 0.5 * scale);
    if (found.value < best.value) best = found;
  }
  return best;
}

Vector steps_that_raise(const Objective& f, const std::vector<ScalingParameter>& box, const Minimum& minimum,
                        double rise) {
  Vector steps = of_each(box, &ScalingParameter::scale);
  for (Eigen::Index i = 0; i < steps.size(); ++i) {
    const auto rises = [&](double step) {
      Vector place = minimum.place;
      place[i] += step;
      return f(place) > minimum.value + rise;
    };
    const double least = 1e-6 * steps[i];
    while (steps[i] > least && (rises(steps[i]) && rises(-steps[i]))) steps[i] /= 2;
  }
  return steps;
}

}  // namespace softmech
