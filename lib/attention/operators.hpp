// Attention operators: maps from energies to weights, each the equilibrium of U - T S with its own entropy.
#pragma once

#include <variant>

#include "softmech/geometry/vector.hpp"

namespace softmech {

// All entropies here have trace form, S(p) = Σ_i s(p_i), with s concave and s(0) = s(1) = 0. The minimizer of
// F(p) = Σ p_i E_i - T Σ s(p_i) on the simplex is p_i = φ(z_i - ν) with z = -E/T, φ the inverse of -s', and ν such that
// the weights sum to 1.

/// Boltzmann–Gibbs–Shannon: s(p) = -p ln p, p_i = e^{z_i}/Σ_j e^{z_j}.
struct Softmax {};

/// Tsallis entropy, s(p) = (p - p^α)/(α(α-1)): p_i = [(α-1) z_i - τ]_+^{1/(α-1)}, the α-entmax of Peters, Niculae &
/// Martins (2019). α > 1; α → 1 is the softmax, α = 2 the sparsemax of Martins & Astudillo (2016).
struct Entmax {
  double alpha = 1.5;
};

/// Kaniadakis entropy, s'(p) = -ln_κ p + const, 0 < κ < 1: p_i = exp_κ(z_i - ν) (Kaniadakis, Physica A 296 (2001) 405).
///
/// exp_κ(x) = (√(1+κ²x²) + κx)^{1/κ}, ln_κ p = (p^κ - p^{-κ})/2κ. With s(0) = s(1) = 0 this entropy is the mean of the
/// two Tsallis entropies with α = 1 ± κ. κ → 0 is the softmax, with an error O(κ²).
///
/// ν is additive, and that is the point. The ratio exp_κ(z_i)/Σ_j exp_κ(z_j) is normalized too, but it changes when all
/// energies are shifted by one constant (exp_κ(x + c) is not a multiple of exp_κ(x)), while F changes by that constant
/// only and keeps its minimizer. So the ratio is the equilibrium of no U - T Σ s(p_i), and is not offered here.
struct KappaSoftmax {
  double kappa = 0.2;
};

using Operator = std::variant<Softmax, Entmax, KappaSoftmax>;

// Throughout: energies and weights hold one entry per key, weights ≥ 0; T > 0 in units of energy; entropies in nats
// (k_B = 1). Only E_i - min E enters, so no offset overflows; safe for |E|/T ≤ 1e100. An empty row, a non-finite
// energy, sizes that differ, T ≤ 0, α ≤ 1 or κ outside (0, 1) throw std::invalid_argument.

/// p* = argmin_p F(p) on the simplex, to round-off (the exact equilibrium of energies that differ by round-off).
Vector equilibrium(const Operator& op, VectorView energies, double temperature);

/// ln p*_i, finite where p*_i itself underflows; -inf exactly outside the support (entmax only).
Vector log_equilibrium(const Operator& op, VectorView energies, double temperature);

/// S = Σ_i s(p_i) ≥ 0; 0 for a point mass.
double entropy(const Operator& op, VectorView weights);

/// ∂S/∂p_i = s'(p_i): softmax -ln p - 1; entmax (1 - α p^{α-1})/(α(α-1)); κ-softmax -ln_κ p - 1/(1-κ²).
/// At p_i = 0 the one-sided limit: +inf for softmax and κ-softmax, 1/(α(α-1)) for entmax.
Vector entropy_gradient(const Operator& op, VectorView weights);

/// F(p) = Σ p_i E_i - T S(p), for any weights; the equilibrium's F* for p = p*.
double free_energy(const Operator& op, VectorView weights, VectorView energies, double temperature);

/// Diagonal of the Hessian of F, -T s''(p_i) (it has no other entries): T/p, T p^{α-2}, T (p^κ + p^{-κ})/2p.
/// At p_i = 0 the one-sided limit: +inf, except entmax with α = 2 (T) and α > 2 (0).
Vector free_energy_hessian(const Operator& op, VectorView weights, double temperature);

/// F(p) - F* ≥ 0 for weights that sum to 1, as a sum of terms ≥ 0, so accurate to a relative error where it vanishes:
/// T Σ_i [s(p*_i) - s(p_i) + s'(p*_i)(p_i - p*_i)], a Bregman divergence, plus Σ p_i λ_i over keys outside the support
/// of p*, λ_i = E_i - T s'(0) - μ. For the softmax it is T·KL(p‖p*).
double excess_free_energy(const Operator& op, VectorView weights, VectorView energies, double temperature);

/// KL(p‖q) = Σ p_i ln(p_i/q_i) in nats, summed as p ln(p/q) - p + q ≥ 0 per key; +inf if q_i = 0 < p_i.
double kl_divergence(VectorView p, VectorView q);

/// KL(p‖softmax(-E/T)) in nats, from the energies: finite where the softmax underflows.
double kl_to_equilibrium(VectorView weights, VectorView energies, double temperature);

/// dU/dT at equilibrium, U = Σ p*_i E_i: W·Var_w(E)/T² with w_i = φ'(z_i - ν) = -1/s''(p*_i), W = Σ w_i, Var_w the
/// variance with weights w_i/W. For the softmax w = p, so it is Var_p(E)/T². Entmax with α ≥ 2 jumps where a key enters
/// the support: there this is the value without the key.
double heat_capacity(const Operator& op, VectorView energies, double temperature);

}  // namespace softmech
