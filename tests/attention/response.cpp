#include "softmech/attention/response.hpp"

#include <catch2/catch.hpp>

#include <boost/math/special_functions/bessel.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cmath>
#include <numbers>

#include "softmech/attention/thermodynamics.hpp"
#include "softmech/ensemble/random.hpp"

using namespace softmech;

namespace {

using Real = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<40>, boost::multiprecision::et_off>;

Matrix normal_matrix(Eigen::Index rows, Eigen::Index columns, const char* purpose) {
  RandomStream random(41, 0, purpose);
  return Matrix::NullaryExpr(rows, columns, [&] { return random.normal(); });
}

}  // namespace

TEST_CASE("the mean key is the gradient of -F, the susceptibility its derivative, by central differences") {
  const Matrix keys = normal_matrix(30, 4, "keys");
  const Vector query = normal_matrix(4, 1, "query");
  const double temperature = 1.7, step = 1e-5;
  const QueryResponse response = query_response(keys, query, temperature);
  for (Eigen::Index c = 0; c < 4; ++c) {
    const Vector up = query + step * Vector::Unit(4, c), down = query - step * Vector::Unit(4, c);
    const auto free_energy = [&](const Vector& q) {
      return thermodynamics(attention_energies(keys, q), temperature).free_energy;
    };
    CHECK(response.mean_key[c] == Approx(-(free_energy(up) - free_energy(down)) / (2 * step)).epsilon(1e-8));
    const Vector slope =
        (query_response(keys, up, temperature).mean_key - query_response(keys, down, temperature).mean_key) /
        (2 * step);
    CHECK((response.susceptibility.col(c) - slope).norm() < 1e-9);
  }
  CHECK((response.fisher_metric * temperature - response.susceptibility).norm() < 1e-14);
  CHECK((response.susceptibility - response.susceptibility.transpose()).norm() < 1e-15);
}

TEST_CASE("the Fisher norm of the query is the specific heat, q·G·q = C, also for a frozen row") {
  const Matrix keys = normal_matrix(50, 8, "keys");
  for (const double scale : {1e-3, 1.0, 5.0, 60.0}) {
    const Vector query = scale * normal_matrix(8, 1, "query");
    const QueryResponse response = query_response(keys, query, 2);
    const RowThermodynamics row = thermodynamics(attention_energies(keys, query), 2);
    CAPTURE(scale, row.specific_heat);
    CHECK(query.dot(response.fisher_metric * query) == Approx(row.specific_heat).epsilon(1e-11));
  }
}

TEST_CASE("energies of one query and of a batch are -q·k") {
  const Matrix keys = normal_matrix(5, 3, "keys"), queries = normal_matrix(2, 3, "queries");
  const RowMatrix batch = attention_energies_batch(keys, queries);
  REQUIRE((batch.rows() == 2 && batch.cols() == 5));
  for (Eigen::Index r = 0; r < 2; ++r) {
    const Vector single = attention_energies(keys, queries.row(r).transpose());
    for (Eigen::Index k = 0; k < 5; ++k) {
      CHECK(batch(r, k) == Approx(-queries.row(r).dot(keys.row(k))));
      CHECK(single[k] == Approx(batch(r, k)));
    }
  }
  CHECK_THROWS_AS(attention_energies(keys, Vector::Zero(4)), std::invalid_argument);
  CHECK_THROWS_AS(attention_energies_batch(keys, Matrix::Zero(2, 4)), std::invalid_argument);
}

TEST_CASE("langevin is the ratio of Bessel functions for every dimension and argument") {
  for (const double x : {1e-8, 0.01, 0.5, 3.0, 30.0, 400.0, 3e4, 1e6, 1e7, 1e12}) {
    CAPTURE(x);
    CHECK(langevin(1, x) == Approx(std::tanh(x)).epsilon(1e-14));
    const Real y = x;
    const Real coth = 1 + 2 / expm1(2 * y);
    CHECK(langevin(3, x) == Approx(static_cast<double>(coth - 1 / y)).epsilon(1e-14));
    // d = 5: I_{5/2}/I_{3/2} = 1/L(x) - 3/x with L of d = 3.
    if (x > 1e-3) CHECK(langevin(5, x) == Approx(static_cast<double>(1 / (coth - 1 / y) - 3 / y)).epsilon(1e-14));
    CHECK(langevin(64, x) < langevin(3, x));
    if (x < 600) {
      for (const int d : {2, 4, 7, 64, 300}) {
        if (d > 64 && x < 1) continue;  // the Bessel functions themselves underflow
        CHECK(langevin(d, x) ==
              Approx(boost::math::cyl_bessel_i(0.5 * d, x) / boost::math::cyl_bessel_i(0.5 * d - 1, x)).epsilon(1e-13));
      }
    }
  }
  CHECK(langevin(3, 0) == 0);
  CHECK(langevin(3, -2) == -langevin(3, 2));
  CHECK(langevin(1000, 1e-3) == Approx(1e-6).epsilon(1e-8));  // x/d
  CHECK_THROWS_AS(langevin(0, 1), std::invalid_argument);
  CHECK_THROWS_AS(langevin(2, NAN), std::invalid_argument);
}

TEST_CASE("isotropic keys polarize as I_{d/2}/I_{d/2-1}") {
  const double field = 2.5, temperature = 0.8;
  // d = 2: equally spaced keys, spectrally exact.
  const Eigen::Index count = 64;
  Matrix circle(count, 2);
  for (Eigen::Index k = 0; k < count; ++k) {
    const double angle = 2 * std::numbers::pi * (static_cast<double>(k) + 0.3) / static_cast<double>(count);
    circle.row(k) << std::cos(angle), std::sin(angle);
  }
  const Vector on_circle = query_response(circle, field * Vector::Unit(2, 0), temperature).mean_key;
  CHECK(on_circle[0] == Approx(langevin(2, field / temperature)).epsilon(1e-13));
  CHECK(on_circle[1] == Approx(0).margin(1e-14));
  // d = 3: heights z are uniform on the sphere (Archimedes); midpoints, error O(1/n²).
  Matrix heights(2000, 1);
  for (Eigen::Index k = 0; k < 2000; ++k) heights(k, 0) = -1 + (static_cast<double>(k) + 0.5) / 1000;
  CHECK(query_response(heights, Vector::Constant(1, field), temperature).mean_key[0] ==
        Approx(langevin(3, field / temperature)).epsilon(1e-6));
  // d = 16: random keys, within four standard errors sqrt(χ T/n).
  Matrix keys = normal_matrix(40000, 16, "sphere");
  keys.rowwise().normalize();
  const QueryResponse response = query_response(keys, 5 * Vector::Unit(16, 3), 1);
  CHECK(std::abs(response.mean_key[3] - langevin(16, 5)) < 4 * std::sqrt(1.0 / 16 / 40000));
}
