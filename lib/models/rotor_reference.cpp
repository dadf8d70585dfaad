// Rotors by plain sums over all pairs: as the formulas say it.
#include <softmech/models/rotor_sums.hpp>

#include <cmath>

namespace softmech {

using Eigen::Index;

RotorReference::RotorReference(std::shared_ptr<const Matrix> couplings, const RotorLattice& lattice,
                               double attention_beta, bool has_ways)
    : couplings_(std::move(couplings)), lattice_(lattice), beta_(attention_beta), has_ways_(has_ways) {}

double RotorReference::cosine(const RotorPhasors& rotors, Index i, Index j) const {
  return rotors.cosine[i] * rotors.cosine[j] + rotors.sine[i] * rotors.sine[j];
}

double RotorReference::sine(const RotorPhasors& rotors, Index i, Index j) const {
  return rotors.sine[i] * rotors.cosine[j] - rotors.cosine[i] * rotors.sine[j];
}

void RotorReference::weights(const RotorPhasors& rotors, Index i, Vector& p) const {
  const double highest = couplings_->col(i).maxCoeff();
  p.setZero(rotors.size());
  for (Index j = 0; j < rotors.size(); ++j) {
    const double strength = (*couplings_)(j, i);
    if (j != i && strength > 0) p[j] = std::exp(beta_ * (strength * cosine(rotors, i, j) - highest));
  }
  p /= p.sum();
}

RotorSums RotorReference::sums(const RotorPhasors& rotors) const {
  RotorSums result = beta_ > 0 ? sums_of_softmax(rotors) : sums_of_pairs(rotors);
  for (int side = 0; side < 2 && !has_ways_; ++side)
    result.stretch[side] = result.current[side] = std::numeric_limits<double>::quiet_NaN();
  return result;
}

RotorSums RotorReference::sums_of_pairs(const RotorPhasors& rotors) const {
  RotorSums result;
  for (Index i = 0; i < rotors.size(); ++i) {
    for (Index j = 0; j < rotors.size(); ++j) {
      const double strength = (*couplings_)(j, i), c = cosine(rotors, i, j), s = sine(rotors, i, j);
      result.energy += strength * (1 - c) / 2;
      result.laplacian += i == j ? 0 : strength * c;
      for (int side = 0; side < lattice_.dimensions(); ++side) {
        const double way = lattice_.way(i, j, side);
        result.stretch[side] += strength * way * way * c / 2;
        if (!lattice_.is_half_way(way, side)) result.current[side] += strength * way * s / 2;
      }
    }
  }
  return result;
}

RotorSums RotorReference::sums_of_softmax(const RotorPhasors& rotors) const {
  const Index n = rotors.size();
  const RotorPhasors aligned{Vector::Ones(n), Vector::Zero(n), {}};
  RotorSums result;
  Vector p, p_aligned;
  for (Index i = 0; i < n; ++i) {
    weights(rotors, i, p);
    weights(aligned, i, p_aligned);
    double turned = 0, torque = 0, torque2 = 0, weighted = 0, stretch[2] = {}, current[2] = {}, current2[2] = {};
    double energy = 0;
    for (Index j = 0; j < n; ++j) {
      if (p[j] == 0) continue;
      const double strength = (*couplings_)(j, i), c = cosine(rotors, i, j), u = strength * sine(rotors, i, j);
      // ln Σ_k e^{E_k} = E_j − ln p_j for any j.
      energy = strength * (1 - c) + std::log(p[j] / p_aligned[j]) / beta_;
      turned += p[j] * strength * c;
      torque += p[j] * u;
      torque2 += p[j] * u * u;
      weighted += p[j] * p[j] * u * u;
      for (int side = 0; side < lattice_.dimensions(); ++side) {
        const double way = lattice_.way(i, j, side), odd = lattice_.is_half_way(way, side) ? 0 : way;
        stretch[side] += p[j] * strength * way * way * c;
        current[side] += p[j] * odd * u;
        current2[side] += p[j] * odd * odd * u * u;
      }
    }
    result.energy += energy;
    result.laplacian += 2 * turned - beta_ * (2 * torque2 - torque * torque - weighted);
    for (int side = 0; side < lattice_.dimensions(); ++side) {
      result.current[side] += current[side];
      result.stretch[side] += stretch[side] - beta_ * (current2[side] - current[side] * current[side]);
    }
  }
  return result;
}

void RotorReference::torques(const RotorPhasors& rotors, Eigen::Ref<Vector> out) const {
  const Index n = rotors.size();
  out.setZero();
  Vector p = Vector::Constant(n, 0.5);  // so that every pair, met twice, counts once
  for (Index i = 0; i < n; ++i) {
    if (beta_ > 0) weights(rotors, i, p);
    for (Index j = 0; j < n; ++j) {
      const double torque = p[j] * (*couplings_)(j, i) * sine(rotors, i, j);
      out[i] -= torque;
      out[j] += torque;
    }
  }
}

// With E_ij = J_ij cos(φ_i − φ_j) and W_ij the weight of a pair,
//   V_pairs: Σ_ij W_ij (e_i − e_j)(e_i − e_j)^T, W_ij = ½ E_ij;
//   softmax: the same with W_ij = p_ij E_ij − β_a p_ij J_ij² sin², plus β_a GᵀG, where row i of G is Σ_j p_ij ∂E_ij.
Matrix RotorReference::hessian(const RotorPhasors& rotors) const {
  const Index n = rotors.size();
  Matrix hessian = Matrix::Zero(n, n), mean_force = Matrix::Zero(beta_ > 0 ? n : 0, beta_ > 0 ? n : 0);
  Vector p = Vector::Constant(n, 0.5);
  for (Index i = 0; i < n; ++i) {
    if (beta_ > 0) weights(rotors, i, p);
    for (Index j = 0; j < n; ++j) {
      if (j == i) continue;
      const double strength = (*couplings_)(j, i), u = strength * sine(rotors, i, j);
      const double weight = p[j] * (strength * cosine(rotors, i, j) - beta_ * u * u);
      hessian(i, i) += weight;
      hessian(j, j) += weight;
      hessian(i, j) -= weight;
      hessian(j, i) -= weight;
      if (beta_ > 0) {
        mean_force(i, j) = p[j] * u;
        mean_force(i, i) -= p[j] * u;
      }
    }
  }
  if (beta_ > 0) hessian.noalias() += beta_ * mean_force.transpose() * mean_force;
  return hessian;
}

}  // namespace softmech
