#include <softmech/ensemble/random.hpp>
#include <softmech/goldstone/line_fit.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

using namespace softmech;
using std::numbers::pi;

namespace {

using Complex = std::complex<double>;
using Record = std::vector<Complex>;

/// An oscillator in a heat bath, ü + Γu̇ + ω²u = √(2ΓT) ξ, sampled exactly: between snapshots (u, u̇) moves by the
/// matrix exponential, here by scaling and squaring of its Taylor series, and the kicks have the covariance that keeps
/// the canonical one. White noise of variance `noise` is added to each snapshot.
Record langevin(double frequency, double damping, double temperature, double noise, double interval, int count,
                RandomStream& random) {
  Eigen::Matrix2d generator, step = Eigen::Matrix2d::Identity(), term = step;
  generator << 0, 1, -frequency * frequency, -damping;
  for (int i = 1; i < 20; ++i) {
    term = term * generator * (interval / 1024) / i;
    step += term;
  }
  for (int i = 0; i < 10; ++i) step = (step * step).eval();
  const Eigen::Matrix2d canonical = Eigen::Vector2d(temperature / (frequency * frequency), temperature).asDiagonal();
  const Eigen::Matrix2d kick = (canonical - step * canonical * step.transpose()).llt().matrixL();
  Record record(static_cast<std::size_t>(count));
  const auto part = [&]() {
    std::vector<double> values;
    Eigen::Vector2d state(std::sqrt(canonical(0, 0)) * random.normal(), std::sqrt(canonical(1, 1)) * random.normal());
    for (int n = 0; n < count; ++n) {
      values.push_back(state[0] + std::sqrt(noise) * random.normal());
      const double first = random.normal();
      state = step * state + kick * Eigen::Vector2d(first, random.normal());
    }
    return values;
  };
  const std::vector<double> real = part(), imaginary = part();
  for (std::size_t n = 0; n < record.size(); ++n) record[n] = {real[n], imaginary[n]};
  return record;
}

ModeSpectra spectra_of(const std::vector<Record>& records, Periodogram& periodogram) {
  ModeSpectra spectra;
  spectra.records.resize(static_cast<Eigen::Index>(records.size()), periodogram.count());
  for (std::size_t r = 0; r < records.size(); ++r)
    spectra.records.row(static_cast<Eigen::Index>(r)) = periodogram.of(records[r]);
  return spectra;
}

struct Case {
  double frequency, damping, noise, interval;
  int count, records;
};

/// How many of the intervals hold the truth.
struct Coverage {
  int frequency = 0, damping = 0;
};

Coverage coverage(const Case& c, int trials) {
  Coverage covered;
  Periodogram periodogram(c.count, c.interval);
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(7, static_cast<std::uint32_t>(trial), "line fit test");
    std::vector<Record> records;
    for (int r = 0; r < c.records; ++r)
      records.push_back(langevin(c.frequency, c.damping, 1, c.noise, c.interval, c.count, random));
    const auto fit = fit_mode(spectra_of(records, periodogram), periodogram);
    if (!fit) continue;
    covered.frequency += std::abs(fit->best.line.frequency - c.frequency) <= fit->best.frequency_error;
    covered.damping += std::abs(fit->best.line.damping - c.damping) <= fit->best.damping_error;
  }
  return covered;
}

void check_share(int covered, int trials) {
  CHECK(covered >= 0.60 * trials);
  CHECK(covered <= 0.76 * trials);
}

}  // namespace

TEST_CASE("Intervals of frequency and damping cover the truth in 60 to 76 of 100 cases") {
  const int trials = 200;
  for (const Case& c :
       {Case{1, 0.05, 0.01, 0.5, 2048, 16}, Case{1, 0.05, 0.01, 0.5, 2048, 3}, Case{1, 0.5, 0.1, 0.3, 1024, 16},
        Case{1, 0.001, 0.01, 0.5, 1024, 16}, Case{1, 0.00001, 0.0001, 0.5, 1024, 16}, Case{2.5, 0.2, 1, 1.0, 2048, 8},
        Case{0.1, 0.03, 0.01, 1.0, 2048, 16}}) {
    const Coverage covered = coverage(c, trials);
    INFO("frequency " << c.frequency << ", damping " << c.damping << ", noise " << c.noise << ", " << c.records
                      << " records");
    check_share(covered.frequency, trials);
    check_share(covered.damping, trials);
  }
}

TEST_CASE("Intervals from few short records cover the truth too") {
  for (const Case& c : {Case{1, 0.2, 0.05, 0.5, 256, 10}, Case{1, 0.2, 0.05, 0.5, 256, 5}}) {
    const Coverage covered = coverage(c, 100);
    check_share(covered.frequency, 100);
    check_share(covered.damping, 100);
  }
}

