#include <softmech/ensemble/random.hpp>
#include <softmech/statistics/moments.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using softmech::Moments;

namespace {

Moments moments_of(const std::vector<double>& sample) {
  Moments moments;
  for (const double x : sample) moments.add(x);
  return moments;
}

std::vector<double> normal_sample(std::uint64_t seed, std::size_t size, double mean, double deviation) {
  softmech::RandomStream random(seed, 0, "moments");
  std::vector<double> sample(size);
  for (double& x : sample) x = mean + deviation * random.normal();
  return sample;
}

}  // namespace

TEST_CASE("Moments of small samples are those of the definition") {
  const Moments m = moments_of({1.0, 2.0, 4.0, 9.0});
  CHECK(m.count() == 4);
  CHECK(m.mean() == 4.0);
  CHECK(m.variance() == Approx((9.0 + 4.0 + 0.0 + 25.0) / 3.0).epsilon(1e-15));
  CHECK(m.standard_deviation() == Approx(std::sqrt(38.0 / 3.0)).epsilon(1e-15));
  CHECK(m.standard_error() == Approx(std::sqrt(38.0 / 3.0 / 4.0)).epsilon(1e-15));

  CHECK(std::isnan(Moments{}.mean()));
  CHECK(moments_of({3.0}).mean() == 3.0);
  CHECK(std::isnan(moments_of({3.0}).variance()));
  CHECK(std::isnan(moments_of({3.0}).standard_error()));
  CHECK(std::isnan(moments_of({1.0, std::nan(""), 2.0}).mean()));
}

TEST_CASE("Moments keep their digits where the mean is large against the spread") {
  // x = 10^9 ± 1e-3: the sum of squares has lost every digit of the variance, Welford's has not.
  Moments m;
  for (int i = 0; i < 200'000; ++i) m.add(1e9 + (i % 2 == 0 ? 0x1p-10 : -0x1p-10));
  CHECK(m.mean() == 1e9);
  CHECK(m.variance() == Approx(0x1p-20 * 200'000.0 / 199'999.0).epsilon(1e-12));
}

TEST_CASE("The mean of many numbers is exact to round-off") {
  // Σ 0.1 without compensation drifts by 1e-9 relative over 10^6 terms.
  Moments m;
  long double sum = 0.0L;
  for (int i = 1; i <= 1'000'000; ++i) {
    m.add(1.0 / i);
    sum += 1.0L / i;
  }
  const double exact = static_cast<double>(sum / 1'000'000.0L);
  CHECK(std::abs(m.mean() - exact) <= 2e-16 * exact);
}

TEST_CASE("Joined parts give the moments of the whole") {
  const auto sample = normal_sample(1, 10'000, 1e6, 0.5);
  const Moments whole = moments_of(sample);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{1}, std::size_t{17}, std::size_t{9'999}, sample.size()}) {
    Moments left = moments_of({sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(cut)});
    left.merge(moments_of({sample.begin() + static_cast<std::ptrdiff_t>(cut), sample.end()}));
    CHECK(left.count() == whole.count());
    CHECK(std::abs(left.mean() - whole.mean()) <= 4e-16 * 1e6);
    CHECK(left.variance() == Approx(whole.variance()).epsilon(1e-10));
  }
}

TEST_CASE("The standard error covers the true mean at the stated rate") {
  int covered = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    const Moments m = moments_of(normal_sample(100 + static_cast<std::uint64_t>(trial), 200, 3.0, 2.0));
    covered += std::abs(m.mean() - 3.0) < m.standard_error();
  }
  // 68.1 % for Student's t with 199 degrees; four standard deviations of the count are 4.2 %.
  CHECK(covered / double(trials) == Approx(0.681).margin(0.042));
}
