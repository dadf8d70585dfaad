#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/peaks.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace softmech;

namespace {
const std::vector<double> curve{0, 1, 0.5, 2, 2, 2, 0.3, 3, 1, 1, 4, 4, 4, 4, 2, 2.5, 2.5, 6, 1, 7};
}

TEST_CASE("peaks and prominences are those of scipy.signal.find_peaks") {
  const std::vector<Peak> peaks = find_peaks(curve);
  const std::vector<std::size_t> places{1, 4, 7, 11, 17};  // SciPy 1.10.1
  const std::vector<double> prominences{0.5, 1.7, 2.0, 2.0, 5.0};
  REQUIRE(peaks.size() == places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    CHECK(peaks[i].index == places[i]);
    CHECK(peaks[i].height == curve[places[i]]);
    CHECK(peaks[i].prominence == Approx(prominences[i]).epsilon(1e-14));
  }
  CHECK(find_peaks(curve, 1.5).size() == 4);
  CHECK(find_peaks(curve, 5.01).empty());
}

TEST_CASE("ends, slopes and flat curves have no peak") {
  CHECK(find_peaks(std::vector<double>{3, 2, 1}).empty());
  CHECK(find_peaks(std::vector<double>{1, 2, 3}).empty());
  CHECK(find_peaks(std::vector<double>{1, 2, 2}).empty());
  CHECK(find_peaks(std::vector<double>{2, 2, 1}).empty());
  CHECK(find_peaks(std::vector<double>{5, 5, 5, 5}).empty());
  CHECK(find_peaks({}).empty());
  CHECK(find_peaks(std::vector<double>{1}).empty());
  CHECK_THROWS_AS(find_peaks(std::vector<double>{1, std::nan(""), 1}), std::invalid_argument);
}

TEST_CASE("a mirrored curve has mirrored peaks of the same prominence") {
  std::vector<double> wave;
  for (int i = 0; i < 200; ++i) wave.push_back(std::sin(0.3 * i) + 0.6 * std::sin(0.11 * i + 1) + 0.001 * i);
  const std::vector<double> mirrored(wave.rbegin(), wave.rend());
  const auto peaks = find_peaks(wave), back = find_peaks(mirrored);
  REQUIRE(peaks.size() == back.size());
  REQUIRE(peaks.size() > 5);
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    CHECK(peaks[i].index == wave.size() - 1 - back[back.size() - 1 - i].index);
    CHECK(peaks[i].prominence == back[back.size() - 1 - i].prominence);
  }
}

TEST_CASE("the noise of a curve is found whatever the curve is, and white noise has no peak of ten deviations") {
  RandomStream random(5, 0, "noise");
  std::vector<double> curve_with_noise, noise;
  for (int i = 0; i < 2000; ++i) {
    noise.push_back(0.02 * random.normal());
    curve_with_noise.push_back(5 * std::sin(0.01 * i) + (i > 900 ? 3 : 0) + noise.back());
  }
  CHECK(noise_of(curve_with_noise) == Approx(0.02).epsilon(0.1));
  CHECK(find_peaks(noise, 10 * noise_of(noise)).empty());
  CHECK(!find_peaks(noise, 3 * noise_of(noise)).empty());
  CHECK(noise_of(std::vector<double>{0, 1, 2, 3, 4}) == 0);
  CHECK(noise_of({}) == 0);
}

TEST_CASE("a running median takes out spikes and keeps slopes and steps") {
  std::vector<double> slope{0, 1, 2, 3, 4, 5, 6};
  CHECK(running_median(slope, 5) == slope);
  CHECK(running_median(std::vector<double>{0, 0, 0, 9, 0, 0, 0}, 3) == std::vector<double>(7, 0.0));
  const std::vector<double> step{0, 0, 0, 1, 1, 1};
  CHECK(running_median(step, 3) == step);
  CHECK(running_median(curve, 1) == curve);
  CHECK_THROWS_WITH(running_median(curve, 4), Catch::Contains("must be odd; try 5"));
}
