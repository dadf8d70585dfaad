#include <softmech/statistics/reweighting.hpp>

#include <softmech/statistics/autocorrelation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace softmech {

namespace {

constexpr Eigen::Index enough_blocks = 256;
constexpr Eigen::Index fewest_blocks = 16;
constexpr double fewest_effective = 50;

void require_runs(const std::vector<CanonicalRun>& runs) {
  if (runs.empty()) throw std::invalid_argument("reweighting of no runs: give at least one");
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const auto& [beta, energies] = runs[k];
    if (!std::isfinite(beta))
      throw std::invalid_argument(fmt::format("reweighting: run {} has beta = {}: must be finite", k, beta));
    if (energies.size() < 4)
      throw std::invalid_argument(
          fmt::format("reweighting: run {} has {} samples: must have at least 4", k, energies.size()));
    if (!energies.allFinite())
      throw std::invalid_argument(fmt::format("reweighting: run {} has an energy that is not finite", k));
    for (std::size_t j = 0; j < k; ++j) {
      if (runs[j].beta == beta)
        throw std::invalid_argument(
            fmt::format("reweighting: runs {} and {} have the same beta = {}; join them into one", j, k, beta));
    }
  }
}

std::vector<Eigen::Index> rising(const Vector& betas) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(betas.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return betas[a] < betas[b]; });
  return order;
}

/// f from df/dβ = ⟨E⟩ by trapezoids between neighbors in β, with f_0 = 0.
Vector integrated(const Vector& betas, const Vector& mean_energies) {
  const std::vector<Eigen::Index> order = rising(betas);
  Vector f = Vector::Zero(betas.size());
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Eigen::Index here = order[i], last = order[i - 1];
    f[here] = f[last] + 0.5 * (betas[here] - betas[last]) * (mean_energies[here] + mean_energies[last]);
  }
  return f.array() - f[0];
}

/// What free energies f say about every sample: ln Σ_k N_k e^{f_k − β_k E}, and the chance p_k to be from run k.
struct Mixture {
  Vector f, logarithm;
  Matrix origins;
  Vector excess;  ///< Σ_n p_k(n) − N_k: 0 for the right f

  Mixture(const Vector& betas, const Vector& counts, const Vector& energies, Vector free_energies)
      : f(std::move(free_energies)) {
    origins = -energies * betas.transpose();
    origins.rowwise() += (f.array() + counts.array().log()).matrix().transpose();
    logarithm = origins.rowwise().maxCoeff();
    origins = (origins.colwise() - logarithm).array().exp();
    const Vector sums = origins.rowwise().sum();
    origins.array().colwise() /= sums.array();
    logarithm += sums.array().log().matrix();
    excess = origins.colwise().sum().transpose() - counts;
  }

  double distance(const Vector& counts) const { return excess.cwiseAbs2().cwiseQuotient(counts).sum(); }
};

/// H⁻¹ of the free energies other than f_0; row and column 0 are 0.
Matrix inverse_curvature(const Matrix& origins) {
  const Eigen::Index runs = origins.cols(), others = runs - 1;
  Matrix curvature = -origins.transpose() * origins;
  curvature.diagonal() += origins.colwise().sum().transpose();
  Matrix inverse = Matrix::Zero(runs, runs);
  if (others > 0)
    inverse.bottomRightCorner(others, others) =
        curvature.bottomRightCorner(others, others).ldlt().solve(Matrix::Identity(others, others));
  return inverse;
}

RunOverlap overlap_of(const Matrix& origins, const Vector& counts, const Vector& betas) {
  RunOverlap overlap;
  const Matrix joint = origins.transpose() * origins;
  overlap.matrix = counts.cwiseInverse().asDiagonal() * joint;
  const Eigen::Index runs = counts.size();
  if (runs == 1) return overlap;
  const Vector root = counts.cwiseSqrt().cwiseInverse();  // D^{−1/2} PᵀP D^{−1/2} has the same eigenvalues
  const Matrix symmetric = root.asDiagonal() * joint * root.asDiagonal();
  overlap.second_eigenvalue =
      Eigen::SelfAdjointEigenSolver<Matrix>(symmetric, Eigen::EigenvaluesOnly).eigenvalues()[runs - 2];
  const std::vector<Eigen::Index> order = rising(betas);
  for (std::size_t i = 1; i < order.size(); ++i) {
    const Eigen::Index a = order[i - 1], b = order[i];
    const double least = std::min(overlap.matrix(a, b), overlap.matrix(b, a));
    if (least < overlap.least) overlap.least = least, overlap.weakest = {a, b};
  }
  return overlap;
}

