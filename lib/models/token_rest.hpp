// Where tokens come to rest, and how their force changes around there.
#pragma once

#include <softmech/models/token_field.hpp>

namespace softmech {

/// An orthonormal basis of the tangent space at x, token by token: n·d × n(d − 1), of centered tokens n(d − 2).
Matrix tangent_basis(const SphereProduct& space, const VectorView& x);

/// The Jacobian of the tangent force in a tangent basis (column: moved, row: changed), by central differences of fourth
/// order along geodesics, right to about 1e-12 of its largest entries; symmetric, and minus the Hessian of V, where
/// there is a potential. 4n(d − 1) forces.
Matrix force_jacobian(const TokenField& field, const VectorView& x, const Matrix& basis);

/// A state at rest.
struct TokenRest {
  Vector x;
  double force = 0;  ///< root mean square of the forces that are left
  bool found = false;
};

/// Follows the force from x until it hardly moves, then Newton's method, which leaves alone what the force does not
/// change (zero modes). With a potential the steps go down along directions of negative curvature too: what is found is
/// a minimum. Not found: forces above 1e-10 of the largest entry of the Jacobian are left, as where clusters turn
/// around each other for ever.
TokenRest find_rest(const TokenField& field, const VectorView& x);

}  // namespace softmech
