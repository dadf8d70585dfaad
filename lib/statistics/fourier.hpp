// The discrete Fourier transform, by FFTW.
#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

namespace softmech {

/// X_k = Σ_j x_j e^{-2πi k·j/n} of a chain or a lattice of complex numbers, in place, of any size in O(n log n).
///
/// Plans are FFTW's estimates, which measure nothing: a size has the same bits whenever it is transformed. An object
/// serves one thread at a time.
class FourierTransform {
 public:
  /// Sizes >= 1; values are 0.
  explicit FourierTransform(std::ptrdiff_t size) : FourierTransform(1, size) {}
  /// On a lattice, row by row.
  FourierTransform(std::ptrdiff_t rows, std::ptrdiff_t columns);
  ~FourierTransform();
  FourierTransform(FourierTransform&&) noexcept;
  FourierTransform& operator=(FourierTransform&&) noexcept;

  /// What is transformed.
  std::span<std::complex<double>> values() const;
  void forward();
  /// Σ_k X_k e^{+2πi k·j/n}: n times the inverse.
  void backward();

 private:
  struct Plans;
  std::unique_ptr<Plans> plans_;
};

}  // namespace softmech
