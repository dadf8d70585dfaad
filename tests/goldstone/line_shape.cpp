#include <softmech/goldstone/line_shape.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <vector>

using namespace softmech;
using Complex = std::complex<double>;

TEST_CASE("Correlations of an oscillation solve its equation of motion") {
  // c'' + Γ c' + ω² c = 0, c(0) = 1, c'(0) = 0; underdamped, critical and overdamped.
  for (const double damping : {0.0, 0.3, 2.0, 5.0}) {
    const Line line{LineShape::oscillation, 1, 1.0, damping, 0};
    const double h = 1e-3;
    const ComplexVector c = line.correlations(h, 4000);
    CHECK(std::abs(c[0] - 1.0) < 1e-8);
    for (int n = 1; n < 3999; n += 100) {
      const Complex second = (c[n + 1] - 2.0 * c[n] + c[n - 1]) / (h * h), first = (c[n + 1] - c[n - 1]) / (2 * h);
      CHECK(std::abs(second + damping * first + c[n]) < 3e-6);
    }
    CHECK(std::abs((c[1] - c[0]) / h) < 1e-3);
  }
}

TEST_CASE("Correlations of relaxations and travelling waves are exponentials") {
  const ComplexVector relaxation = Line{LineShape::relaxation, 1, 0, 0.4, 0}.correlations(0.5, 20);
  const ComplexVector wave = Line{LineShape::travelling, 1, -1.3, 0.4, 0}.correlations(0.5, 20);
  for (int n = 0; n < 20; ++n) {
    const double t = 0.5 * n;
    CHECK(std::abs(relaxation[n] - std::exp(-0.4 * t)) < 1e-14);
    CHECK(std::abs(wave[n] - std::exp(Complex(-0.2 * t, 1.3 * t))) < 1e-14);
  }
}

TEST_CASE("The slowest rate and the peak of a line") {
  // e^{-rt} with r² − Γr + ω² = 0; the spectrum 1/((ω² − x²)² + Γ²x²) is highest at x² = ω² − Γ²/2.
  const Line slow{LineShape::oscillation, 1, 1, 4, 0};
  CHECK(slow.rate() * slow.rate() - 4 * slow.rate() + 1 == Approx(0).margin(1e-12));
  CHECK(slow.overdamped());
  const Line wave{LineShape::oscillation, 1, 2, 0.5, 0};
  CHECK(wave.rate() == 0.25);
  CHECK(wave.peak() * wave.peak() == Approx(4 - 0.125));
  CHECK_FALSE(wave.overdamped());
}

TEST_CASE("Simulated records have the correlations of their line") {
  for (const Line& line :
       {Line{LineShape::oscillation, 2, 1, 0.3, 0.2}, Line{LineShape::oscillation, 2, 1, 4, 0.2},
        Line{LineShape::relaxation, 2, 0, 0.3, 0.2}, Line{LineShape::travelling, 2, -0.8, 0.3, 0.2}}) {
    const double interval = 0.5;
    const LineProcess process(line, interval);
    const ComplexVector exact = line.correlations(interval, 8);
    ComplexVector sum = ComplexVector::Zero(8);
    std::vector<Complex> record(8);
    const int records = 40000;
    for (int r = 0; r < records; ++r) {
      RandomStream random(3, static_cast<std::uint32_t>(r), "line shape test");
      process.sample(random, false, record);
      for (int n = 0; n < 8; ++n) sum[n] += record[n] * std::conj(record[0]) / static_cast<double>(records);
    }
    for (int n = 0; n < 8; ++n) {
      const Complex expected = line.amplitude * exact[n] + (n == 0 ? line.noise / interval : 0.0);
      CHECK(std::abs(sum[n] - expected) < 5 * 2.4 / std::sqrt(records));  // ⟨|u|²⟩ = 2.4
    }
  }
}
