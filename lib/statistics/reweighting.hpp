// Means and free energies at any temperature from runs at a few: reweighting with one or several runs, no histograms.
#pragma once

#include <softmech/geometry/vector.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <cstdint>
#include <vector>

namespace softmech {

/// A stationary series at one inverse temperature: total (extensive) energies of successive samples.
struct CanonicalRun {
  double beta = 1;
  Vector energies;
};

/// Whether the runs know of each other. O_ij = Σ_n p_i(n) p_j(n)/N_i, with the chance p_i(n) that sample n, given its
/// energy, is from run i: rows sum to 1 (Klimovich, Shirts & Mobley, J. Comput.-Aided Mol. Des. 29 (2015) 397).
struct RunOverlap {
  Matrix matrix;                 ///< runs × runs
  double second_eigenvalue = 0;  ///< 1: the runs fall into groups without overlap; 0 for a single run
  double least = 1;              ///< the smallest element between neighbors in β; 1 for a single run

  /// least >= 0.03, their rule of thumb.
  bool connected() const { return least >= 0.03; }
};

/// Means at one inverse temperature.
struct ReweightedMeans {
  Vector values;
  /// Means of nearly independent blocks (blocks × quantities) to first order: their mean is `values`, and any function
  /// of the values has the error that jackknife_estimates or bootstrap_estimates finds from these rows. The block
  /// length comes from the autocorrelation of the energies and the observables, so that correlated series are no harm.
  RowMatrix blocks;
  double effective_samples = 0;  ///< independent ones that carry the weight: (Σw)²/Σw², over 2τ of each run's energies
  bool reliable = false;         ///< effective_samples >= 50 and at least 16 blocks; false where β is too far outside

  /// The value with its standard error.
  Estimate at(Eigen::Index quantity) const;
};

/// The multistate Bennett acceptance ratio (Shirts & Chodera, J. Chem. Phys. 129 (2008) 124105): every sample of every
/// run, weighted by e^{−βE}/Σ_k N_k e^{f_k − β_k E}; for one run, Ferrenberg–Swendsen reweighting.
///
/// The free energies f_k = −ln Z(β_k)/Z(β_0) solve Σ_n p_k(n) = N_k. Errors are those of linear response: each sample
/// moves the answer by its weight and by its share in every f_k; summed over blocks of each run.
class Reweighting {
 public:
  /// Solves for the free energies by Newton's method on the convex likelihood, in logarithms throughout, with
  /// self-consistent steps where Newton's do not descend. O(samples × runs²) per step, O(samples × runs) memory. Throws
  /// std::invalid_argument for no runs, runs of fewer than 4 samples, equal β, and energies that are not finite;
  /// std::runtime_error naming the runs if they have no overlap at all.
  explicit Reweighting(std::vector<CanonicalRun> runs);

  /// f_k = −ln Z(β_k)/Z(β_0), one per run in the order given.
  const Vector& free_energies() const { return free_energies_; }
  /// The covariance of the free energies; row and column 0 are 0.
  const Matrix& covariance() const { return covariance_; }
  const RunOverlap& overlap() const { return overlap_; }

  /// −ln Z(β)/Z(β_0).
  Estimate free_energy(double beta) const;
  /// The means at β of observables given for every sample (rows: the samples of run 0, then of run 1, …). Throws
  /// std::invalid_argument for another number of rows and for values that are not finite.
  ReweightedMeans means(RowMatrixView observables, double beta) const;
  /// The same of the energy and its square, (⟨E⟩, ⟨E²⟩).
  ReweightedMeans energies(double beta) const;

 private:
  Vector betas_;
  Vector energies_;                    // of all runs
  std::vector<Eigen::Index> offsets_;  // of each run, and the total
  Vector free_energies_;
  Vector log_mixture_;  // ln Σ_k N_k e^{f_k − β_k E} per sample
  Matrix origins_;      // p_k(n): samples × runs
  Matrix covariance_;
  RunOverlap overlap_;
};

}  // namespace softmech
