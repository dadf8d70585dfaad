// How strongly the phases of a rotor field couple: J_ij between sites of a periodic chain or square lattice.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace softmech {

/// Sites of a periodic lattice, row by row; a chain is one row.
struct RotorLattice {
  Eigen::Index rows = 1;
  Eigen::Index columns = 1;

  Eigen::Index sites() const { return rows * columns; }
  int dimensions() const { return rows == 1 ? 1 : 2; }
  /// The site reached from `site` by going as far as from site 0 to `displacement`.
  Eigen::Index displaced(Eigen::Index site, Eigen::Index displacement) const;
  /// Components of the shortest way around the lattice that leads so far: along the row, along the column. Of two
  /// equally short ones the positive.
  double along_row(Eigen::Index displacement) const;
  double along_column(Eigen::Index displacement) const;
  double distance(Eigen::Index displacement) const;
};

/// J_ij = J(displacement from i to j): symmetric, not negative, the same for all sites, 0 from a site to itself.
class RotorCoupling {
 public:
  /// The coupling of a site to another one.
  struct Bond {
    Eigen::Index displacement;
    double strength;
  };

  /// J_ij = 1/N for all pairs.
  static RotorCoupling all(Eigen::Index rotors);
  /// J_ij = 1 between nearest neighbors.
  static RotorCoupling nearest(const RotorLattice& lattice);
  // Of the others the sum over j is 1, whatever the size (Kac normalization).
  /// J ~ 1 up to the distance `range` >= 1, else 0.
  static RotorCoupling window(const RotorLattice& lattice, double range);
  /// J ~ e^{-r/range}, `range` > 0.
  static RotorCoupling exponential(const RotorLattice& lattice, double range);
  /// J ~ r^{-alpha}, `alpha` >= 0.
  static RotorCoupling power(const RotorLattice& lattice, double alpha);

  const RotorLattice& lattice() const { return lattice_; }
  std::span<const Bond> bonds() const { return bonds_; }
  /// sum_j J_ij.
  double total() const { return total_; }
  /// Whether all pairs couple alike, as 1/N.
  bool is_all() const { return all_; }

  /// A displacement drawn with chance J/total, and what is left of the random number that drew it.
  struct Draw {
    Eigen::Index displacement;
    double u;  ///< uniform on (0, 1) again, independent of the displacement
  };
  /// From u uniform on (0, 1): Walker's alias method, O(1).
  Draw draw(double u) const;

 private:
  RotorCoupling(const RotorLattice& lattice, std::vector<Bond> bonds, bool is_all = false);
  /// Bonds to all sites, J = strength(distance) where that is not 0, scaled so that they add up to 1.
  template <class Strength>
  static RotorCoupling normalized(const RotorLattice& lattice, Strength strength);

  /// Share of a slot that is its own bond's; the rest is the alias'.
  struct Slot {
    double own;
    std::size_t alias;
  };

  RotorLattice lattice_;
  std::vector<Bond> bonds_;
  std::vector<Slot> slots_;
  double total_ = 0;
  bool all_ = false;
};

}  // namespace softmech