TEST_CASE("Undamped lines are found within a thousandth of the resolution, wherever they are between bins") {
  Periodogram periodogram(1024, 0.5);
  for (const double offset : {-0.47, -0.2, -0.03, 0.003, 0.04, 0.3, 0.5}) {
    const double frequency = (68 + offset) * periodogram.resolution();
    for (const double noise : {1e-3, 1e-7}) {
      for (const bool real : {false, true}) {
        RandomStream random(1, 0, "undamped");
        const auto normal = [&]() {
          const double first = random.normal();
          return Complex(first, real ? 0 : random.normal());
        };
        std::vector<Record> records;
        for (int r = 0; r < 8; ++r) {
          Record record(1024);
          const Complex up = normal(), down = real ? std::conj(up) : normal();
          for (std::size_t n = 0; n < record.size(); ++n) {
            const double phase = frequency * 0.5 * static_cast<double>(n);
            record[n] = up * std::polar(1.0, -phase) + down * std::polar(1.0, phase) + noise * normal();
          }
          records.push_back(record);
        }
        ModeSpectra spectra = spectra_of(records, periodogram);
        spectra.real = real;
        const auto fit = fit_mode(spectra, periodogram);
        INFO("offset " << offset << ", noise " << noise << ", real " << real);
        REQUIRE(fit);
        CHECK(fit->resolved);
        CHECK(fit->best.line.shape == LineShape::oscillation);
        CHECK(std::abs(fit->best.line.frequency - frequency) < 1e-3 * periodogram.resolution());
        CHECK(fit->best.frequency_error < 2e-3 * periodogram.resolution());
        CHECK(fit->best.line.damping < 1e-2 * periodogram.resolution());
        if (noise == 1e-3) CHECK(std::abs(fit->best.line.frequency - frequency) < 4 * fit->best.frequency_error);
      }
    }
  }
}

TEST_CASE("Lines near and above Nyquist's half are right because folding is in the model") {
  // ω·interval = 2.5 < π, and the tails of a broad line fold.
  const Case c{2.5, 0.6, 0.001, 1.0, 2048, 16};
  Periodogram periodogram(c.count, c.interval);
  RandomStream random(2, 0, "folded");
  std::vector<Record> records;
  for (int r = 0; r < c.records; ++r)
    records.push_back(langevin(c.frequency, c.damping, 1, c.noise, c.interval, c.count, random));
  const auto fit = fit_mode(spectra_of(records, periodogram), periodogram);
  REQUIRE(fit);
  CHECK(std::abs(fit->best.line.frequency - c.frequency) < 3.5 * fit->best.frequency_error);
  CHECK(fit->best.frequency_error < 0.02);
}

TEST_CASE("Relaxations, waves of one direction and slow modes are told apart") {
  Periodogram periodogram(1024, 0.5);
  const auto simulated = [&](const std::function<Complex(Complex, Complex)>& step, double variance) {
    RandomStream random(3, 0, "told apart");
    std::vector<Record> records;
    for (int r = 0; r < 8; ++r) {
      Record record(1024);
      const auto normal = [&random]() {
        const double real = random.normal();
        return Complex(real, random.normal()) / std::sqrt(2.0);
      };
      Complex u = std::sqrt(variance) * normal();
      for (Complex& value : record) {
        value = u;
        u = step(u, normal());
      }
      records.push_back(record);
    }
    return spectra_of(records, periodogram);
  };
  SECTION("u' = −Γu + noise") {
    const double factor = std::exp(-0.3 * 0.5);
    const auto fit = fit_mode(
        simulated([&](Complex u, Complex kick) { return factor * u + std::sqrt(1 - factor * factor) * kick; }, 1),
        periodogram);
    REQUIRE(fit);
    CHECK(fit->best.line.shape == LineShape::relaxation);
    CHECK(std::abs(fit->best.line.rate() - 0.3) < 3 * fit->best.rate_error);
    CHECK(fit->best.rate_error < 0.03);
  }
  SECTION("u' = (−iω − Γ/2)u + noise") {
    const Complex factor = std::exp(Complex(-0.05, 0.9) * 0.5);
    const auto fit = fit_mode(
        simulated([&](Complex u, Complex kick) { return factor * u + std::sqrt(1 - std::norm(factor)) * kick; }, 1),
        periodogram, {.travelling = true});
    REQUIRE(fit);
    CHECK(fit->best.line.shape == LineShape::travelling);
    CHECK(std::abs(fit->best.line.frequency + 0.9) < 3 * fit->best.frequency_error);
    CHECK(std::abs(fit->best.line.damping - 0.1) < 3 * fit->best.damping_error);
  }
  SECTION("a mode of one period is not believed") {
    const double frequency = periodogram.resolution();
    const Complex factor = std::polar(1.0, -frequency * 0.5);
    const auto fit = fit_mode(simulated([&](Complex u, Complex) { return factor * u; }, 1), periodogram);
    REQUIRE(fit);
    CHECK_FALSE(fit->resolved);
    CHECK(fit->limit == Approx(3 * periodogram.resolution()));
  }
  SECTION("a mode without power has no line") {
    CHECK_FALSE(fit_mode(simulated([](Complex, Complex) { return Complex(0); }, 0), periodogram));
  }
}
