#include "synthetic_points.hpp"

#include <softmech/scaling/growth.hpp>
#include <softmech/scaling/maxima.hpp>

#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

namespace {

/// A peak of height L^½ at x = 1 + 2/L.
double peak(double size, double x) { return std::sqrt(size) * std::exp(-std::pow((x - 1 - 2 / size) * 3, 2)); }

}  // namespace

TEST_CASE("maxima are found where they are, with errors that cover") {
  synthetic::Coverage place, height;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const ScalingData data = synthetic::data(
        {8, 16, 32}, 15, 1.1, [](double) { return 0.5; }, peak, 0.03, seed);
    const std::vector<Maximum> maxima = find_maxima(data, 0, 100, seed);
    REQUIRE(maxima.size() == 3);
    CHECK(maxima[1].inside);
    CHECK(maxima[1].size == 16);
    place.add(maxima[1].x, maxima[1].x_error, 1.125);
    height.add(maxima[1].height, maxima[1].height_error, 4);
  }
  CHECK(place.share() >= 0.58);
  CHECK(place.share() <= 0.78);
  CHECK(height.share() >= 0.58);
  CHECK(height.share() <= 0.78);
}

TEST_CASE("a curve that only rises has its maximum at the end, not inside") {
  const ScalingData data = synthetic::data(
      {8, 16}, 8, 0, [](double) { return 1.0; }, [](double, double x) { return x; }, 0.01, 1);
  for (const Maximum& maximum : find_maxima(data, 0, 50, 1)) {
    CHECK_FALSE(maximum.inside);
    CHECK(maximum.x == Approx(1));
  }
  const ScalingData three = synthetic::data(
      {8, 16}, 3, 0, [](double) { return 1.0; }, peak, 0.01, 1);
  CHECK(find_maxima(three, 0, 50, 1).empty());
}

namespace {

/// The verdict on heights that follow a law with relative errors.
std::string verdict(const std::vector<double>& sizes, const std::function<double(double)>& law, double relative,
                    std::uint64_t seed) {
  RandomStream random(seed, 0, "heights");
  const auto count = static_cast<Eigen::Index>(sizes.size());
  Vector size(count), height(count), error(count);
  for (Eigen::Index i = 0; i < count; ++i) {
    size[i] = sizes[static_cast<std::size_t>(i)];
    error[i] = relative * law(size[i]);
    height[i] = law(size[i]) + error[i] * random.normal();
  }
  return study_growth(size, height, error, {.comparison = {2, 200, seed}, .least_power = 0.9, .bound = {}}).verdict;
}

}  // namespace

TEST_CASE("the law of growth is told where its power says so, and left open where not") {
  const std::vector<double> sizes{8, 12, 16, 24, 32, 48, 64, 96};
  int power = 0, saturation = 0, open = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    power += verdict(
                 sizes, [](double x) { return std::pow(x, 0.4); }, 0.01, seed) == "power"
                 ? 1
                 : 0;
    saturation += verdict(
                      sizes, [](double x) { return 2 * (1 - std::exp(-x / 20)); }, 0.01, seed) == "saturation"
                      ? 1
                      : 0;
    open += verdict(
                {20, 24, 28, 32}, [](double x) { return std::pow(x, 0.1); }, 0.05, seed) == "inconclusive"
                ? 1
                : 0;
  }
  CHECK(power >= 36);
  CHECK(saturation >= 36);
  CHECK(open >= 36);
}

TEST_CASE("heights that no law fits, or that are not positive, decide nothing") {
  const Vector size = (Vector(6) << 8, 16, 32, 64, 128, 256).finished();
  const Vector background = 5 + 0.5 * size.array().pow(0.7);
  const GrowthStudy misfit = study_growth(size, background, Vector::Constant(6, 0.005), {.comparison = {2, 50, 1}});
  CHECK(misfit.verdict == "inconclusive");
  CHECK(misfit.probability < 1e-6);
  CHECK(misfit.error[0] == 0.005);
  const Vector noise = (Vector(6) << -0.2, 1.1, 1.4, 3.0, 2.2, 0.7).finished();
  const GrowthStudy negative = study_growth(size, noise, Vector::Constant(6, 1.0), {.comparison = {2, 50, 1}});
  CHECK(negative.verdict == "inconclusive");
  CHECK(std::isnan(negative.power_exponent));
}

TEST_CASE("heights carry what a theorem allows") {
  const Vector size = (Vector(5) << 10, 20, 30, 40, 50).finished();
  const Vector height = (Vector(5) << 0.21, 0.26, 0.22, 0.27, 0.23).finished();
  const GrowthStudy study = study_growth(size, height, Vector::Constant(5, 0.001),
                                         {.comparison = {2, 50, 1}, .least_power = 0.9, .bound = 0.54});
  REQUIRE(study.bound_share.has_value());
  CHECK(*study.bound_share == Approx(0.5));
  CHECK(study.power_exponent_error > 0.05);
  CHECK(study.verdict == "inconclusive");
  CHECK(study.aic.size() == 4);
  CHECK_THROWS_AS(study_growth(size.head(3), height.head(3), Vector::Constant(3, 0.001)), std::invalid_argument);
}