std::string weakest_pair(const RunOverlap& overlap, const Vector& betas) {
  const auto [a, b] = overlap.weakest;
  return fmt::format("runs {} and {} (beta = {} and {}) overlap by {:.2g} only; run between them", a, b, betas[a],
                     betas[b], overlap.least);
}

/// The mixture with the right free energies.
Mixture solved(const Vector& betas, const Vector& counts, const Vector& energies, Vector start) {
  Mixture mixture(betas, counts, energies, std::move(start));
  for (int step = 0; step < 200; ++step) {
    const Vector newton = inverse_curvature(mixture.origins) * mixture.excess;
    if (newton.allFinite() && newton.cwiseAbs().maxCoeff() <= 1e-9 + 1e-13 * mixture.f.cwiseAbs().maxCoeff())
      return mixture;
    bool better = false;
    for (double part = 1; !better && newton.allFinite() && part > 0.05; part /= 2) {
      Mixture next(betas, counts, energies, mixture.f - part * newton);
      better = next.distance(counts) < mixture.distance(counts);
      if (better) mixture = std::move(next);
    }
    if (better) continue;
    const Vector ratio = (mixture.excess + counts).cwiseQuotient(counts);
    Vector f = mixture.f.array() - ratio.array().max(1e-300).log();
    f.array() -= f[0];
    mixture = Mixture(betas, counts, energies, std::move(f));
  }
  throw std::runtime_error(fmt::format("reweighting: no free energies after 200 steps; {}",
                                       weakest_pair(overlap_of(mixture.origins, counts, betas), betas)));
}

double log_sum_exp(const Vector& terms) {
  const double largest = terms.maxCoeff();
  return largest + std::log((terms.array() - largest).exp().sum());
}

std::span<const double> part(VectorView values, Eigen::Index first, Eigen::Index end) {
  return {values.data() + first, static_cast<std::size_t>(end - first)};
}

/// How many blocks a series allows, each as long as its correlation asks.
Eigen::Index blocks_of(const Autocorrelation& series) { return series.count / series.block(); }

}  // namespace

Estimate ReweightedMeans::at(Eigen::Index quantity) const {
  const auto n = static_cast<double>(blocks.rows());
  return {values[quantity],
          std::sqrt((blocks.col(quantity).array() - values[quantity]).square().sum() / (n * (n - 1)))};
}

Reweighting::Reweighting(const std::vector<CanonicalRun>& runs) {
  require_runs(runs);
  const auto count = static_cast<Eigen::Index>(runs.size());
  betas_.resize(count), counts_.resize(count), inefficiencies_.resize(count);
  offsets_.assign(1, 0);
  for (const CanonicalRun& run : runs) offsets_.push_back(offsets_.back() + run.energies.size());
  energies_.resize(offsets_.back());
  most_blocks_ = enough_blocks;
  Vector mean_energies(count);
  for (Eigen::Index k = 0; k < count; ++k) {
    const auto& [beta, energies] = runs[static_cast<std::size_t>(k)];
    energies_.segment(offsets_[k], energies.size()) = energies;
    betas_[k] = beta;
    counts_[k] = static_cast<double>(energies.size());
    mean_energies[k] = energies.mean();
    const Autocorrelation series = autocorrelation(part(energies, 0, energies.size()));
    inefficiencies_[k] = std::max(1.0, 2 * series.time);
    most_blocks_ = std::min(most_blocks_, blocks_of(series));
  }
  Mixture mixture = solved(betas_, counts_, energies_, integrated(betas_, mean_energies));
  overlap_ = overlap_of(mixture.origins, counts_, betas_);
  if (overlap_.least * counts_.minCoeff() < 1e-6)
    throw std::runtime_error(
        fmt::format("reweighting: free energies are not determined; {}", weakest_pair(overlap_, betas_)));
  free_energies_ = std::move(mixture.f);
  log_mixture_ = std::move(mixture.logarithm);
  origins_ = std::move(mixture.origins);
  inverse_ = inverse_curvature(origins_);

  // At fixed f a sample moves f_k by −H⁻¹ p: through the equations alone.
  const Eigen::Index blocks = std::max<Eigen::Index>(2, most_blocks_);
  const RowMatrix moved = in_blocks(-origins_ * inverse_, blocks);
  covariance_ = moved.transpose() * moved / static_cast<double>(blocks * (blocks - 1));
}

