// The frequency of a sampled oscillation.
#pragma once

#include <softmech/geometry/vector.hpp>

namespace softmech {

/// The undamped angular frequency ω_0, ω_0² = ω² + Γ², of a weakly anharmonic oscillation
///   a(t) = e^{-Γt}(A cos ωt + B sin ωt) + e^{-2Γt}(C + D cos 2ωt + E sin 2ωt)
/// sampled at equal distances `interval`. The second bracket is what a quadratic force adds at second order in the
/// amplitude; without it ω would be biased at first order, with it the bias is the physical O(amplitude²) shift.
///
/// Starts from Prony's estimate (1795): samples of the first bracket obey a_{k+1} = c_1 a_k + c_2 a_{k-1} with
/// c_1 = 2e^{-Γ·interval} cos(ω·interval), c_2 = -e^{-2Γ·interval}; then variable projection (Golub & Pereyra 1973):
/// the amplitudes are solved for linearly, Γ and ω by Gauss–Newton. Needs ω·interval < π and about a period of samples.
/// NaN if the samples do not oscillate. Throws std::invalid_argument for fewer than eight samples.
double oscillation_frequency(VectorView samples, double interval);

}  // namespace softmech
