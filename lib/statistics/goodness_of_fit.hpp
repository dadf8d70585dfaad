// Whether a sample can come from a distribution, or from the same one as another sample.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

namespace softmech {

struct KolmogorovSmirnov {
  double distance = 0;  ///< D, the largest difference of the cumulative distributions
  double p_value = 1;   ///< chance of a distance at least this large
};

/// Of a sample against a continuous cumulative distribution F(x) that was not fitted to it. The p-value is exact for up
/// to 100 values (Marsaglia, Tsang & Wang, J. Stat. Softw. 8 (2003) 18) and beyond Q((√n + 0.12 + 0.11/√n) D) with
/// Q(λ) = 2 Σ_{j>=1} (−1)^{j−1} e^{−2j²λ²} (Stephens, J. R. Stat. Soc. B 32 (1970) 115). Throws std::invalid_argument
/// for no values, NaN, or F outside [0, 1].
KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> sample, const std::function<double(double)>& distribution);

/// Of two samples. Exact by counting paths for a·b <= 10⁴ (conservative if values are equal), beyond with Stephens'
/// formula for n = a b/(a + b). Throws std::invalid_argument for no values or NaN.
KolmogorovSmirnov kolmogorov_smirnov(std::span<const double> a, std::span<const double> b);

struct ChiSquaredTest {
  double chi_squared = 0;    ///< Σ (observed − expected)²/expected
  std::int64_t freedom = 0;  ///< classes after pooling − 1 − fitted
  double p_value = 1;        ///< 1 for no degrees of freedom
};

/// Of counts in classes against expected numbers, of which `fitted` coefficients came from the counts. Neighboring
/// classes are joined until each expects at least `least_expected`, where the χ² distribution holds. The expected
/// numbers must add up to the observed ones within 1e-6; add a class for the rest. Throws std::invalid_argument for
/// that, for different numbers of classes, negative or not finite numbers.
ChiSquaredTest chi_squared_test(std::span<const double> observed, std::span<const double> expected, int fitted = 0,
                                double least_expected = 5);

}  // namespace softmech