Vector Reweighting::log_weights(double beta) const { return -beta * energies_ - log_mixture_; }

RowMatrix Reweighting::in_blocks(const RowMatrix& effects, Eigen::Index blocks) const {
  RowMatrix sums = RowMatrix::Zero(blocks, effects.cols());
  for (std::size_t k = 0; k + 1 < offsets_.size(); ++k) {
    const Eigen::Index first = offsets_[k], count = offsets_[k + 1] - first;
    const Eigen::RowVectorXd mean = effects.middleRows(first, count).colwise().mean();
    for (Eigen::Index b = 0; b < blocks; ++b) {
      const Eigen::Index begin = b * count / blocks, end = (b + 1) * count / blocks;
      sums.row(b) +=
          effects.middleRows(first + begin, end - begin).colwise().sum() - static_cast<double>(end - begin) * mean;
    }
  }
  return static_cast<double>(blocks) * sums;
}

RowMatrix Reweighting::response(const RowMatrix& direct) const {
  return direct + origins_ * (inverse_ * (origins_.transpose() * direct));
}

Estimate Reweighting::free_energy(double beta) const {
  const Vector logarithms = log_weights(beta);
  const double f = -log_sum_exp(logarithms);
  const Eigen::Index blocks = std::max<Eigen::Index>(2, most_blocks_);
  const RowMatrix moved = in_blocks(response(-(logarithms.array() + f).exp().matrix()), blocks);
  return {f, std::sqrt(moved.squaredNorm() / static_cast<double>(blocks * (blocks - 1)))};
}

std::vector<ReweightedMeans> Reweighting::means(RowMatrixView observables, std::span<const double> betas) const {
  if (observables.rows() != energies_.size())
    throw std::invalid_argument(fmt::format(
        "reweighting: observables of {} samples, but energies of {}; give every sample of every run, in order",
        observables.rows(), energies_.size()));
  if (!observables.allFinite())
    throw std::invalid_argument("reweighting: an observable is not finite; leave out such samples");
  Eigen::Index blocks = most_blocks_;
  const Matrix columns = observables;
  for (const auto& column : columns.colwise()) {
    for (std::size_t k = 0; k + 1 < offsets_.size(); ++k)
      blocks = std::min(blocks, blocks_of(autocorrelation(part(column, offsets_[k], offsets_[k + 1]))));
  }
  blocks = std::max<Eigen::Index>(2, blocks);

  std::vector<ReweightedMeans> all;
  for (const double beta : betas) {
    if (!std::isfinite(beta)) throw std::invalid_argument(fmt::format("reweighting: beta = {}: must be finite", beta));
    const Vector logarithms = log_weights(beta);
    Vector weights = (logarithms.array() - logarithms.maxCoeff()).exp();
    weights /= weights.sum();
    ReweightedMeans& means = all.emplace_back();
    means.values = observables.transpose() * weights;
    const RowMatrix direct = weights.asDiagonal() * (observables.rowwise() - means.values.transpose());
    means.blocks = in_blocks(response(direct), blocks).rowwise() + means.values.transpose();
    double squares = 0;
    for (Eigen::Index k = 0; k < counts_.size(); ++k)
      squares += inefficiencies_[k] * weights.segment(offsets_[k], offsets_[k + 1] - offsets_[k]).squaredNorm();
    means.effective_samples = 1 / squares;
    means.reliable = means.effective_samples >= fewest_effective && blocks >= fewest_blocks;
  }
  return all;
}

ReweightedMeans Reweighting::means(RowMatrixView observables, double beta) const {
  return std::move(means(observables, std::span(&beta, 1)).front());
}

ReweightedMeans Reweighting::energies(double beta) const {
  RowMatrix powers(energies_.size(), 2);
  powers << energies_, energies_.cwiseAbs2();
  return means(powers, beta);
}

}  // namespace softmech
