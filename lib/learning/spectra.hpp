// Spectra of what a network has learned: Fourier content of its embeddings, principal components of its
// representations.
#pragma once

#include <softmech/geometry/vector.hpp>
#include <softmech/learning/network.hpp>

namespace softmech {

/// How many Fourier frequencies the embeddings of the residues use: (Σ_k P_k)²/Σ_k P_k², with the power
/// P_k = Σ_c |Σ_a W_ac e^{-2πi ka/p}|² over k = 1 … ⌊p/2⌋ and all components c. Between 1, one frequency, and ⌊p/2⌋,
/// all alike. p is fixed; 0 for embeddings that are all equal.
class FourierParticipation {
 public:
  explicit FourierParticipation(Eigen::Index modulus);
  /// embeddings: residues × components.
  double operator()(const RowMatrixView& embeddings) const;

 private:
  Matrix cosine_, sine_;  // frequency × residue
};

/// Spectral head–tail contrast ln[(Σ_{i≤5} λ_i + ε)/(Σ_{i>5} λ_i + ε)] of the covariance of representations (rows),
/// with eigenvalues λ_1 ≥ λ_2 ≥ … and ε = 1e-10 (Bi et al., arXiv 2603.24746).
template <class Scalar>
double head_tail_contrast(const Representations<Scalar>& representations);

}  // namespace softmech
