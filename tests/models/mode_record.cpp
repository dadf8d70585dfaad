// Modes of a chain: their definition as plain sums, orthonormality, and when snapshots are taken.
#include <softmech/models/mode_record.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

using namespace softmech;
using Catch::Contains;

namespace {

constexpr double pi = std::numbers::pi;

Vector random_field(Eigen::Index sites) {
  RandomStream random(1, 0, "field");
  return Vector::NullaryExpr(sites, [&](Eigen::Index) { return random.normal(); });
}

Eigen::VectorXcd amplitudes(const ChainModes& modes, const Vector& field) {
  Eigen::VectorXcd result(modes.wavenumbers().size());
  modes.transform(field, result);
  return result;
}

}  // namespace

TEST_CASE("Modes of a periodic chain are Fourier sums", "[modes]") {
  for (const Eigen::Index sites : {2, 7, 8, 30}) {
    const Vector u = random_field(sites);
    const ChainModes modes(sites, ChainEnds::periodic);
    const Eigen::VectorXcd found = amplitudes(modes, u);
    REQUIRE(found.size() == sites / 2 + 1);
    for (Eigen::Index n = 0; n < found.size(); ++n) {
      const double k = 2 * pi * static_cast<double>(n) / static_cast<double>(sites);
      CHECK(modes.wavenumbers()[n] == Approx(k).margin(1e-15));
      std::complex<double> sum = 0;
      for (Eigen::Index j = 0; j < sites; ++j) sum += u[j] * std::polar(1.0, -k * static_cast<double>(j));
      CHECK(std::abs(found[n] - sum / std::sqrt(static_cast<double>(sites))) < 1e-13);
    }
  }
}

TEST_CASE("Modes of an open chain are orthonormal cosines", "[modes]") {
  for (const Eigen::Index sites : {2, 7, 8, 30}) {
    const Vector u = random_field(sites);
    const ChainModes modes(sites, ChainEnds::open);
    const Eigen::VectorXcd found = amplitudes(modes, u);
    REQUIRE(found.size() == sites);
    for (Eigen::Index n = 0; n < sites; ++n) {
      const double k = pi * static_cast<double>(n) / static_cast<double>(sites);
      CHECK(modes.wavenumbers()[n] == Approx(k).margin(1e-15));
      double sum = 0;
      for (Eigen::Index j = 0; j < sites; ++j) sum += u[j] * std::cos(k * (static_cast<double>(j) + 0.5));
      CHECK(std::abs(found[n] - std::sqrt((n == 0 ? 1.0 : 2.0) / static_cast<double>(sites)) * sum) < 1e-13);
    }
    CHECK(found.squaredNorm() == Approx(u.squaredNorm()).epsilon(1e-13));  // Parseval
  }
}

TEST_CASE("Modes of an open chain diagonalize springs between neighbors", "[modes]") {
  constexpr Eigen::Index sites = 12;
  const ChainModes modes(sites, ChainEnds::open);
  const Vector u = random_field(sites);
  Vector pull(sites);
  for (Eigen::Index j = 0; j < sites; ++j)
    pull[j] = (j > 0 ? u[j] - u[j - 1] : 0) + (j + 1 < sites ? u[j] - u[j + 1] : 0);
  const Eigen::VectorXcd of_u = amplitudes(modes, u), of_pull = amplitudes(modes, pull);
  for (Eigen::Index n = 0; n < sites; ++n)
    CHECK(std::abs(of_pull[n] - (2 - 2 * std::cos(modes.wavenumbers()[n])) * of_u[n]) < 1e-13);
}

