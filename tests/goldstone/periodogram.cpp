#include <softmech/ensemble/random.hpp>
#include <softmech/goldstone/periodogram.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>
#include <vector>

using namespace softmech;
using std::numbers::pi;
using Complex = std::complex<double>;

namespace {

constexpr int count = 48;
constexpr double interval = 0.7;

double taper(int n) { return std::sqrt(2.0 / 3 / count) * (1 - std::cos(2 * pi * n / count)); }  // Σ w² = 1

std::vector<Complex> noise(int seed) {
  RandomStream random(static_cast<std::uint64_t>(seed), 0, "periodogram test");
  std::vector<Complex> values;
  for (int n = 0; n < count; ++n) {
    const double real = random.normal();
    values.emplace_back(real, random.normal());
  }
  return values;
}

}  // namespace

TEST_CASE("A periodogram is interval |sum w u e^(+iwt)|^2 but for the bins of the mean") {
  const std::vector<Complex> record = noise(1);
  Periodogram periodogram(count, interval);
  const Vector power = periodogram.of(record);
  for (int j = 2; j < count - 1; ++j) {
    Complex sum = 0;
    for (int n = 0; n < count; ++n) sum += taper(n) * record[n] * std::polar(1.0, 2 * pi * j * n / count);
    CHECK(power[j] == Approx(interval * std::norm(sum)).epsilon(1e-12));
  }
  CHECK(power[0] < 1e-25);
  CHECK(periodogram.frequency(3) == Approx(3 * 2 * pi / (count * interval)));
  CHECK(periodogram.frequency(count - 3) == Approx(-3 * 2 * pi / (count * interval)));
}

TEST_CASE("A constant changes no bin of a periodogram, and a wave towards larger places peaks at w > 0") {
  std::vector<Complex> record = noise(2);
  Periodogram periodogram(count, interval);
  const Vector power = periodogram.of(record);
  for (Complex& value : record) value += Complex(100, -30);
  CHECK((periodogram.of(record) - power).cwiseAbs().maxCoeff() < 1e-9);
  const double frequency = periodogram.frequency(7);
  for (int n = 0; n < count; ++n) record[n] = std::polar(1.0, -frequency * n * interval);  // e^{ikx − iωt} at x = 0
  Eigen::Index top = 0;
  periodogram.of(record).maxCoeff(&top);
  CHECK(top == 7);
}

TEST_CASE("The expected periodogram is the double sum over the correlations") {
  const Complex pole(-0.1, -0.9);
  ComplexVector correlations(count);
  for (int n = 0; n < count; ++n) correlations[n] = std::exp(pole * (n * interval));
  Periodogram periodogram(count, interval);
  const Vector expected = periodogram.expected(correlations);
  for (int j = 0; j < count; j += 5) {
    Complex sum = 0;
    for (int n = 0; n < count; ++n) {
      for (int m = 0; m < count; ++m) {
        const Complex c = n >= m ? correlations[n - m] : std::conj(correlations[m - n]);
        sum += taper(n) * taper(m) * c * std::polar(1.0, 2 * pi * j * (n - m) / count);
      }
    }
    CHECK(expected[j] == Approx(interval * sum.real()).epsilon(1e-10));
    CHECK(std::abs(sum.imag()) < 1e-12);
  }
}

TEST_CASE("The inflation of variances by the taper is count * sum w^4") {
  double sum = 0;
  for (int n = 0; n < count; ++n) sum += count * std::pow(taper(n), 4);
  CHECK(Periodogram::inflation == Approx(sum).epsilon(1e-12));
}

TEST_CASE("Periodograms refuse short records and intervals that are not positive") {
  CHECK_THROWS_WITH(Periodogram(7, 1), Catch::Contains("7 values") && Catch::Contains(">= 8"));
  CHECK_THROWS_WITH(Periodogram(64, 0), Catch::Contains("interval = 0") && Catch::Contains("> 0"));
}
