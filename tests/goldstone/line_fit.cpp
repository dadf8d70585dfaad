#include <softmech/ensemble/random.hpp>
#include <softmech/goldstone/line_fit.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <iostream>
#include <numbers>
#include <vector>

using namespace softmech;
using std::numbers::pi;

namespace {

using Record = std::vector<std::complex<double>>;

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
  const Eigen::Matrix2d canonical =
      Eigen::Vector2d(temperature / (frequency * frequency), temperature).asDiagonal();
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

struct Coverage {
  int frequency = 0, damping = 0, trials = 0, shapes = 0;
  double bias = 0, width = 0, damping_bias = 0, damping_width = 0;
};

Coverage coverage(double frequency, double damping, double noise, double interval, int count, int records,
                  int trials) {
  Coverage covered;
  Periodogram periodogram(count, interval);
  for (int trial = 0; trial < trials; ++trial) {
    RandomStream random(7, static_cast<std::uint32_t>(trial), "line fit test");
    std::vector<Record> all;
    for (int r = 0; r < records; ++r)
      all.push_back(langevin(frequency, damping, 1, noise, interval, count, random));
    const auto fit = fit_mode(spectra_of(all, periodogram), periodogram, {});
    ++covered.trials;
    if (!fit || fit->best.line.shape != LineShape::oscillation) continue;
    ++covered.shapes;
    covered.frequency += std::abs(fit->best.line.frequency - frequency) <= fit->best.frequency_error;
    covered.damping += std::abs(fit->best.line.damping - damping) <= fit->best.damping_error;
    covered.bias += (fit->best.line.frequency - frequency) / trials;
    covered.width += fit->best.frequency_error / trials;
    covered.damping_bias += (fit->best.line.damping - damping) / trials;
    covered.damping_width += fit->best.damping_error / trials;
  }
  return covered;
}

}  // namespace

TEST_CASE("Intervals of frequency and damping cover the truth in 68 of 100 cases", "[.coverage]") {
  struct Case { double frequency, damping, noise, interval; int count, records; };
  for (const Case c : {Case{1, 0.05, 0.01, 0.5, 2048, 16}, Case{1, 0.05, 0.01, 0.5, 2048, 3},
                       Case{1, 0.5, 0.1, 0.3, 1024, 16}, Case{1, 0.001, 0.01, 0.5, 1024, 16},
                       Case{1, 0.001, 0.01, 0.5, 1024, 4}, Case{1, 0.00001, 0.0001, 0.5, 1024, 16},
                       Case{2.5, 0.2, 1, 1.0, 2048, 8}, Case{0.1, 0.03, 0.01, 1.0, 2048, 16}}) {
    const Coverage covered = coverage(c.frequency, c.damping, c.noise, c.interval, c.count, c.records, 200);
    std::cout << "w " << c.frequency << " G " << c.damping << " records " << c.records << " resolution "
              << 2 * pi / (c.count * c.interval) << ": shape " << covered.shapes << " frequency " << covered.frequency
              << " damping " << covered.damping << "; frequency bias " << covered.bias << " error " << covered.width
              << "; damping bias " << covered.damping_bias << " error " << covered.damping_width << std::endl;
    CHECK(covered.frequency >= 120);
    CHECK(covered.frequency <= 152);
    CHECK(covered.damping >= 120);
    CHECK(covered.damping <= 152);
  }
}
