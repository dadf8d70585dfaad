// Energies, torques and responses of coupled rotors: one class for each way to sum over pairs.
//
// All take the phases as phasors (cos φ, sin φ), in the frame of the twist, and have
//   RotorSums sums(const RotorPhasors& rotors);
//   void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out);  // out_i = −∂V/∂φ_i
// They keep buffers, so that neither allocates.
#pragma once

#include <softmech/models/rotor_coupling.hpp>
#include <softmech/models/rotor_kernels.hpp>
#include <softmech/statistics/fourier.hpp>

#include <complex>
#include <limits>
#include <memory>
#include <span>
#include <variant>
#include <vector>

namespace softmech {

/// cos φ_i, sin φ_i and their sums.
struct RotorPhasors {
  Vector cosine, sine;
  PhasorSums sums;

  Eigen::Index size() const { return cosine.size(); }
};

/// What a state adds up to: V above the aligned state, ∇²V, and V's derivatives with respect to a twist φ per site
/// along each side of the lattice.
struct RotorSums {
  double energy = 0;
  double laplacian = 0;
  double stretch[2] = {};  ///< ∂²V/∂φ²
  double current[2] = {};  ///< ∂V/∂φ
};

/// J = 1/N for all pairs: V = ½ N (1 − M²).
class RotorMeanField {
 public:
  explicit RotorMeanField(Eigen::Index rotors) : rotors_(static_cast<double>(rotors)) {}
  RotorSums sums(const RotorPhasors& rotors) const;
  void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) const;

 private:
  double rotors_;
};

/// Pairs (from + i, to + i), i < count, with one displacement between them.
struct RotorPairs {
  Eigen::Index from, to, count;
};
/// All pairs with this displacement; `once`: of the pairs (i, j) and (j, i) one.
std::vector<RotorPairs> pairs_at(const RotorLattice& lattice, Eigen::Index displacement, bool once);

/// Bond by bond: for few bonds per rotor.
class RotorBonds {
 public:
  explicit RotorBonds(const RotorCoupling& coupling);
  RotorSums sums(const RotorPhasors& rotors) const;
  void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) const;

 private:
  struct Bond {
    double strength, first[2], second[2];  // J, J x, J x²
    std::vector<RotorPairs> pairs;
  };
  std::vector<Bond> bonds_;
  double pairs_total_;
};

/// By Fourier transforms, Σ_d K(d) Σ_i conj(s_i) s_{i+d} = Σ_k K̂(k)|ŝ_k|²/n for s = e^{iφ}, on the lattice of the
/// displacements; sites that an open lattice does not have are 0.
class RotorSpectrum {
 public:
  explicit RotorSpectrum(const RotorCoupling& coupling);
  RotorSums sums(const RotorPhasors& rotors);
  void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out);

 private:
  void transform(const RotorPhasors& rotors);

  RotorLattice lattice_;
  int sides_;
  double pairs_total_;
  FourierTransform transform_;
  Eigen::Map<Eigen::VectorXcd> state_;
  Vector coupling_, stretch_[2], current_[2], power_;
};

/// The readable sums over all pairs, of any couplings: what the others are held against.
class RotorReference {
 public:
  /// attention_beta: of the softmax; 0 for none. has_ways: whether rotors are as far apart as their lattice says, which
  /// images are not; the derivatives by a twist are NaN without.
  RotorReference(std::shared_ptr<const Matrix> couplings, const RotorLattice& lattice, double attention_beta,
                 bool has_ways = true);
  RotorSums sums(const RotorPhasors& rotors) const;
  void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) const;
  /// ∂²V/∂φ_i∂φ_j.
  Matrix hessian(const RotorPhasors& rotors) const;

 private:
  RotorSums sums_of_pairs(const RotorPhasors& rotors) const;
  RotorSums sums_of_softmax(const RotorPhasors& rotors) const;
  double cosine(const RotorPhasors& rotors, Eigen::Index i, Eigen::Index j) const;
  double sine(const RotorPhasors& rotors, Eigen::Index i, Eigen::Index j) const;
  /// p_ij of row i.
  void weights(const RotorPhasors& rotors, Eigen::Index i, Vector& p) const;

  std::shared_ptr<const Matrix> couplings_;
  RotorLattice lattice_;
  double beta_;
  bool has_ways_;
};

/// A symmetric table of J_ij.
class RotorTable {
 public:
  RotorTable(std::shared_ptr<const Matrix> couplings, const RotorLattice& chain)
      : couplings_(couplings), reference_(couplings, chain, 0) {}
  RotorSums sums(const RotorPhasors& rotors) const { return reference_.sums(rotors); }
  void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out);

 private:
  std::shared_ptr<const Matrix> couplings_;
  RotorReference reference_;
  Vector field_cosine_, field_sine_;
};

/// V = −(1/β_a) Σ_i ln Σ_j e^{β_a J_ij cos(φ_i − φ_j)}, over j with J_ij > 0. The weight e^{...} of a pair is the same
/// seen from both its rotors: one exponential per pair and pass.
class RotorSoftmax {
 public:
  RotorSoftmax(const RotorCoupling& scores, double attention_beta);
  RotorSoftmax(std::shared_ptr<const Matrix> scores, const RotorLattice& chain, double attention_beta);
  RotorSums sums(const RotorPhasors& rotors);
  void torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out);

 private:
  /// Pairs at one displacement. J_ij is `strength` or, of a table, strengths[i]; ways are relative to it.
  struct Bond {
    double strength = 0;
    Vector strengths;
    double way[2] = {}, way2[2] = {};
    std::vector<RotorPairs> pairs;
  };
  /// Calls visit(bond, first rotor, second rotor, count) with scores_, cosines_, sines_ and weights_ of that many
  /// pairs.
  template <class Visit>
  void for_each_block(const RotorPhasors& rotors, Visit visit);
  void partition_sums(const RotorPhasors& rotors, Vector& sums);
  void start(Eigen::Index rotors, double attention_beta);

  static constexpr Eigen::Index block = 256;
  std::vector<Bond> bonds_;
  double beta_ = 1, highest_ = 0;
  Vector aligned_, partition_, inverse_;                   // Σ_j of the weights
  Vector couplings_, cosines_, sines_, weights_, torque_;  // of a block of pairs
  RowMatrix moments_;                                      // of the rows: see sums
};

/// The fast way for a coupling.
using RotorPairSums = std::variant<RotorMeanField, RotorBonds, RotorSpectrum>;
RotorPairSums pair_sums(const RotorCoupling& coupling);

}  // namespace softmech
