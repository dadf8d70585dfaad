#include "../ensemble/scratch.hpp"

#include <softmech/ensemble/random.hpp>
#include <softmech/judgement/observables.hpp>
#include <softmech/store/write.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <numbers>
#include <stdexcept>

using namespace softmech;

namespace {

using Column = std::pair<std::string, std::vector<double>>;

/// An ensemble whose members have these parameters and results.
StudyData ensemble(const std::vector<Column>& columns) {
  const std::size_t count = columns.front().second.size();
  Dataset data;
  std::vector<std::int64_t> id(count);
  for (std::size_t i = 0; i < count; ++i) id[i] = static_cast<std::int64_t>(i);
  data.variables.push_back({"member", {"member"}, {count}, id, "", "1", {}});
  for (const auto& [name, values] : columns) data.variables.push_back({name, {"member"}, {count}, values, "", "1", {}});
  return {"planted", data};
}

Measurement measured(const char* name, std::vector<StudyData> studies) { return observable(name).measure(studies, ""); }

/// A study of free waves on a chain: u_k(t) = Σ over both directions of amplitudes of the temperature 1e-4, for every
/// field as many starts.
class Waves {
 public:
  static constexpr std::size_t starts = 8, snapshots = 1024, waves = 10;

  Waves(std::vector<double> fields, std::function<double(double k, double h)> frequency, std::string name = "waves")
      : name_(std::move(name)) {
    const std::size_t members = starts * fields.size();
    std::vector<double> field, times, wavenumbers, linear, real, imaginary;
    std::vector<std::int64_t> id, replica;
    RandomStream random(3, 0, "waves");
    for (std::size_t m = 0; m < members; ++m) {
      id.push_back(std::ssize(id)), replica.push_back(static_cast<std::int64_t>(m % starts));
      const double h = fields[m / starts];
      field.push_back(h);
      Eigen::Matrix<std::complex<double>, 2, waves> amplitude;
      for (std::size_t n = 0; n < waves; ++n) {
        const double k = 2 * std::numbers::pi * static_cast<double>(n) / 512;
        wavenumbers.push_back(k), linear.push_back(frequency(k, h));
        for (Eigen::Index way : {0, 1})
          amplitude(way, static_cast<Eigen::Index>(n)) = {random.normal(), random.normal()};
        if (n == 0) amplitude(1, 0) = std::conj(amplitude(0, 0));  // a real mode
      }
      for (std::size_t s = 0; s < snapshots; ++s) {
        times.push_back(3.0 * static_cast<double>(s));
        for (std::size_t n = 0; n < waves; ++n) {
          const double w = linear[linear.size() - waves + n];
          const auto turn = std::polar(1.0, w * times.back());
          const auto u = w == 0 ? std::complex<double>(times.back())
                                : (amplitude(0, static_cast<Eigen::Index>(n)) * turn +
                                   amplitude(1, static_cast<Eigen::Index>(n)) * std::conj(turn)) *
                                      (0.01 / w);
          real.push_back(u.real()), imaginary.push_back(n == 0 ? 0.0 : u.imag());
        }
      }
    }
    const auto indices = [](std::size_t count) {
      std::vector<std::int64_t> list(count);
      for (std::size_t i = 0; i < count; ++i) list[i] = static_cast<std::int64_t>(i);
      return list;
    };
    const Attribute coordinates{"coordinates", std::string("field mass replica")};
    Dataset data;
    const auto add = [&](const char* variable, std::vector<std::string> axes, std::vector<std::size_t> shape,
                         Values values, bool result) {
      data.variables.push_back({variable, std::move(axes), std::move(shape), std::move(values), "", "1", {}});
      if (result) data.variables.back().attributes.push_back(coordinates);
    };
    add("member", {"member"}, {members}, id, false);
    add("snapshot", {"snapshot"}, {snapshots}, indices(snapshots), false);
    add("mode", {"mode"}, {waves}, indices(waves), false);
    add("field", {"member"}, {members}, field, false);
    add("mass", {"member"}, {members}, std::vector<double>(members, 1.0), false);
    add("replica", {"member"}, {members}, replica, false);
    add("zero_modes", {"member"}, {members}, std::vector<double>(members, 1.0), true);
    add("zero_modes_expected", {"member"}, {members}, std::vector<double>(members, 1.0), true);
    add("snapshot_time", {"member", "snapshot"}, {members, snapshots}, times, true);
    add("wavenumber", {"member", "mode"}, {members, waves}, wavenumbers, true);
    add("frequency_linear", {"member", "mode"}, {members, waves}, linear, true);
    add("phase_real", {"member", "snapshot", "mode"}, {members, snapshots, waves}, real, true);
    add("phase_imaginary", {"member", "snapshot", "mode"}, {members, snapshots, waves}, imaginary, true);
    write_dataset(directory_ / "ensemble.h5", data);
    data_ = std::move(data);
  }

