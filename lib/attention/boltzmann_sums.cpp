#include "softmech/attention/boltzmann_sums.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "softmech/attention/exponential.hpp"

namespace softmech {
namespace {

constexpr std::size_t block = 512;  // x and w of one block stay in the first-level cache

constexpr std::size_t lanes = 8;  // key i is added in lane i mod 8, whatever the width of a register

/// Eight lanes in two registers of AVX2, with the operations of the one register of AVX-512.
struct TwoRegisters {
  FourLanes low, high;

  using Self = TwoRegisters;
  [[gnu::always_inline]] friend Self operator-(Self a, double b) { return {a.low - b, a.high - b}; }
  [[gnu::always_inline]] friend Self operator*(Self a, double b) { return {a.low * b, a.high * b}; }
  [[gnu::always_inline]] friend Self operator*(Self a, Self b) { return {a.low * b.low, a.high * b.high}; }
  [[gnu::always_inline]] friend Self operator+(Self a, Self b) { return {a.low + b.low, a.high + b.high}; }
};

[[gnu::always_inline]] inline EightLanes boltzmann_weight(EightLanes depth) {
  return exp_nonpositive_of(EightLanes(-depth));
}
[[gnu::always_inline]] inline TwoRegisters boltzmann_weight(TwoRegisters depth) {
  return {exp_nonpositive_of(FourLanes(-depth.low)), exp_nonpositive_of(FourLanes(-depth.high))};
}

// Register by register: a whole TwoRegisters copied at once would live in memory.
template <class Group>
[[gnu::always_inline]] inline Group load(const double* from) {
  Group group;
  if constexpr (std::is_same_v<Group, TwoRegisters>) {
    std::memcpy(&group.low, from, sizeof group.low);
    std::memcpy(&group.high, from + lanes / 2, sizeof group.high);
  } else {
    std::memcpy(&group, from, sizeof group);
  }
  return group;
}

template <class Group>
[[gnu::always_inline]] inline void store(Group group, double* to) {
  if constexpr (std::is_same_v<Group, TwoRegisters>) {
    std::memcpy(to, &group.low, sizeof group.low);
    std::memcpy(to + lanes / 2, &group.high, sizeof group.high);
  } else {
    std::memcpy(to, &group, sizeof group);
  }
}

/// The sum over the lanes, in an order of its own.
template <class Group>
[[gnu::always_inline]] inline double sum(Group group) {
  std::array<double, lanes> v;
  store(group, v.data());
  return ((v[0] + v[4]) + (v[1] + v[5])) + ((v[2] + v[6]) + (v[3] + v[7]));
}

/// Compiled once for each instruction set, into the function that it is inlined in. The last group is padded with keys
/// of the lowest energy, whose weights and deviations are then taken out.
template <class Group>
[[gnu::always_inline]] inline BoltzmannSums block_body(std::span<const double> energies, double lowest, double beta) {
  alignas(64) std::array<double, block> x, w;
  const std::size_t keys = energies.size(), full = keys / lanes, rest = keys % lanes;
  Group total{}, weight{}, first_moment{}, squares{};
  const auto add = [&](Group depth, Group boltzmann) __attribute__((always_inline)) {
    total = total + depth;
    weight = weight + boltzmann;
    first_moment = first_moment + boltzmann * depth;
    squares = squares + boltzmann * boltzmann;
  };
  for (std::size_t i = 0; i < full * lanes; i += lanes) {
    const Group depth = (load<Group>(&energies[i]) - lowest) * beta;
    const Group boltzmann = boltzmann_weight(depth);
    store(depth, &x[i]);
    store(boltzmann, &w[i]);
    add(depth, boltzmann);
  }
  if (rest > 0) {
    std::array<double, lanes> last;
    last.fill(lowest);
    std::copy(energies.end() - static_cast<std::ptrdiff_t>(rest), energies.end(), last.begin());
    const Group depth = (load<Group>(last.data()) - lowest) * beta;
    store(depth, &x[full * lanes]);
    store(boltzmann_weight(depth), &w[full * lanes]);
    for (std::size_t i = keys; i < (full + 1) * lanes; ++i) w[i] = 0;
    add(depth, load<Group>(&w[full * lanes]));
  }

  const auto count = static_cast<double>(keys);
  const double all_weight = sum(weight), mean = sum(total) / count;
  const double weighted_mean = all_weight > 0 ? sum(first_moment) / all_weight : 0;
  for (std::size_t i = keys; rest > 0 && i < (full + 1) * lanes; ++i) x[i] = mean;
  Group deviations{}, weighted_deviations{};
  for (std::size_t i = 0; i < keys; i += lanes) {
    const Group depth = load<Group>(&x[i]), boltzmann = load<Group>(&w[i]);
    const Group deviation = depth - mean, weighted_deviation = depth - weighted_mean;
    deviations = deviations + deviation * deviation;
    weighted_deviations = weighted_deviations + boltzmann * weighted_deviation * weighted_deviation;
  }
  return {count, mean, sum(deviations), all_weight, weighted_mean, sum(weighted_deviations), sum(squares)};
}

using SumBlock = BoltzmannSums (*)(std::span<const double> energies, double lowest, double beta);

BoltzmannSums sum_block_avx2(std::span<const double> energies, double lowest, double beta) {
  return block_body<TwoRegisters>(energies, lowest, beta);
}

[[gnu::target("arch=x86-64-v4,prefer-vector-width=512")]]  //
BoltzmannSums
sum_block_avx512(std::span<const double> energies, double lowest, double beta) {
  return block_body<EightLanes>(energies, lowest, beta);
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

BoltzmannSums sum_pairwise(std::span<const double> energies, double lowest, double beta, SumBlock sum_block) {
  if (energies.size() <= block) return sum_block(energies, lowest, beta);
  const std::size_t blocks = (energies.size() + block - 1) / block, half = blocks / 2 * block;
  return merge(sum_pairwise(energies.first(half), lowest, beta, sum_block),
               sum_pairwise(energies.subspan(half), lowest, beta, sum_block));
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

InstructionSet best_instruction_set() {
  static const bool has_avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
                                 __builtin_cpu_supports("avx512cd");
  return has_avx512 ? InstructionSet::avx512 : InstructionSet::avx2;
}

std::vector<InstructionSet> instruction_sets() {
  if (best_instruction_set() != InstructionSet::avx512) return {InstructionSet::avx2};
  return {InstructionSet::avx2, InstructionSet::avx512};
}

BoltzmannSums boltzmann_sums(std::span<const double> energies, double lowest, double temperature,
                             InstructionSet instructions) {
  const double beta = 1 / temperature;
  const SumBlock sum_block = instructions == InstructionSet::avx512 ? sum_block_avx512 : sum_block_avx2;
  BoltzmannSums sums = sum_pairwise(energies, lowest, beta, sum_block);
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
