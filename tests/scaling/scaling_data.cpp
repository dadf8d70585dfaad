#include <softmech/scaling/scaling_data.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace softmech;

namespace {

ScalingData two_sizes() {
  ScalingData data;
  data.size = Vector{{4, 4, 8, 8, 8}};
  data.x = Vector{{0.1, 0.3, 0.1, 0.2, 0.4}};
  data.series = {{"m", Vector{{1, 2, 3, 4, 5}}, Vector{{0.1, 0.2, 0.1, 0.2, 0.3}}, {}}};
  return data;
}

}  // namespace

TEST_CASE("sizes are listed once, with where their points begin") {
  const ScalingData data = two_sizes();
  CHECK(data.sizes() == std::vector<double>{4, 8});
  CHECK(data.size_begins() == std::vector<Eigen::Index>{0, 2, 5});
}

TEST_CASE("without members resamples scatter by the errors") {
  const ScalingData data = two_sizes();
  constexpr int resamples = 4000;
  Vector sum = Vector::Zero(5), squares = Vector::Zero(5);
  for (int i = 0; i < resamples; ++i) {
    const Vector deviation = resampled(data, 7, i).series[0].y - data.series[0].y;
    sum += deviation;
    squares += deviation.cwiseAbs2();
  }
  for (int point = 0; point < 5; ++point) {
    const double error = data.series[0].error[point];
    CHECK(sum[point] / resamples == Approx(0).margin(4 * error / std::sqrt(resamples)));
    CHECK(squares[point] / resamples == Approx(error * error).epsilon(4 * std::sqrt(2.0 / resamples)));
  }
}

TEST_CASE("with members resamples scatter as the members' means do, and carry correlations between observables") {
  ScalingData data = two_sizes();
  for (int point = 0; point < 5; ++point) {
    RowMatrix members(10, 2);
    for (int i = 0; i < 10; ++i) members.row(i) << i + point, i * i;
    data.members.push_back(members);
  }
  data.series[0].of_means = [](VectorView means, double size) { return means[0] * size; };
  data.series.push_back(
      {"mirror", data.series[0].y, data.series[0].error, [](VectorView means, double) { return 0.2 - means[0]; }});
  require_valid(data);

  constexpr int resamples = 4000;
  double sum = 0, squares = 0;
  for (int i = 0; i < resamples; ++i) {
    const ScalingData drawn = resampled(data, 3, i);
    const double mean = drawn.series[0].y[3] / 8;
    REQUIRE(drawn.series[1].y[3] == Approx(0.2 - mean));
    sum += mean, squares += mean * mean;
  }
  const double mean = sum / resamples, variance = squares / resamples - mean * mean;
  CHECK(mean == Approx(4.5 + 3).margin(4 * std::sqrt(8.25 / 9 / resamples)));
  CHECK(variance == Approx(8.25 / 9).epsilon(0.1));  // 0 … 9 have the variance 8.25
}

TEST_CASE("a resample is its own whatever was drawn before") {
  const ScalingData data = two_sizes();
  const Vector first = resampled(data, 1, 5).series[0].y;
  CHECK(resampled(data, 1, 6).series[0].y != first);
  CHECK(resampled(data, 2, 5).series[0].y != first);
  CHECK(resampled(data, 1, 5).series[0].y == first);
}

TEST_CASE("data that cannot be scaled are refused with what to do") {
  const auto message = [](auto spoil) -> std::string {
    ScalingData data = two_sizes();
    spoil(data);
    try {
      require_valid(data);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "valid";
  };
  using Catch::Contains;
  static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(message([](ScalingData&) {}) == "valid");
  CHECK_THAT(message([](ScalingData& d) {
               d.size.setConstant(4), d.x = Vector{{0, 1, 2, 3, 4}};
             }),
             Contains("1 sizes"));
  CHECK_THAT(message([](ScalingData& d) { d.x[1] = 0.1; }), Contains("size 4, x 0.1 occurs twice"));
  CHECK_THAT(message([](ScalingData& d) { d.x[3] = 0; }), Contains("sort the points"));
  CHECK_THAT(message([](ScalingData& d) { d.size[0] = 16; }), Contains("sort the points"));
  CHECK_THAT(message([](ScalingData& d) { d.size[0] = -4; }), Contains("size = -4"));
  CHECK_THAT(message([](ScalingData& d) { d.x[2] = nan; }), Contains("x = nan"));
  CHECK_THAT(message([](ScalingData& d) { d.series[0].y[2] = nan; }), Contains("m = nan at size 8, x 0.1"));
  CHECK_THAT(message([](ScalingData& d) { d.series[0].error[4] = 0; }), Contains("error of m = 0 at size 8, x 0.4"));
  CHECK_THAT(message([](ScalingData& d) { d.series[0].y.resize(4); }), Contains("4 values and 5 errors"));
  CHECK_THAT(message([](ScalingData& d) { d.x.resize(4); }), Contains("x has 4 values"));
  CHECK_THAT(message([](ScalingData& d) { d.series.clear(); }), Contains("no observable"));
  CHECK_THAT(message([](ScalingData& d) { d.members.assign(4, RowMatrix::Ones(3, 1)); }), Contains("at 4 points"));
  CHECK_THAT(message([](ScalingData& d) { d.members.assign(5, RowMatrix::Ones(1, 1)); }), Contains("1 members"));
  CHECK_THAT(message([](ScalingData& d) { d.members.assign(5, RowMatrix::Ones(3, 1)); }), Contains("of_means"));
  CHECK_THAT(message([](ScalingData& d) { d.members.assign(5, RowMatrix::Constant(3, 1, nan)); }), Contains("finite"));
}
