#include <catch2/catch.hpp>

#include <softmech/ensemble/random.hpp>

#include <Random123/philox.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

using softmech::RandomStream;

TEST_CASE("the generator is Philox4x32-10 with its published answers") {
  // Known answers of the Random123 distribution (Salmon et al. 2011): counter and key all zero, and all ones.
  const auto zero = r123::Philox4x32{}({{0, 0, 0, 0}}, {{0, 0}});
  CHECK(zero[0] == 0x6627e8d5u);
  CHECK(zero[1] == 0xe169c58du);
  CHECK(zero[2] == 0xbc57ac4cu);
  CHECK(zero[3] == 0x9b00dbd8u);
  const auto f = 0xffffffffu;
  const auto ones = r123::Philox4x32{}({{f, f, f, f}}, {{f, f}});
  CHECK(ones[0] == 0x408f276du);
  CHECK(ones[1] == 0x41c83b0eu);
  CHECK(ones[2] == 0xa20bc7c6u);
  CHECK(ones[3] == 0x6d5451fdu);
}

TEST_CASE("a stream depends on seed, member and purpose only") {
  RandomStream a(7, 3, "start"), again(7, 3, "start");
  for (int i = 0; i < 100; ++i) CHECK(a.normal() == again.normal());

  std::set<double> firsts;
  for (std::uint64_t seed :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{1} << 32, (std::uint64_t{1} << 32) + 1}) {
    for (std::uint32_t member = 0; member < 50; ++member) {
      for (const char* purpose : {"query", "start", "energies"})
        firsts.insert(RandomStream(seed, member, purpose).uniform());
    }
  }
  CHECK(firsts.size() == 4 * 50 * 3);
}

TEST_CASE("a stream continues at a block as if it had been drawn up to there") {
  RandomStream drawn(1, 0, "x"), sought(1, 0, "x");
  for (int i = 0; i < 20; ++i) drawn.uniform();  // two numbers a block
  sought.normal();
  sought.seek(10);
  for (int i = 0; i < 10; ++i) CHECK(drawn.uniform() == sought.uniform());
}

TEST_CASE("uniform numbers fill (0, 1) and normal numbers have the moments of a Gaussian") {
  RandomStream random(11, 0, "moments");
  const int n = 400'000;
  double mean = 0, square = 0, fourth = 0, uniform_mean = 0, lag = 0, last = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    mean += x / n;
    square += x * x / n;
    fourth += x * x * x * x / n;
    lag += x * last / n;
    last = x;
    const double u = random.uniform();
    REQUIRE((u > 0 && u < 1));
    uniform_mean += u / n;
  }
  const double sigma = 1 / std::sqrt(n);
  CHECK(std::abs(mean) < 4 * sigma);
  CHECK(std::abs(square - 1) < 4 * std::sqrt(2.0) * sigma);
  CHECK(std::abs(fourth - 3) < 4 * std::sqrt(96.0) * sigma);
  CHECK(std::abs(lag) < 4 * sigma);
  CHECK(std::abs(uniform_mean - 0.5) < 4 * std::sqrt(1.0 / 12) * sigma);
}

TEST_CASE("normal numbers follow the normal distribution function (Kolmogorov–Smirnov)") {
  RandomStream random(5, 2, "ks");
  std::vector<double> x(20'000);
  random.fill_normal(x);
  std::sort(x.begin(), x.end());
  double distance = 0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double phi = 0.5 * std::erfc(-x[i] / std::sqrt(2.0)), rank = static_cast<double>(i);
    distance = std::max({distance, std::abs(phi - rank / n), std::abs(phi - (rank + 1) / n)});
  }
  CHECK(distance < 1.63 / std::sqrt(n));  // 1 % level
}

TEST_CASE("integers below a bound are uniform") {
  RandomStream random(3, 0, "below");
  std::vector<int> counts(7);
  for (int i = 0; i < 70'000; ++i) ++counts[random.below(7)];
  double chi2 = 0;
  for (const int count : counts) chi2 += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  CHECK(chi2 < 22.5);  // 6 degrees of freedom, 0.1 % level
  CHECK(random.below(1) == 0);
}
