// The kernel of ReplicaSums for registers of 32 or 64 bytes; local to its source file (simd.hpp).
#pragma once

#include <softmech/attention/pair_exponential.hpp>
#include <softmech/attention/replica_sums.hpp>

namespace softmech {
namespace {

/// Each pair once: w_ij = w_ji, and its forces are opposite. `count` registers of replicas at a time.
template <int bytes, int count>
void replica_sums(const detail::Replicas& replicas, double beta, std::int64_t begin, std::int64_t end) {
  using Registers = Simd<double, bytes>;
  using Vector = typename Registers::Vector;
  using Exponential = PairExponential<double, bytes>;
  constexpr int lanes = Registers::lanes;
  const double scale = beta * Exponential::units;

  for (std::int64_t r = begin; r < end; r += count * lanes) {
    for (std::int64_t i = 0; i < replicas.tokens; ++i) {
      const std::int64_t at = i * replicas.stride + r;
      Vector x[count], y[count], sum[count], force[count];
      for (int v = 0; v < count; ++v) {
        x[v] = Registers::load(replicas.x + at + v * lanes);
        y[v] = Registers::load(replicas.y + at + v * lanes);
        sum[v] = Registers::all(1);  // of token i itself
        force[v] = Vector{};
      }
      for (std::int64_t j = 0; j < i; ++j) {
        for (int v = 0; v < count; ++v) {
          const std::int64_t to = j * replicas.stride + r + v * lanes;
          const Vector xj = Registers::load(replicas.x + to), yj = Registers::load(replicas.y + to);
          const Vector cosine = x[v] * xj + y[v] * yj, sine = x[v] * yj - y[v] * xj;
          const Vector weight = Exponential::of(Exponential::at_least_lowest(cosine * scale - scale));
          const Vector pull = weight * sine;
          sum[v] += weight;
          force[v] += pull;
          Registers::store(Registers::load(replicas.sum + to) + weight, replicas.sum + to);
          Registers::store(Registers::load(replicas.force + to) - pull, replicas.force + to);
        }
      }
      for (int v = 0; v < count; ++v) {
        Registers::store(sum[v], replicas.sum + at + v * lanes);
        Registers::store(force[v], replicas.force + at + v * lanes);
      }
    }
  }
}

}  // namespace
}  // namespace softmech
