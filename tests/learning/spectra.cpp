#include <catch2/catch.hpp>

#include <softmech/ensemble/random.hpp>
#include <softmech/learning/spectra.hpp>

#include <Eigen/QR>

#include <cmath>
#include <numbers>

using namespace softmech;

namespace {

/// Residues on circles of the given frequencies with the given radii, in orthogonal planes.
RowMatrix circles(int modulus, const std::vector<std::pair<int, double>>& frequencies) {
  RowMatrix w(modulus, 2 * static_cast<Eigen::Index>(frequencies.size()));
  for (int a = 0; a < modulus; ++a) {
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
      const double angle = 2 * std::numbers::pi * frequencies[i].first * a / modulus;
      w(a, 2 * static_cast<Eigen::Index>(i)) = frequencies[i].second * std::cos(angle);
      w(a, 2 * static_cast<Eigen::Index>(i) + 1) = frequencies[i].second * std::sin(angle);
    }
  }
  return w;
}

}  // namespace

TEST_CASE("the Fourier participation counts frequencies", "[learning]") {
  const FourierParticipation participation(31);
  CHECK(participation(circles(31, {{4, 1.0}})) == Approx(1).epsilon(1e-12));
  CHECK(participation(circles(31, {{4, 1.0}, {7, 1.0}, {15, 1.0}})) == Approx(3).epsilon(1e-12));
  // powers 1 and 1/4: (5/4)^2/(1 + 1/16)
  CHECK(participation(circles(31, {{4, 1.0}, {9, 0.5}})) == Approx(25.0 / 17).epsilon(1e-12));
  CHECK(participation(RowMatrix::Constant(31, 8, 2.5)) == Approx(0).margin(1e-10));

  // A residue that stands out alone has all frequencies alike.
  RowMatrix one = RowMatrix::Zero(31, 3);
  one(5, 1) = 2;
  CHECK(participation(one) == Approx(15).epsilon(1e-12));

  // Shifting residues, turning the components and a common offset change nothing.
  RandomStream random(1, 0, "embedding");
  RowMatrix w(31, 6);
  for (double& x : w.reshaped()) x = random.normal();
  RowMatrix shifted(31, 6);
  for (int a = 0; a < 31; ++a) shifted.row((a + 11) % 31) = w.row(a).reverse().array() + 3.0;
  CHECK(participation(shifted) == Approx(participation(w)).epsilon(1e-11));
}

TEST_CASE("the head-tail contrast is that of the covariance spectrum", "[learning]") {
  // Columns ±s_c in a Hadamard pattern are uncorrelated with variances s_c².
  RowMatrix x(8, 7);
  for (int i = 0; i < 8; ++i) {
    for (int c = 0; c < 7; ++c) x(i, c) = (c + 1) * (__builtin_popcount(i & (c + 1)) % 2 == 0 ? 1.0 : -1.0);
  }
  const double expected = std::log((49.0 + 36 + 25 + 16 + 9) / (4.0 + 1));
  CHECK(head_tail_contrast<double>(x) == Approx(expected).epsilon(1e-9));
  CHECK(head_tail_contrast<double>(x.array() + 100.0) == Approx(expected).epsilon(1e-9));
  CHECK(head_tail_contrast<float>(x.cast<float>()) == Approx(expected).epsilon(1e-5));
  // Eigenvalues count, not coordinates; and fewer rows than columns have the same but for zeros.
  RandomStream random(1, 0, "spectrum");
  Matrix drawn(8, 40);
  for (double& entry : drawn.reshaped()) entry = random.normal();
  const Matrix turn = drawn.transpose().householderQr().householderQ() * Matrix::Identity(40, 7);
  CHECK(head_tail_contrast<double>(x * turn.topRows(7).householderQr().householderQ().transpose()) ==
        Approx(expected).epsilon(1e-9));
  CHECK(head_tail_contrast<double>(x * turn.transpose()) == Approx(expected).epsilon(1e-9));
  CHECK(head_tail_contrast<float>((x * turn.transpose()).cast<float>()) == Approx(expected).epsilon(1e-5));
  // Fewer than five directions: only ε is in the tail.
  CHECK(head_tail_contrast<double>(x.leftCols(3)) == Approx(std::log(14 / 1e-10)).epsilon(1e-9));
}
