// Counts and names of modes.
#include <softmech/mechanics/mode_spectrum.hpp>

#include <Eigen/Eigenvalues>
#include <catch2/catch.hpp>

#include <cmath>
#include <string>

using namespace softmech;
using Catch::Contains;
using Catch::StartsWith;
using Eigen::Index;

TEST_CASE("the spectrum of a Hessian is sorted into zero, unstable and stable modes") {
  const auto describe = [](Index mode) { return "direction " + std::to_string(mode); };
  const ModeSpectrum spectrum = hessian_spectrum(Vector{{-0.3, -1e-12, 2e-13, 0.5, 2.0}}, 2, describe);
  CHECK(spectrum.tolerance == Approx(2e-9));
  CHECK(spectrum.unstable == 1);
  CHECK(spectrum.zero == 2);
  CHECK(spectrum.complex == 0);
  CHECK_FALSE(spectrum.is_stable());
  CHECK(spectrum.has_goldstone_count());
  REQUIRE(spectrum.messages.size() == 1);
  CHECK_THAT(spectrum.messages[0], StartsWith("1 unstable mode, ") &&
                                       Contains("eigenvalue -0.3 < 0: the state is a saddle") &&
                                       Contains("direction 0"));
  const ModeSpectrum gapped = hessian_spectrum(Vector{{0.5, 2.0}}, 1);
  REQUIRE(gapped.messages.size() == 1);
  CHECK_THAT(gapped.messages[0], Contains("0 zero modes") && Contains("1 broken generators") && Contains("explicitly"));
  // However many are unstable, one sentence says so; the count of zero modes is another matter.
  const ModeSpectrum many = hessian_spectrum(Vector{{-0.5, -0.3, -0.1, 0, 1e-12, 2.0}}, 1, describe);
  REQUIRE(many.messages.size() == 2);
  CHECK_THAT(many.messages[0],
             StartsWith("3 unstable modes, ") && Contains("eigenvalue -0.5 < 0") && Contains("direction 0"));
  CHECK_THAT(many.messages[1], Contains("2 zero modes") && Contains("independent parts") && !Contains("rotor"));
}

TEST_CASE("the spectrum of a Jacobian names growing and turning modes") {
  // A spiral in, a spiral out, a growing and a neutral direction; sheared, so that the matrix is not normal.
  Matrix jacobian = Matrix::Zero(6, 6), shear = Matrix::Identity(6, 6);
  jacobian.block(0, 0, 2, 2) << -0.1, -2, 2, -0.1;
  jacobian.block(2, 2, 2, 2) << 0.2, -0.5, 0.5, 0.2;
  jacobian(4, 4) = 0.7;
  shear(0, 3) = 0.4, shear(2, 5) = -0.8, shear(5, 1) = 0.3;
  const Eigen::VectorXcd values = (shear * jacobian * shear.inverse()).eigenvalues();
  const ModeSpectrum spectrum =
      jacobian_spectrum(values, 1, [&](Index mode) { return "real part " + std::to_string(values[mode].real()); });
  CHECK(spectrum.zero == 1);
  CHECK(spectrum.unstable == 3);
  CHECK(spectrum.complex == 4);
  CHECK(spectrum.has_goldstone_count());
  const double order[] = {0.7, 0.2, 0.2, 0, -0.1, -0.1};
  for (Index i = 0; i < 6; ++i) CHECK(spectrum.values[i].real() == Approx(order[i]).margin(1e-12));
  CHECK(spectrum.values[1].imag() == Approx(0.5));
  REQUIRE(spectrum.messages.size() == 2);
  CHECK_THAT(spectrum.messages[0], StartsWith("3 unstable modes, ") && Contains("eigenvalue 0.7:") &&
                                       Contains("e-fold in 1.429") && Contains("real part 0.7"));
  CHECK_THAT(spectrum.messages[1], StartsWith("2 complex pairs, ") && Contains("eigenvalues -0.1 ± 2i") &&
                                       Contains("period 3.142") && Contains("decays") && Contains("not reciprocal") &&
                                       Contains("real part -0.1"));
  const Eigen::VectorXcd spiral{{std::complex<double>(0.2, -0.5), std::complex<double>(0.2, 0.5)}};
  const ModeSpectrum out = jacobian_spectrum(spiral, 0);
  REQUIRE(out.messages.size() == 2);
  CHECK_THAT(out.messages[0], StartsWith("2 unstable modes, ") && Contains("0.2 ± 0.5i") && Contains("e-fold in 5"));
  CHECK_THAT(out.messages[1], StartsWith("1 complex pair, ") && Contains("period 12.57") && Contains("grows"));
}
