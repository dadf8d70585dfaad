#include <softmech/scaling/posterior.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/minimize.hpp>
#include <softmech/scaling/quality.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

namespace {

/// From where the quality is best, which knows nothing of the process, and from many places.
Minimum most_probable(const Objective& minus_log, const std::vector<ScalingParameter>& parameters,
                      const Vector& basin) {
  Vector start(static_cast<Eigen::Index>(parameters.size())), steps = start;
  for (Eigen::Index i = 0; i < start.size(); ++i) {
    const ScalingParameter& parameter = parameters[static_cast<std::size_t>(i)];
    start[i] = i < basin.size() ? basin[i] : parameter.start;
    steps[i] = i < basin.size() ? 0.1 * parameter.scale : parameter.scale;
  }
  const Minimum near = minimize(minus_log, parameters, start, steps);
  const Minimum anywhere = minimize_from_many(minus_log, parameters, 100 * static_cast<int>(parameters.size()), 3);
  return near.value < anywhere.value ? near : anywhere;
}

/// Walkers scattered about the most probable place, each parameter by what lowers the log-likelihood by about 1.
RowMatrix scattered(const Objective& minus_log, const std::vector<ScalingParameter>& parameters, const Minimum& best,
                    Eigen::Index walkers, std::uint64_t seed) {
  const Vector steps = steps_that_raise(minus_log, parameters, best, 1);
  RandomStream random(seed, 0, "starts of walkers");
  RowMatrix start(walkers, steps.size());
  for (Eigen::Index walker = 0; walker < walkers; ++walker) {
    Vector place = best.place;
    double shrink = 1;  // near enough, places are as possible as the best
    do {
      for (Eigen::Index i = 0; i < place.size(); ++i) place[i] = best.place[i] + shrink * steps[i] * random.normal();
      shrink *= 0.9;
    } while (!std::isfinite(minus_log(place)));
    start.row(walker) = place.transpose();
  }
  return start;
}

}  // namespace

ScalingPosterior sample_posterior(const Ansatz& ansatz, const ScalingData& data, const SamplerSettings& settings) {
  CollapseLikelihood likelihood(ansatz, data);
  ScalingPosterior out;
  out.parameters = likelihood.parameters();
  const auto dimensions = static_cast<Eigen::Index>(out.parameters.size());
  const Objective minus_log = [&](VectorView parameters) { return -likelihood(parameters); };
  const Minimum best = most_probable(minus_log, out.parameters, quality_basin(ansatz, data));
  if (!std::isfinite(best.value))
    throw std::invalid_argument(
        "no parameters give these data a likelihood: look at their errors, which may be too small");

  const Eigen::Index walkers = settings.walkers > 0 ? settings.walkers : std::max<Eigen::Index>(16, 4 * dimensions);
  const RowMatrix start = scattered(minus_log, out.parameters, best, walkers, settings.seed);
  out.draws = sample_ensemble([&] { return CollapseLikelihood(ansatz, data); }, start, settings);

  out.most_probable = best.place;
  out.log_likelihood = -best.value;
  out.mean = out.draws.draws.colwise().mean().transpose();
  const RowMatrix centered = out.draws.draws.rowwise() - out.mean.transpose();
  out.covariance = centered.transpose() * centered / static_cast<double>(centered.rows());
  out.error = out.covariance.diagonal().cwiseSqrt();
  return out;
}

}  // namespace softmech
