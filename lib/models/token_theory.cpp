#include <softmech/models/token_theory.hpp>

#include <boost/math/quadrature/gauss.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace softmech {

namespace {

// The equiangular law in the coordinate u = ln[((n−1)ρ + 1)/(1 − ρ)], in which both laws are u̇ = 2n w(ρ) with
// w = e^{βρ}/(e^β + (n−1)e^{βρ}) for SA and e^{βρ}/n for USA: no fixed point is left.
struct LogitLaw {
  TokenLaw law;
  long double n, beta;

  explicit LogitLaw(const EquiangularLaw& from)
      : law(from.law), n(static_cast<long double>(from.tokens)), beta(from.beta) {
    if (from.tokens < 2) {
      throw std::invalid_argument(fmt::format("tokens = {}: an angle needs at least 2; try 8", from.tokens));
    }
    if (!(from.beta >= 0 && std::isfinite(from.beta))) {
      throw std::invalid_argument(fmt::format("beta = {}: must be >= 0 and finite; try 1", from.beta));
    }
  }

  long double coordinate(double cosine) const {
    if (!(cosine > -1 / (n - 1) && cosine < 1)) {
      throw std::invalid_argument(fmt::format("cosine = {}: must lie between -1/(n - 1) = {} and 1; try 0", cosine,
                                              static_cast<double>(-1 / (n - 1))));
    }
    return std::log(((n - 1) * cosine + 1) / (1 - static_cast<long double>(cosine)));
  }

  long double deficit(long double u) const { return n / (std::exp(u) + n - 1); }

  // dt/du = 1/(2n w).
  long double slowness(long double u) const {
    const long double deficit_here = deficit(u);
    if (law == TokenLaw::usa) return std::exp(-beta * (1 - deficit_here)) / 2;
    return (std::exp(beta * deficit_here) + n - 1) / (2 * n);
  }

  // ∫ dt/du du by Gauss's rule on panels in which neither ρ nor ln dt/du changes by more than about 1.
  long double depth(long double from, long double to) const {
    // Beyond this, 1 − ρ is below round-off and dt/du constant.
    const long double settled = std::max(from, 60 + std::log(n) + std::log1p(beta));
    const long double end = std::min(to, settled);
    const auto integrand = [this](long double u) { return slowness(u); };
    long double sum = 0;
    for (long double u = from; u < end;) {
      const long double near = deficit(u);
      const long double next = std::min(end, u + 1 / (1 + beta * near * (1 - near * (n - 1) / n)));  // dρ/du
      sum += boost::math::quadrature::gauss<long double, 30>::integrate(integrand, u, next);
      u = next;
    }
    return sum + std::max(0.0L, to - settled) * slowness(settled);
  }

  // Newton's method on depth(start, u) = t. dt/du falls with u, so it comes from below and never overshoots.
  long double coordinate_at(double start, double t) const {
    if (!(t >= 0 && std::isfinite(t))) {
      throw std::invalid_argument(fmt::format("depth = {}: must be >= 0 and finite", t));
    }
    long double u = coordinate(start), left = t;
    for (int i = 0; i < 100'000 && left > 0; ++i) {
      const long double next = u + left / slowness(u);
      if (next <= u + 4 * std::numeric_limits<long double>::epsilon() * std::abs(u)) break;
      left -= depth(u, next);
      u = next;
    }
    return u;
  }
};

}  // namespace

double EquiangularLaw::rate(double cosine) const {
  const double n = static_cast<double>(tokens), rho = cosine;
  const double shape = 2 * (1 - rho) * ((n - 1) * rho + 1);
  if (law == TokenLaw::usa) return shape * std::exp(beta * rho) / n;
  return shape / (std::exp(beta * (1 - rho)) + n - 1);
}

double EquiangularLaw::depth_between(double from, double to) const {
  const LogitLaw logit(*this);
  const long double begin = logit.coordinate(from), end = logit.coordinate(to);
  if (begin > end) throw std::invalid_argument(fmt::format("to = {}: must not be below from = {}", to, from));
  return static_cast<double>(logit.depth(begin, end));
}

double EquiangularLaw::cosine(double start, double t) const {
  const LogitLaw logit(*this);
  return static_cast<double>(1 - logit.deficit(logit.coordinate_at(start, t)));
}

double EquiangularLaw::deficit(double start, double t) const {
  const LogitLaw logit(*this);
  return static_cast<double>(logit.deficit(logit.coordinate_at(start, t)));
}

double EquiangularLaw::final_rate() const { return law == TokenLaw::sa ? 2 : 2 * std::exp(beta); }

double critical_coupling(double beta, std::int64_t dim) {
  if (!(beta >= 0 && std::isfinite(beta))) {
    throw std::invalid_argument(fmt::format("beta = {}: must be >= 0 and finite; try 1", beta));
  }
  if (dim < 1) throw std::invalid_argument(fmt::format("dim = {}: must be at least 1; try 2", dim));
  // With I_ν(β) = (β/2)^ν/Γ(ν + 1) Σ_k (β²/4)^k/(k! (ν + 1)_k) it is d/Σ_k …, whose terms are all positive.
  const long double order = static_cast<long double>(dim) / 2;
  const long double quarter_square = 0.25L * beta * beta;
  long double sum = 1, term = 1;
  for (long double k = 1; term > 1e-20L * sum; ++k) sum += term *= quarter_square / (k * (order + k));
  return static_cast<double>(static_cast<long double>(dim) / sum);
}

double tricritical_beta(std::int64_t dim) {
  if (dim < 2) throw std::invalid_argument(fmt::format("dim = {}: must be at least 2; try 3", dim));
  // I_{d/2+1}/I_{d/2} = (β/d) K_c(β, d)/K_c(β, d + 2), which rises from 0 to 1.
  const auto is_below = [dim](double beta) {
    return beta * critical_coupling(beta, dim) < critical_coupling(beta, dim + 2);
  };
  double low = 0, high = 1;
  while (is_below(high)) high *= 2;
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    (is_below(middle) ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double critical_gamma(double cosine) {
  if (!(cosine >= -1 && cosine < 1)) {
    throw std::invalid_argument(fmt::format("cosine = {}: must be at least -1 and below 1; try 0.5", cosine));
  }
  return 1 / (1 - cosine);
}

double self_weight(double tokens, double gamma, double cosine) {
  if (!(tokens >= 1)) throw std::invalid_argument(fmt::format("tokens = {}: must be at least 1", tokens));
  return 1 / (1 + (tokens - 1) * std::pow(tokens, -gamma * (1 - cosine)));
}

}  // namespace softmech
