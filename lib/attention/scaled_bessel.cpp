#include <softmech/attention/scaled_bessel.hpp>

#include <cmath>

namespace softmech {

// Ratios I_m/I_{m−1} = 1/(2m/β + I_{m+1}/I_m) are stable downwards (Gautschi, SIAM Rev. 9, 24 (1967)), from an order at
// which they no longer matter; the size is that of I_0 + 2 Σ I_m = e^β.
Vector scaled_bessel(double beta, Eigen::Index last) {
  const Eigen::Index first = last + 40 + static_cast<Eigen::Index>(12 * std::sqrt(beta));
  Vector values(first + 1);
  double ratio = 0;
  for (Eigen::Index m = first; m > 0; --m) values[m] = ratio = 1 / (2 * static_cast<double>(m) / beta + ratio);
  values[0] = 1;
  for (Eigen::Index m = 1; m <= first; ++m) {
    values[m] *= values[m - 1];
    if (values[m] < 1e-300) values[m] = 0;  // no denormal numbers
  }
  values /= 2 * values.sum() - 1;
  return values.head(last + 1);
}

}  // namespace softmech
