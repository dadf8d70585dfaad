// The Fourier coefficients of e^{β cos t}.
#include <softmech/attention/scaled_bessel.hpp>

#include <boost/math/special_functions/bessel.hpp>
#include <catch2/catch.hpp>

#include <cmath>

using namespace softmech;

TEST_CASE("e^{−β} I_m(β) is that of Boost in long double, small orders and large ones") {
  for (const double beta : {1e-12, 0.01, 0.3, 1.0, 9.0, 60.0, 500.0, 1e4}) {
    const Vector values = scaled_bessel(beta, 60);
    REQUIRE(values.size() == 61);
    for (const int m : {0, 1, 2, 3, 7, 20, 60}) {
      const auto argument = static_cast<long double>(beta);
      const auto right =
          static_cast<double>(boost::math::cyl_bessel_i(static_cast<long double>(m), argument) * std::exp(-argument));
      INFO("beta = " << beta << ", m = " << m);
      CHECK(values[m] == Approx(right < 1e-300 ? 0 : right).epsilon(1e-13));
    }
  }
}

TEST_CASE("e^{−β} I_m(β) does not depend on how many orders are asked for, and at β = 0 only m = 0 is left") {
  for (const double beta : {0.3, 500.0, 1e4}) {
    const Vector many = scaled_bessel(beta, 3000);
    const Vector few = scaled_bessel(beta, 2);
    for (int m = 0; m <= 2; ++m) CHECK(few[m] == Approx(many[m]).epsilon(1e-14));
    CHECK(2 * many.sum() - many[0] == Approx(1).epsilon(1e-14));
  }
  CHECK(scaled_bessel(0.3, 3000)[3000] == 0);  // not a denormal number
  CHECK(scaled_bessel(0, 2) == Vector(Vector::Unit(3, 0)));
}