  StudyData study() const { return {name_, data_, directory_ / "ensemble.h5"}; }

 private:
  std::string name_;
  Scratch directory_;
  Dataset data_;
};

double sound(double k, double h) { return std::sqrt(h + 4 * std::sin(k / 2) * std::sin(k / 2)); }

}  // namespace

TEST_CASE("a planted branch has its exponent, no gap, and the frequencies of linear theory", "[goldstone]") {
  const Waves waves({0.0}, sound);
  const Measurement exponent = measured("dispersion_exponent", {waves.study()});
  CHECK(exponent.value == Approx(1).margin(0.01));
  CHECK(exponent.sample_size == static_cast<std::int64_t>(Waves::starts));
  const Measurement gap = measured("relative_gap", {waves.study()});
  CHECK(std::abs(gap.value) < 1e-3);
  CHECK(gap.uncertainty < 1e-2);
  CHECK(measured("dispersion_deviation", {waves.study()}).value < 1e-3);
  CHECK(measured("branch_softness", {waves.study()}).value ==
        Approx(std::sin(std::numbers::pi / 512) / std::sin(9 * std::numbers::pi / 512)).epsilon(2e-3));
}

TEST_CASE("planted frequencies beside linear theory are seen, and so is a shift between two studies", "[goldstone]") {
  const Waves waves({0.0}, sound);
  const Waves faster(
      {0.0}, [](double k, double h) { return 1.05 * sound(k, h); }, "faster");
  const Measurement shift = measured("frequency_shift", {faster.study(), waves.study()});
  CHECK(shift.value == Approx(0.05).margin(2e-3));
  CHECK(measured("frequency_shift", {waves.study(), waves.study()}).value == 0);
  CHECK_THROWS_AS(measured("frequency_shift", {waves.study()}), std::runtime_error);
}

TEST_CASE("the same frequency at all wavenumbers is no branch", "[goldstone]") {
  const Waves waves({0.0}, [](double k, double) { return k == 0 ? 0.0 : 0.7; });
  CHECK(measured("branch_softness", {waves.study()}).value == Approx(1).margin(1e-3));
}

TEST_CASE("a planted mass in a field has its slope and no rest", "[goldstone]") {
  const Waves waves({0.01, 0.02, 0.04}, [](double k, double h) { return sound(k, 0.8 * h); });
  const Measurement slope = measured("field_slope", {waves.study()});
  CHECK(slope.value == Approx(0.8).margin(0.01));
  CHECK(std::abs(measured("field_intercept", {waves.study()}).value) < 0.02);
}

TEST_CASE("zero modes beyond the broken generators are counted over all studies", "[goldstone]") {
  const StudyData good = ensemble({{"zero_modes", {1, 1}}, {"zero_modes_expected", {1, 1}}});
  const StudyData bad = ensemble({{"zero_modes", {1, 3}}, {"zero_modes_expected", {1, 1}}});
  const StudyData unknown = ensemble({{"zero_modes", {1, NAN}}, {"zero_modes_expected", {1, 1}}});
  CHECK(measured("zero_mode_surplus", {good}).value == 0);
  CHECK(measured("zero_mode_surplus", {good, bad}).value == 2);
  CHECK(std::isnan(measured("zero_mode_surplus", {unknown, good}).value));
}

TEST_CASE("order that falls as 1/N has the exponent -1, at the lowest temperature alone", "[goldstone]") {
  std::vector<double> rotors, temperature, order;
  RandomStream random(1, 0, "order");
  for (const double n : {100., 400., 1600.}) {
    for (const double t : {0.1, 0.5}) {
      for (int r = 0; r < 6; ++r) {
        rotors.push_back(n), temperature.push_back(t);
        order.push_back((t == 0.1 ? 5 / n : 0.7) * (1 + 0.01 * random.normal()));
      }
    }
  }
  const Measurement x = measured(
      "order_exponent", {ensemble({{"rotors", rotors}, {"temperature", temperature}, {"magnetization2", order}})});
  CHECK(x.value == Approx(-1).margin(4 * x.uncertainty));
  CHECK(x.uncertainty < 0.01);
}

