// Linear equations of which only products with the matrix are known.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <functional>

namespace softmech {

/// GMRES (Saad & Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986)) without restart, up to a fixed number of products.
class Gmres {
 public:
  using Product = std::function<void(const Vector& u, Vector& product)>;

  /// For `size` unknowns; keeps `most_products` vectors.
  Gmres(Eigen::Index size, Eigen::Index most_products);

  /// Solves A x = b from x = 0 until |b − A x| <= tolerance. False if it is not reached, or not finite.
  bool solve(const Product& product, const Vector& right_side, double tolerance, Vector& x);
  /// The products of the last solve.
  Eigen::Index products() const { return products_; }

 private:
  double add_direction(const Product& product);
  void eliminate(double below_diagonal);

  Eigen::Index products_ = 0;
  Matrix basis_;       // orthonormal; columns 0 … products
  Matrix triangular_;  // the Hessenberg matrix, rotated to upper triangular form
  Vector cosine_, sine_, residual_;
  Vector direction_, image_;
};

}  // namespace softmech