TEST_CASE("Some wavenumbers of many: first, second and last, evenly in the logarithm", "[modes]") {
  const ChainModes some(4096, ChainEnds::open, 12);
  const auto& n = some.numbers();
  REQUIRE(n.size() == 12);
  CHECK((n[0] == 0 && n[1] == 1 && n.back() == 4095));
  for (std::size_t i = 6; i < n.size(); ++i)  // 4095^{1/10} = 2.297
    CHECK(static_cast<double>(n[i]) / static_cast<double>(n[i - 1]) == Approx(2.297).epsilon(0.02));
  for (std::int64_t wanted = 2; wanted < 40; ++wanted) {
    const auto kept = ChainModes(32, ChainEnds::open, wanted).numbers();
    CHECK(std::ssize(kept) == std::min<std::int64_t>(wanted, 32));
    CHECK((kept.front() == 0 && kept.back() == 31));
    CHECK(std::adjacent_find(kept.begin(), kept.end(), std::greater_equal<>()) == kept.end());
  }
  // What is kept is what all of them have there.
  const Vector u = random_field(64);
  const ChainModes all(64, ChainEnds::periodic), few(64, ChainEnds::periodic, 5);
  const Eigen::VectorXcd of_all = amplitudes(all, u), of_few = amplitudes(few, u);
  for (std::size_t i = 0; i < 5; ++i) CHECK(of_few[static_cast<Eigen::Index>(i)] == of_all[few.numbers()[i]]);
}

TEST_CASE("Snapshots are taken at least 8 times in the shortest period", "[modes]") {
  ModeSettings s;
  s.modes = true;
  s.from = 2;
  const std::vector<double> t = s.depths(3, 12);
  CHECK(t.front() == 2);
  CHECK(t.back() == 12);
  CHECK(t[1] - t[0] <= 2 * pi / 3 / 8);
  CHECK(t[1] - t[0] > 2 * pi / 3 / 8 * 0.95);
  s.snapshots = 9;
  CHECK(s.depths(3, 12).size() == 9);
  CHECK(s.depths(3, 12)[8] == Approx(2 + 8 * 2 * pi / 24));
  s.interval = 0.1;
  s.snapshots = 0;
  CHECK(s.depths(3, 12).size() == 101);
  CHECK(s.depths(3, 12).back() == 12);
  CHECK(s.note(3).empty());
  s.interval = 0.6;
  CHECK_THAT(s.note(3), Contains("warning: output.modes_interval = 0.6") && Contains("try 0 or 0.262"));
  s.modes = false;
  CHECK(s.depths(3, 12).empty());
}

TEST_CASE("Snapshots that can not be are refused with what to do", "[modes]") {
  const auto message = [](const ModeSettings& s, double frequency) -> std::string {
    try {
      s.check(frequency, 10);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  const double unknown = std::nan("");
  CHECK(message({}, unknown).empty());
  CHECK(message({.modes = true}, 2).empty());
  CHECK_THAT(message({.from = 1}, 2), Contains("needs output.modes = true"));
  CHECK_THAT(message({.modes = true, .from = 10}, 2), Contains("must be below time.end = 10"));
  CHECK_THAT(message({.modes = true}, unknown), Contains("give an interval"));
  CHECK(message({.modes = true, .interval = 0.1}, unknown).empty());
  CHECK_THAT(message({.modes = true, .interval = 0.1, .snapshots = 201}, 2), Contains("try time.end = 20"));
  CHECK_THAT(message({.modes = true, .wavenumbers = 1}, 2), Contains("at least 2"));
}

TEST_CASE("A field of several components is recorded direction by direction", "[modes]") {
  Member member(0, 1);
  ModeRecord record(ChainModes(6, ChainEnds::open, 3), 2, member);
  Matrix field(6, 2);
  field.col(0).setOnes();
  field.col(1) = random_field(6);
  for (const double t : {0.5, 0.75}) {
    record.begin(t);
    record.sample_directions("transverse", field, "across");
    record.sample("longitudinal", field.col(0), "along");
  }
  const Dataset data = member.snapshot();
  CHECK(data.at("snapshot_time").as<double>() == std::vector<double>{0.5, 0.75});
  CHECK(data.at("transverse_real").axes == std::vector<std::string>{"snapshot", "direction", "mode"});
  CHECK(data.at("longitudinal_imaginary").axes == std::vector<std::string>{"snapshot", "mode"});
  const std::vector<double> across = data.at("transverse_real").as<double>();
  const Eigen::VectorXcd expected = amplitudes(ChainModes(6, ChainEnds::open, 3), field.col(1));
  CHECK(across[0] == Approx(std::sqrt(6.0)));
  for (std::size_t n = 0; n < 3; ++n) CHECK(across[3 + n] == expected[static_cast<Eigen::Index>(n)].real());
}
