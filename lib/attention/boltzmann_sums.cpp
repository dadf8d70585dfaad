#include "softmech/attention/boltzmann_sums.hpp"

#include <array>
#include <cmath>

#include "softmech/attention/exponential.hpp"

namespace softmech {
namespace {

constexpr std::size_t block = 512;  // x and w of one block stay in the first-level cache

BoltzmannSums sum_block(std::span<const double> energies, double lowest, double beta) {
  alignas(64) std::array<double, block> x, w;
  const std::size_t keys = energies.size();
  double total = 0, weight = 0, first_moment = 0, squares = 0;
#pragma omp simd simdlen(8) reduction(+ : total, weight, first_moment, squares)
  for (std::size_t i = 0; i < keys; ++i) {
    const double depth = (energies[i] - lowest) * beta;
    const double boltzmann = exp_nonpositive(-depth);
    x[i] = depth;
    w[i] = boltzmann;
    total += depth;
    weight += boltzmann;
    first_moment += boltzmann * depth;
    squares += boltzmann * boltzmann;
  }
  const auto count = static_cast<double>(keys);
  const double mean = total / count, weighted_mean = weight > 0 ? first_moment / weight : 0;
  double deviations = 0, weighted_deviations = 0;
#pragma omp simd simdlen(8) reduction(+ : deviations, weighted_deviations)
  for (std::size_t i = 0; i < keys; ++i) {
    const double deviation = x[i] - mean, weighted_deviation = x[i] - weighted_mean;
    deviations += deviation * deviation;
    weighted_deviations += w[i] * weighted_deviation * weighted_deviation;
  }
  return {count, mean, deviations, weight, weighted_mean, weighted_deviations, squares};
}

// Mean and sum of squared deviations of two groups (Chan, Golub & LeVeque 1983). All means are ≥ 0, so the mean of the
// two keeps the relative accuracy of a tiny one.
struct Moments {
  double weight, mean, deviations;
};
Moments merge(const Moments& a, const Moments& b) {
  const double weight = a.weight + b.weight;
  if (weight == 0) return {0, 0, 0};
  const double share = b.weight / weight, distance = b.mean - a.mean;
  return {weight, (a.weight * a.mean + b.weight * b.mean) / weight,
          a.deviations + b.deviations + distance * distance * a.weight * share};
}

BoltzmannSums merge(const BoltzmannSums& a, const BoltzmannSums& b) {
  const Moments plain = merge(Moments{a.keys, a.mean, a.deviations}, Moments{b.keys, b.mean, b.deviations});
  const Moments weighted = merge(Moments{a.weight, a.weighted_mean, a.weighted_deviations},
                                 Moments{b.weight, b.weighted_mean, b.weighted_deviations});
  return {plain.weight,    plain.mean,    plain.deviations,  //
          weighted.weight, weighted.mean, weighted.deviations, a.squares + b.squares};
}

BoltzmannSums sum_pairwise(std::span<const double> energies, double lowest, double beta) {
  if (energies.size() <= block) return sum_block(energies, lowest, beta);
  const std::size_t blocks = (energies.size() + block - 1) / block, half = blocks / 2 * block;
  return merge(sum_pairwise(energies.first(half), lowest, beta), sum_pairwise(energies.subspan(half), lowest, beta));
}

// Σ w over x > 0.
double excited_weight(std::span<const double> energies, double lowest, double beta) {
  if (energies.size() > block) {
    const std::size_t half = energies.size() / 2;
    return excited_weight(energies.first(half), lowest, beta) + excited_weight(energies.subspan(half), lowest, beta);
  }
  double excited = 0;
#pragma omp simd simdlen(8) reduction(+ : excited)
  for (std::size_t i = 0; i < energies.size(); ++i) {
    const double x = (energies[i] - lowest) * beta;
    const double boltzmann = exp_nonpositive(-x);
    excited += x == 0 ? 0.0 : boltzmann;
  }
  return excited;
}

}  // namespace

BoltzmannSums boltzmann_sums(std::span<const double> energies, double lowest, double temperature) {
  const double beta = 1 / temperature;
  BoltzmannSums sums = sum_pairwise(energies, lowest, beta);
  // Below 2 there is one ground key, and Σ w - 1 would cancel.
  sums.excess = sums.weight < 1.99 ? excited_weight(energies, lowest, beta) : sums.weight - 1;
  return sums;
}

BoltzmannSums boltzmann_sums_reference(std::span<const double> energies, double lowest, double temperature) {
  BoltzmannSums sums;
  double ground = 0, excited = 0;
  for (double energy : energies) {
    const double x = (energy - lowest) / temperature, w = std::exp(-x);
    sums.keys += 1;
    sums.mean += x;
    (x == 0 ? ground : excited) += w;
    sums.weighted_mean += w * x;
    sums.squares += w * w;
  }
  sums.weight = ground + excited;
  sums.excess = (ground - 1) + excited;
  sums.mean /= sums.keys;
  sums.weighted_mean /= sums.weight;
  for (double energy : energies) {
    const double x = (energy - lowest) / temperature, w = std::exp(-x);
    sums.deviations += (x - sums.mean) * (x - sums.mean);
    sums.weighted_deviations += w * (x - sums.weighted_mean) * (x - sums.weighted_mean);
  }
  return sums;
}

}  // namespace softmech
