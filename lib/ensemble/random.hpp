// Random streams: Philox4x32-10 counters; a number depends on (seed, member, purpose, position) and on nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace softmech {

/// An independent stream of random numbers, keyed by the ensemble's seed, the member and the purpose of the numbers.
///
/// Philox4x32-10 (Salmon et al., SC'11): the key is the seed; the counter holds the block within the stream, the member
/// and a 32-bit hash of the purpose. Streams of different members or purposes do not overlap (of two purposes, unless
/// their hashes agree, odds 2^-32); one stream gives 2^64 blocks of two 52-bit numbers. The same arguments give the
/// same numbers on every machine, for any number of threads.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint32_t member, std::string_view purpose);

  /// Uniform on the open interval (0, 1): the midpoints (k + 1/2) 2^-52, so never 0 or 1.
  double uniform();
  /// Standard normal, mean 0 and variance 1 (Box–Muller, both branches used).
  double normal();
  /// Fills with standard normal numbers; the same numbers as repeated calls of normal().
  void fill_normal(std::span<double> out);
  /// Uniform integer in [0, bound), 1 <= bound <= 2^52, without modulo bias.
  std::uint64_t below(std::uint64_t bound);

  /// Continues at the given block of four 32-bit numbers, forgetting any number in hand: for restarts and per-step
  /// streams.
  void seek(std::uint64_t block);

 private:
  std::array<double, 2> next_pair();

  std::array<std::uint32_t, 2> key_;
  std::uint32_t member_;
  std::uint32_t purpose_;
  std::uint64_t block_ = 0;
  std::array<double, 2> uniforms_{};
  int uniforms_left_ = 0;
  double normal_in_hand_ = 0;
  bool has_normal_ = false;
};

/// Fisher–Yates: any order of the values with equal chance. Afterwards the first k are a random choice of k.
template <class T>
void shuffle(std::vector<T>& values, RandomStream& random) {
  for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.below(i)]);
}

}  // namespace softmech
