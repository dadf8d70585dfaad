// Modified Bessel functions of the first kind, all orders at once: the Fourier series of e^{β cos t}.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// e^{−β} I_m(β) for m = 0 … last, which is (1/2π) ∫ e^{β(cos t − 1)} cos mt dt; 0 where it is below 1e-300 I_0.
/// 0 ≤ β ≤ 1e8, last ≥ 0; in O(last + √β).
Vector scaled_bessel(double beta, Eigen::Index last);

}  // namespace softmech
