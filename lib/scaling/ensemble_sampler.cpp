#include <softmech/scaling/ensemble_sampler.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/scaling/walker_chain.hpp>

#include <fmt/format.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace softmech {

namespace {

using LogDensity = std::function<double(VectorView)>;

class Ensemble {
 public:
  Ensemble(const std::function<LogDensity()>& density, const RowMatrix& start, std::uint64_t seed)
      : density_(density), positions_(start), proposals_(start), log_densities_(start.rows()) {
    for (Eigen::Index walker = 0; walker < start.rows(); ++walker) {
      random_.emplace_back(seed, static_cast<std::uint32_t>(walker), "stretch moves");
      log_densities_[walker] = density_.local()(start.row(walker).transpose());
      if (!std::isfinite(log_densities_[walker]))
        throw std::invalid_argument(fmt::format("walker {} starts where the log-density is {}: must be finite", walker,
                                                log_densities_[walker]));
    }
    accepted_.setZero(start.rows());
  }

  /// A move of every walker: first those of one half, then, against their new places, those of the other.
  void step() {
    const Eigen::Index half = positions_.rows() / 2;
    for (const Eigen::Index begin : {Eigen::Index{0}, half}) {
      tbb::parallel_for(begin, begin + half, [&](Eigen::Index walker) { stretch(walker, half - begin, half); });
    }
    ++steps_;
  }

  const RowMatrix& positions() const { return positions_; }
  double mean_log_density() const { return log_densities_.mean(); }
  double acceptance() const { return accepted_.mean() / static_cast<double>(std::max<std::int64_t>(1, steps_)); }

 private:
  /// Y = X_k + z (X_w − X_k), z from g(z) ~ 1/√z on [½, 2], accepted with z^{d−1} π(Y)/π(X_w) (eqs. 7–9).
  void stretch(Eigen::Index walker, Eigen::Index first_other, Eigen::Index others) {
    RandomStream& random = random_[static_cast<std::size_t>(walker)];
    const auto other = first_other + static_cast<Eigen::Index>(random.below(static_cast<std::uint64_t>(others)));
    const double root = 1 + random.uniform(), z = 0.5 * root * root;
    const double log_uniform = std::log(random.uniform());
    auto proposal = proposals_.row(walker);
    proposal = positions_.row(other) + z * (positions_.row(walker) - positions_.row(other));
    const double log_density = density_.local()(proposal.transpose());
    const double log_odds =
        static_cast<double>(positions_.cols() - 1) * std::log(z) + log_density - log_densities_[walker];
    if (!(log_uniform < log_odds)) return;
    positions_.row(walker) = proposal;
    log_densities_[walker] = log_density;
    accepted_[walker] += 1;
  }

  tbb::enumerable_thread_specific<LogDensity> density_;
  RowMatrix positions_, proposals_;
  Vector log_densities_, accepted_;
  std::vector<RandomStream> random_;
  std::int64_t steps_ = 0;
};

void require_start(const RowMatrix& start) {
  if (start.rows() % 2 != 0 || start.rows() <= 2 * start.cols())
    throw std::invalid_argument(fmt::format("walkers = {}: must be even and more than twice the dimensions, {}; try {}",
                                            start.rows(), start.cols(), std::max<Eigen::Index>(16, 4 * start.cols())));
}

Draws run(Ensemble& ensemble, const SamplerSettings& settings) {
  const Eigen::Index walkers = ensemble.positions().rows();
  WalkerChain chain(walkers, ensemble.positions().cols());
  Draws out;
  std::int64_t steps = 0, next_look = 128;
  for (;;) {
    const std::int64_t end = std::min(next_look, settings.largest_steps);
    for (; steps < end; ++steps) {
      ensemble.step();
      chain.record(ensemble.positions(), ensemble.mean_log_density());
    }
    const WalkerChain::Summary summary = chain.summary();
    const double slowest = summary.time.maxCoeff();
    const auto length = static_cast<double>((chain.kept() - summary.discarded) * chain.stride());
    out.effective_sample_size = static_cast<double>(walkers) * length / (2 * slowest);
    out.converged =
        summary.settled && length >= 100 * slowest && out.effective_sample_size >= settings.effective_samples;
    if (!out.converged && steps < settings.largest_steps) {
      // As many steps as seem to be missing, but τ is still uncertain.
      const double wanted =
          std::max(100 * slowest, settings.effective_samples * 2 * slowest / static_cast<double>(walkers));
      const double missing = 1.05 * wanted - length, now = static_cast<double>(steps);
      next_look = steps + static_cast<std::int64_t>(std::clamp(missing, 0.2 * now, 0.5 * now));
      continue;
    }
    out.draws = chain.draws(summary.discarded);
    out.walkers = walkers;
    out.stride = chain.stride();
    out.discarded = summary.discarded * chain.stride();
    out.autocorrelation_time = summary.time;
    out.acceptance = ensemble.acceptance();
    return out;
  }
}

}  // namespace

Draws sample_ensemble(const std::function<LogDensity()>& density, const RowMatrix& start,
                      const SamplerSettings& settings) {
  require_start(start);
  if (settings.largest_steps < 100)
    throw std::invalid_argument(
        fmt::format("largest_steps = {}: must be at least 100; try 200000", settings.largest_steps));
  Ensemble ensemble(density, start, settings.seed);
  return tbb::this_task_arena::isolate([&] { return run(ensemble, settings); });
}

}  // namespace softmech
