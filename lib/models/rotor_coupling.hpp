// How strongly the phases of a rotor field couple: J_ij between sites of a chain or square lattice.
#pragma once

#include <softmech/geometry/vector.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace softmech {

/// Sites of a lattice, row by row; a chain is one row.
///
/// Displacements lead from a site to another one, and are numbered as the sites of a periodic lattice: this one, or for
/// an open one a lattice twice as long, of which the displacements back are the far half.
struct RotorLattice {
  Eigen::Index rows = 1;
  Eigen::Index columns = 1;
  bool open = false;

  Eigen::Index sites() const { return rows * columns; }
  int dimensions() const { return rows == 1 ? 1 : 2; }
  Eigen::Index displacement_rows() const { return open && rows > 1 ? 2 * rows : rows; }
  Eigen::Index displacement_columns() const { return open ? 2 * columns : columns; }
  Eigen::Index displacements() const { return displacement_rows() * displacement_columns(); }
  /// The displacement back.
  Eigen::Index reversed(Eigen::Index displacement) const;
  /// The number of sites that a displacement leads to another site from: all of a periodic lattice.
  Eigen::Index starts(Eigen::Index displacement) const;
  /// The site reached from `site` by `displacement`, on a periodic lattice.
  Eigen::Index displaced(Eigen::Index site, Eigen::Index displacement) const;
  /// Components of the shortest way that leads so far: along the row, along the column. Of two equally short ones the
  /// positive.
  double along_row(Eigen::Index displacement) const;
  double along_column(Eigen::Index displacement) const;
  double distance(Eigen::Index displacement) const;
  /// The shortest way between two sites along a side (0: the row).
  double way(Eigen::Index from, Eigen::Index to, int side) const;
  /// Whether a way is as short as the one back, so that it counts as 0 in odd sums.
  bool is_half_way(double way, int side) const {
    return 2 * way == static_cast<double>(side == 0 ? displacement_columns() : displacement_rows());
  }
};

/// J_ij = J(displacement from i to j): symmetric, the same for all sites, 0 from a site to itself.
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
  // Of the next three the sum over all displacements is 1, whatever the size (Kac normalization): the sum over j of a
  // periodic lattice, or of a site in the middle of an open one that is twice as long.
  /// J ~ 1 up to the distance `range` >= 1, else 0.
  static RotorCoupling window(const RotorLattice& lattice, double range);
  /// J ~ e^{-r/range}, `range` > 0.
  static RotorCoupling exponential(const RotorLattice& lattice, double range);
  /// J ~ r^{-alpha}, `alpha` >= 0.
  static RotorCoupling power(const RotorLattice& lattice, double alpha);
  /// J(r) = Σ_n |r + nN|^{-alpha}/(2ζ(alpha)) on a periodic chain, over all images of a site, alpha > 1: the waves of
  /// the chain are those of the infinite chain with J ~ r^{-alpha}. A site's own images do nothing, so that
  /// Σ_j J_ij = 1 - N^{-alpha}.
  static RotorCoupling power_of_images(Eigen::Index rotors, double alpha);
  /// J(r) = strengths[r - 1] on a chain, 0 beyond them. Any sign.
  static RotorCoupling of_distance(const RotorLattice& chain, std::span<const double> strengths);

  const RotorLattice& lattice() const { return lattice_; }
  std::span<const Bond> bonds() const { return bonds_; }
  /// Σ J over the displacements: Σ_j J_ij of a periodic lattice.
  double total() const { return total_; }
  /// ½ Σ_ij J_ij.
  double pairs_total() const;
  /// J x and J x² of a bond, x its way along a side (0: the row). Of two equally short ways back and forth the first is
  /// 0. Sums over images, where the coupling is one; these have no limit for alpha ≤ 3, which is NaN.
  double first_moment(const Bond& bond, int side) const;
  double second_moment(const Bond& bond, int side) const;
  /// Whether all pairs couple alike, as 1/N.
  bool is_all() const { return all_; }
  /// The sum of value(bond) over the bonds from i to j, N × N.
  Matrix matrix(const std::function<double(const Bond&)>& value) const;
  /// J_ij, N × N.
  Matrix matrix() const;

  /// A displacement drawn with chance J/total, and what is left of the random number that drew it.
  struct Draw {
    Eigen::Index displacement;
    double u;  ///< uniform on (0, 1) again, independent of the displacement
  };
  /// From u uniform on (0, 1): Walker's alias method, O(1). For periodic lattices without J < 0.
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
  std::optional<double> images_;  // alpha of a sum over images
};

}  // namespace softmech
