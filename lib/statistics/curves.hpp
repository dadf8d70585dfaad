// Laws of growth with few coefficients, fitted to values with known errors.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <array>
#include <string_view>

namespace softmech {

/// How a quantity y depends on a size x > 0.
enum class Curve {
  constant,    ///< y = a
  logarithm,   ///< y = a + b ln x
  power,       ///< y = a x^b
  saturation,  ///< y = a (1 − e^{−bx}), b > 0
};
inline constexpr std::array all_curves{Curve::constant, Curve::logarithm, Curve::power, Curve::saturation};

/// "constant", "logarithm", "power", "saturation".
std::string_view name(Curve curve);
/// The number of coefficients: 1 for the constant, 2 for the others.
int coefficient_count(Curve curve);

struct CurveFit {
  Curve curve = Curve::constant;
  double a = 0, b = 0;     ///< b = 0 for the constant
  double chi_squared = 0;  ///< Σ ((y − fit)/σ)²

  double at(double x) const;
  Vector at(VectorView x) const;
};

/// Minimizes χ². The linear laws are solved exactly. In the others a follows from b, and χ²(b) is scanned, then refined
/// to about 1e-9: |b| up to 30/ln(x_max/x_min) for the power, bx from 1e-4 at x_max (a straight line through the
/// origin) to 50 at x_min (a constant) for the saturation. Throws std::invalid_argument for x <= 0, sizes that do not
/// fit, fewer values than coefficients, errors that are not positive, or a single x where b is asked for.
CurveFit fit_curve(Curve curve, VectorView x, VectorView values, VectorView errors);

}  // namespace softmech
