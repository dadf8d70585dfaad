// What the spectrum of a linearized motion says: zero modes against broken symmetries, unstable and complex modes.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <complex>
#include <functional>
#include <string>
#include <vector>

namespace softmech {

/// The modes of small motion about a state at rest, sorted into kinds. |λ| ≤ tolerance counts as 0.
struct ModeSpectrum {
  /// Hessian: real, ascending. Jacobian: descending real part, of a conjugate pair the positive imaginary part first.
  Eigen::VectorXcd values;
  double tolerance = 0;
  Eigen::Index zero = 0;
  Eigen::Index unstable = 0;  ///< Hessian: λ < 0. Jacobian: Re λ > 0
  Eigen::Index complex = 0;   ///< Im λ ≠ 0, both of a pair counted
  /// dim G/H: generators of the symmetry that the state breaks, each of which makes a zero mode.
  Eigen::Index broken_generators = 0;
  /// A sentence with the number of unstable modes and the worst, one with that of complex pairs and the fastest, one if
  /// zero modes and broken generators differ; each only if there is something to say.
  std::vector<std::string> messages;

  bool is_stable() const { return unstable == 0; }
  bool has_goldstone_count() const { return zero == broken_generators; }
};

/// How a mode reads in a message after its value, as "rotors 3 and 4 turn apart"; "" adds nothing.
using DescribeMode = std::function<std::string(Eigen::Index mode)>;

/// Of the eigenvalues of a symmetric Hessian (ascending, as Eigen gives them): stable modes are > 0.
/// @param relative_tolerance what counts as 0, in units of the largest |λ|.
ModeSpectrum hessian_spectrum(const Vector& eigenvalues, Eigen::Index broken_generators,
                              const DescribeMode& describe = {}, double relative_tolerance = 1e-9);
/// Of the eigenvalues λ of the Jacobian of first-order motion x' = f(x), in any order: displacements go as e^{λt}, so
/// stable modes have Re λ ≤ 0; those with Im λ ≠ 0 exist only under forces that are not reciprocal. `describe` gets the
/// place of the mode in `eigenvalues`.
ModeSpectrum jacobian_spectrum(const Eigen::VectorXcd& eigenvalues, Eigen::Index broken_generators,
                               const DescribeMode& describe = {}, double relative_tolerance = 1e-9);

}  // namespace softmech