TEST_CASE("the mean field's order and temperature are the exact ones", "[goldstone]") {
  // M = I_1(M/T)/I_0(M/T): at T = 0.2 0.8768234, at T = 0.4 0.5897079 (SciPy's brentq); U = T/2 + (1 - M^2)/2.
  const auto order = [](double low, double high) {
    return measured("mean_field_order_deviation", {ensemble({{"temperature", {0.2, 0.2, 0.4, 0.4}},
                                                             {"magnetization", {0.8768234, 0.8768234, low, high}},
                                                             {"zero_modes", {1, 1, 1, 1}}})});
  };
  const Measurement exact = order(0.5887079, 0.5907079);
  CHECK(exact.value < 1e-5);
  const Measurement off = order(1.01 * 0.5887079, 1.01 * 0.5907079);
  CHECK(off.value == Approx(0.01).epsilon(1e-3));
  CHECK(off.uncertainty == Approx(1.01 * 1e-3 / 0.5897079).epsilon(1e-3));
}

TEST_CASE("a planted universal jump is found between the temperatures", "[goldstone]") {
  std::vector<double> temperature, length, modulus, error;
  for (const double t : {0.85, 0.87, 0.89, 0.91, 0.93}) {
    for (const double l : {8., 16., 32., 64.}) {
      temperature.push_back(t), length.push_back(l);
      // Around T_c = 0.893 with c = 1.8, beyond it the stiffness flows with ln L, as theirs does.
      modulus.push_back(2 * t / std::numbers::pi * (1 + 1 / (2 * std::log(l) + 1.8) - 0.8 * (t - 0.893) * std::log(l)));
      error.push_back(2e-3);
    }
  }
  const Measurement place = measured("unbinding_temperature", {ensemble({{"temperature", temperature},
                                                                         {"length", length},
                                                                         {"helicity_modulus", modulus},
                                                                         {"helicity_modulus_error", error}})});
  CHECK(place.value == Approx(0.893).margin(0.004));
  CHECK(place.uncertainty < 0.01);
}

TEST_CASE("masses that grow as the square of the angles have the exponent 2", "[goldstone]") {
  const std::vector<double> scale{0, 0.01, 0.02, 0.04};
  StudyData study = ensemble({{"rope_scale", scale}, {"dimension", {4, 4, 4, 4}}, {"zero_modes", {3, 1, 1, 1}}});
  std::vector<double> eigenvalues;
  for (const double s : scale)  // one zero mode, two that gain mass (the larger as scale²), and stiff ones
    eigenvalues.insert(eigenvalues.end(), {0, 2 * std::pow(s, 3), 5 * s * s, 0.3, 0.4});
  study.data.variables.push_back(
      {"eigenvalue", {"eigenvalue"}, {5}, std::vector<std::int64_t>{0, 1, 2, 3, 4}, "", "1", {}});
  study.data.variables.push_back({"mode_eigenvalue_real", {"member", "eigenvalue"}, {4, 5}, eigenvalues, "", "1", {}});
  CHECK(measured("breaking_exponent", {study}).value == Approx(2));
}

TEST_CASE("the caloric curve is taken at the energies of the starts", "[goldstone]") {
  // U = 0.9: T = 0.8; U = T/2 + (1 - M^2)/2 at T = 0.2, M = 0.8768234.
  const double cold = 0.1 + (1 - 0.8768234 * 0.8768234) / 2;
  StudyData study = ensemble({{"kinetic_temperature", {0.79, 0.81, 0.2, 0.2}}, {"zero_modes", {1, 1, 1, 1}}});
  study.data.variables.push_back({"time", {"time"}, {2}, std::vector<double>{0, 1}, "", "1", {}});
  study.data.variables.push_back({"total_energy",
                                  {"member", "time"},
                                  {4, 2},
                                  std::vector<double>{0.9, 0.9, 0.9, 0.9, cold, cold, cold, cold},
                                  "",
                                  "1",
                                  {}});
  CHECK(measured("caloric_deviation", {study}).value < 1e-5);
}
