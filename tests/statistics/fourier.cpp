#include <softmech/statistics/fourier.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <numbers>
#include <stdexcept>

using namespace softmech;

namespace {

using Complex = std::complex<double>;

Complex wave(double turns) { return std::polar(1.0, 2 * std::numbers::pi * turns); }

/// Numbers without any symmetry.
Complex sample(double j) { return {std::sin(1 + j * j), std::cos(3 * j)}; }

}  // namespace

TEST_CASE("a transform is the sum it stands for, of any size", "[fourier]") {
  const int size = GENERATE(1, 2, 12, 31, 100);
  FourierTransform transform(size);
  for (int j = 0; j < size; ++j) transform.values()[static_cast<std::size_t>(j)] = sample(j);
  transform.forward();
  for (int k = 0; k < size; ++k) {
    Complex sum = 0;
    for (int j = 0; j < size; ++j) sum += sample(j) * wave(-static_cast<double>(k) * j / size);
    CHECK(std::abs(transform.values()[static_cast<std::size_t>(k)] - sum) < 1e-12 * size);
  }
  transform.backward();
  for (int j = 0; j < size; ++j)
    CHECK(std::abs(transform.values()[static_cast<std::size_t>(j)] - static_cast<double>(size) * sample(j)) <
          1e-12 * size);
}

TEST_CASE("on a lattice rows and columns are transformed", "[fourier]") {
  constexpr int rows = 3, columns = 8;
  FourierTransform transform(rows, columns);
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < columns; ++x)
      transform.values()[static_cast<std::size_t>(y * columns + x)] = wave(x * 3. / 8 + y / 3.);
  transform.forward();
  for (std::size_t k = 0; k < rows * columns; ++k)
    CHECK(std::abs(transform.values()[k] - (k == 1 * columns + 3 ? Complex(rows * columns) : Complex(0))) < 1e-13);
}

TEST_CASE("a transform of nothing is refused", "[fourier]") {
  CHECK_THROWS_AS(FourierTransform(0), std::invalid_argument);
}
