// Means and free energies at any temperature from runs at a few: reweighting with one or several runs, no histograms.
#pragma once

#include <softmech/geometry/vector.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <span>
#include <utility>
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
  std::pair<Eigen::Index, Eigen::Index> weakest{0, 0};  ///< the neighbors it is between

  /// least >= 0.03, their rule of thumb.
  bool connected() const { return least >= 0.03; }
};

/// Means at one inverse temperature.
struct ReweightedMeans {
  Vector values;
  /// Values from nearly independent blocks of the samples (blocks × quantities), to first order: their mean is
  /// `values`, and a function of the values, also of several temperatures, has the error that jackknife_estimates or
  /// bootstrap_estimates finds from these rows. The blocks' length follows the autocorrelation of the energies and the
  /// observables, so that correlated series do no harm.
  RowMatrix blocks;
  /// Independent samples that carry the weight: 1/Σ w² 2τ, with Σ w = 1 and τ of the energies.
  double effective_samples = 0;
  /// effective_samples >= 50 and at least 16 blocks; false where β is too far outside the runs.
  bool reliable = false;

  /// The value with its standard error.
  Estimate at(Eigen::Index quantity) const;
};

/// The multistate Bennett acceptance ratio (Shirts & Chodera, J. Chem. Phys. 129 (2008) 124105): every sample of every
/// run, weighted by w ∝ e^{−βE}/Σ_k N_k e^{f_k − β_k E}; for one run, Ferrenberg–Swendsen reweighting.
///
/// The free energies f_k = −ln Z(β_k)/Z(β_0) solve Σ_n p_k(n) = N_k. Errors are linear response: sample n moves an
/// answer by a_n + p(n)ᵀ H⁻¹ Σ_m p(m) a_m, where a_n is what it does at fixed f (w_n (A_n − ⟨A⟩) for a mean) and H =
/// Σ_n (diag p − p pᵀ); what the samples of a run do, less its mean, is added up in blocks.
class Reweighting {
 public:
  /// Solves for the free energies from thermodynamic integration by Newton's method, in logarithms throughout, with
  /// self-consistent steps where Newton's lead nowhere. O(samples × runs²) per step, O(samples × runs) memory. Throws
  /// std::invalid_argument for no runs, runs of fewer than 4 samples, equal β, and numbers that are not finite;
  /// std::runtime_error naming the runs if some have no overlap at all.
  explicit Reweighting(const std::vector<CanonicalRun>& runs);

  /// f_k = −ln Z(β_k)/Z(β_0), one per run in the order given.
  const Vector& free_energies() const { return free_energies_; }
  /// The covariance of the free energies; row and column 0 are 0.
  const Matrix& covariance() const { return covariance_; }
  const RunOverlap& overlap() const { return overlap_; }

  /// −ln Z(β)/Z(β_0).
  Estimate free_energy(double beta) const;
  /// Means of observables given for every sample (rows: the samples of run 0, then of run 1, …) at each β, with the
  /// same blocks. Throws std::invalid_argument for another number of rows and for numbers that are not finite.
  std::vector<ReweightedMeans> means(RowMatrixView observables, std::span<const double> betas) const;
  ReweightedMeans means(RowMatrixView observables, double beta) const;
  /// (⟨E⟩, ⟨E²⟩).
  ReweightedMeans energies(double beta) const;

 private:
  Vector log_weights(double beta) const;
  /// a + p(n)ᵀ H⁻¹ Σ_m p(m) a_m for direct effects a (samples × answers).
  RowMatrix response(const RowMatrix& direct) const;
  /// Effects of samples, less the mean of their run, added up in the blocks of all runs; times the number of blocks.
  RowMatrix in_blocks(const RowMatrix& effects, Eigen::Index blocks) const;

  Vector betas_, counts_;
  Vector energies_;                    // of all runs
  std::vector<Eigen::Index> offsets_;  // of each run, and the total
  Vector inefficiencies_;              // 2τ of the energies of each run
  Eigen::Index most_blocks_ = 0;       // that the correlation of the energies allows
  Vector free_energies_;
  Vector log_mixture_;  // ln Σ_k N_k e^{f_k − β_k E} per sample
  Matrix origins_;      // p_k(n): samples × runs
  Matrix inverse_;      // H⁻¹ with f_0 held: row and column 0 are 0
  Matrix covariance_;
  RunOverlap overlap_;
};

}  // namespace softmech
