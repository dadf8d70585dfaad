#include "planted.hpp"

#include <softmech/scaling/posterior.hpp>
#include <softmech/scaling/quality.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <oneapi/tbb/parallel_for.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

using namespace softmech;
using namespace softmech::test;

namespace {

/// (estimate − truth)/error: data sets × parameters of the ansatz.
struct Pulls {
  std::vector<std::string> parameters;
  RowMatrix quality, posterior;
};

double covered(const RowMatrix& pulls) { return (pulls.array().abs() <= 1).cast<double>().mean(); }
double root_mean_square(const RowMatrix& pulls) { return std::sqrt(pulls.array().square().mean()); }

Pulls find(const Planted& planted, int sets, std::int64_t resamples, std::int64_t largest_steps) {
  const Ansatz first(planted.settings, planted.sample(0));
  Pulls out;
  Vector truth(first.parameter_count());
  for (const ScalingParameter& parameter : first.parameters()) {
    truth[static_cast<Eigen::Index>(out.parameters.size())] = planted.truth(parameter.name);
    out.parameters.push_back(parameter.name);
  }
  out.quality.resize(sets, truth.size()), out.posterior.resize(sets, truth.size());
  tbb::parallel_for(0, sets, [&](int set) {
    const ScalingData data = planted.sample(static_cast<std::uint32_t>(set));
    const Ansatz ansatz(planted.settings, data);
    const QualityFit fit = fit_quality(ansatz, data, {.resamples = resamples});
    out.quality.row(set) = (fit.theta - truth).cwiseQuotient(fit.error).transpose();
    const ScalingPosterior posterior =
        sample_posterior(ansatz, data, {.effective_samples = 300, .largest_steps = largest_steps});
    const Vector mean = posterior.mean.head(truth.size()), error = posterior.error.head(truth.size());
    out.posterior.row(set) = (mean - truth).cwiseQuotient(error).transpose();
  });
  return out;
}

/// A small part of the coverage below: of 16 data sets the share has a standard deviation of about 0.1.
void check(std::size_t planted_case, int sets = 16) {
  const Planted planted = planted_cases()[planted_case];
  CAPTURE(planted.name);
  const Pulls pulls = find(planted, sets, 32, 500);
  for (const RowMatrix* method : {&pulls.quality, &pulls.posterior}) {
    CHECK(covered(*method) > 0.4);
    CHECK(covered(*method) < 0.92);
    CHECK(root_mean_square(*method) > 0.6);
    CHECK(root_mean_square(*method) < 1.5);
  }
}

}  // namespace

TEST_CASE("planted truth: power") { check(0); }
TEST_CASE("planted truth: power, equal grids") { check(1); }
TEST_CASE("planted truth: mean_field") { check(2); }
TEST_CASE("planted truth: first_order") { check(3); }
TEST_CASE("planted truth: bkt") { check(4); }
TEST_CASE("planted truth: logarithmic") { check(5); }
TEST_CASE("planted truth: corrections") { check(6, 10); }
TEST_CASE("planted truth: corrections with unknown exponent") { check(7, 10); }

// Minutes; prints its table: test_scaling "[.coverage]", one case by -c NAME.
TEST_CASE("coverage of planted truths in 400 data sets", "[.coverage]") {
  for (const Planted& planted : planted_cases()) {
    DYNAMIC_SECTION(planted.name) {
      const Pulls pulls = find(planted, 400, 100, 3000);
      for (Eigen::Index i = 0; i < pulls.quality.cols(); ++i) {
        const RowMatrix quality = pulls.quality.col(i), posterior = pulls.posterior.col(i);
        fmt::print("{:22} {:10} quality {:.3f} (pulls {:+.2f} ± {:.2f}) posterior {:.3f} (pulls {:+.2f} ± {:.2f})\n",
                   planted.name, pulls.parameters[static_cast<std::size_t>(i)], covered(quality), quality.mean(),
                   root_mean_square(quality), covered(posterior), posterior.mean(), root_mean_square(posterior));
        CHECK((covered(quality) >= 0.6 && covered(quality) <= 0.76));
        CHECK((covered(posterior) >= 0.6 && covered(posterior) <= 0.76));
      }
      std::fflush(stdout);
    }
  }
}
