#include <softmech/goldstone/correlations.hpp>
#include <softmech/goldstone/line_shape.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>

using namespace softmech;
using std::numbers::pi;
using Complex = std::complex<double>;

namespace {

constexpr int sites = 12, snapshots = 40;

/// A field on a ring, as its values and as its modes.
struct Field {
  RowMatrix values{snapshots, sites};
  ComplexMatrix modes{snapshots, sites / 2 + 1};

  explicit Field(const RowMatrix& u) : values(u) {
    for (int t = 0; t < snapshots; ++t) {
      for (int n = 0; n <= sites / 2; ++n) {
        Complex sum = 0;
        for (int j = 0; j < sites; ++j) sum += values(t, j) * std::polar(1.0, -2 * pi * n * j / sites);
        modes(t, n) = sum / std::sqrt(sites);
      }
    }
  }
};

Field noise() {
  RandomStream random(1, 0, "correlations test");
  RowMatrix u(snapshots, sites);
  for (int t = 0; t < snapshots; ++t) {
    for (int j = 0; j < sites; ++j) u(t, j) = random.normal();
    u.row(t).array() -= u.row(t).mean();  // k = 0 is left out of C(r,t)
  }
  return Field(u);
}

}  // namespace

TEST_CASE("Correlations of modes are the mean of u(s+t) u(s)*") {
  const Field field = noise();
  const std::vector<ComplexMatrix> records{field.modes};
  const ComplexVector c = mode_correlations(records, 2, 10);
  for (int t = 0; t < 10; ++t) {
    Complex sum = 0;
    for (int s = 0; s + t < snapshots; ++s) sum += field.modes(s + t, 2) * std::conj(field.modes(s, 2));
    CHECK(std::abs(c[t] - sum / double(snapshots - t)) < 1e-12);
  }
  CHECK_THROWS_WITH(mode_correlations(records, 2, 41), Catch::Contains("41"));
}

TEST_CASE("C(r,t) from the modes is that of the field itself, for both directions") {
  const Field field = noise();
  const std::vector<ComplexMatrix> records{field.modes};
  ComplexMatrix c(sites / 2 + 1, 5);
  for (int n = 0; n <= sites / 2; ++n) c.row(n) = mode_correlations(records, n, 5).transpose();
  const RowMatrix space = space_correlations(c, sites);
  REQUIRE(space.rows() == sites + 1);
  for (int r = -sites / 2; r <= sites / 2; ++r) {
    for (int t = 0; t < 5; ++t) {
      double sum = 0;
      for (int s = 0; s + t < snapshots; ++s) {
        for (int j = 0; j < sites; ++j) sum += field.values(s + t, (j + r + sites) % sites) * field.values(s, j);
      }
      CHECK(space(r + sites / 2, t) == Approx(sum / (sites * (snapshots - t))).margin(1e-12));
    }
  }
}

TEST_CASE("All wavenumbers of a ring are recognized") {
  Vector k = Vector::LinSpaced(7, 0, pi);
  CHECK(all_wavenumbers(k, 12));
  CHECK_FALSE(all_wavenumbers(k, 13));
  k[3] *= 1.01;
  CHECK_FALSE(all_wavenumbers(k, 12));
}

TEST_CASE("Waves of one direction are asymmetric; reciprocal ones only by chance, undamped ones too") {
  Periodogram periodogram(512, 0.5);
  std::vector<Complex> record(512);
  const auto of = [&](const Line& line, int seed, int records) {
    const LineProcess process(line, 0.5);
    RowMatrix rows(records, 512);
    for (int r = 0; r < records; ++r) {
      RandomStream random(static_cast<std::uint64_t>(seed), static_cast<std::uint32_t>(r), "asymmetry test");
      process.sample(random, false, record);
      rows.row(r) = periodogram.of(record);
    }
    return asymmetry(rows);
  };
  const Asymmetry wave = of({LineShape::travelling, 1, -1, 0.05, 1e-4}, 1, 8);
  CHECK(wave.value < -0.9);
  CHECK(wave.significance < -10);
  for (const double damping : {1e-6, 0.2}) {
    double squares = 0, largest = 0;
    for (int seed = 0; seed < 100; ++seed) {
      const double significance = of({LineShape::oscillation, 1, 1, damping, 1e-4}, seed, 8).significance;
      squares += significance * significance / 100;
      largest = std::max(largest, std::abs(significance));
    }
    CHECK(squares > 0.5);
    CHECK(squares < 1.6);
    CHECK(largest < 4);
  }
}
