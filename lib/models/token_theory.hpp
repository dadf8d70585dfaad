// Exact results on tokens under attention with Q = K = V = 1; computed without any simulation code.
#pragma once

#include <cstdint>

namespace softmech {

/// The two first-order laws, ẋ_i = P_i Σ_j w_ij x_j.
enum class TokenLaw {
  sa,   ///< w_ij = e^{β x_i·x_j}/Σ_k e^{β x_i·x_k}: attention
  usa,  ///< w_ij = e^{β x_i·x_j}/n: without its normalization
};

/// Tokens that start with one common inner product ρ = x_i·x_j (i ≠ j) keep having one, and it obeys (Geshkovski et
/// al., arXiv:2312.10794, section 6; docs/theory.md, section 6)
///   SA:  ρ̇ = 2e^{βρ}(1 − ρ)((n − 1)ρ + 1)/(e^β + (n − 1)e^{βρ}),
///   USA: ρ̇ = (2/n)e^{βρ}(1 − ρ)((n − 1)ρ + 1).
/// ρ lies in (−1/(n − 1), 1): both ends are at rest, the lower one (a simplex) unstably.
struct EquiangularLaw {
  TokenLaw law = TokenLaw::sa;
  std::int64_t tokens = 2;  ///< n ≥ 2
  double beta = 1;          ///< β ≥ 0, finite

  /// ρ̇ at ρ.
  double rate(double cosine) const;
  /// The depth that it takes from one ρ to a larger one < 1, by quadrature in long double: about 1e-14 relative.
  /// @throws std::invalid_argument unless −1/(n − 1) < from ≤ to < 1.
  double depth_between(double from, double to) const;
  /// ρ(t), from ρ(0) = start; t ≥ 0. As accurate as t determines it: where ρ̇ has become e^{35} times what it was, not
  /// to all digits.
  double cosine(double start, double t) const;
  /// 1 − ρ(t), with its relative accuracy also where ρ rounds to 1.
  double deficit(double start, double t) const;
  /// The rate at which 1 − ρ decays in the end, ∝ e^{−rate·t}: 2 for SA, 2e^β for USA. (Angles and distances between
  /// tokens go as √(1 − ρ), at half of it.)
  double final_rate() const;
};

/// The threshold of the noisy mean field, dx = K f dt + √2 dW on S^{d−1} with f of USA (unscaled weights e^{β x·y}) and
/// n → ∞, above which the uniform state is unstable:
///   K_c = 2(β/2)^{d/2}/[Γ(d/2) I_{d/2}(β)];  K_c → d for β → 0.
/// With noise √(2T) dW the threshold is T·K_c.
/// @throws std::invalid_argument unless beta ≥ 0 and finite, dim ≥ 1.
double critical_coupling(double beta, std::int64_t dim);

/// β*(d), up to which that transition is continuous; beyond, the density jumps. The cubic term of the order parameter's
/// growth vanishes at K_c where the second harmonic of e^{β x·y} is 1/d of the first, I_{d/2+1}(β*)/I_{d/2}(β*) = 1/d:
/// the tricritical point, 2.4469 for d = 2 and 1.8162 for d = 3. @throws std::invalid_argument unless dim ≥ 2.
double tricritical_beta(std::int64_t dim);

/// γ_c = 1/(1 − ρ): with β = γ ln n and tokens at a common inner product ρ < 1, a row's weight stays on its own token
/// for γ > γ_c and spreads over all for γ < γ_c, as n → ∞ (arXiv:2510.05554).
double critical_gamma(double cosine);

/// A token's weight on itself there, 1/(1 + (n − 1) n^{−γ(1 − ρ)}).
double self_weight(double tokens, double gamma, double cosine);

}  // namespace softmech
