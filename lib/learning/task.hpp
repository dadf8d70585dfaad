// The task: learn a binary operation on residues mod p from a part of its table.
#pragma once

#include <softmech/ensemble/random.hpp>
#include <softmech/learning/examples.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace softmech {

/// a∘b mod p: "add" a + b, "subtract" a − b, "multiply" a b, "quadratic" a² + ab + b². 0 ≤ a, b < p ≤ 4096. Throws
/// std::invalid_argument for another name.
std::int64_t operate(std::string_view operation, std::int64_t a, std::int64_t b, std::int64_t modulus);

/// The p² pairs of a table, divided.
struct Split {
  Examples train, test;
};

/// task.*
struct TaskSettings {
  std::string operation = "add";
  std::int64_t modulus = 113;
  NumberOrWord train_fraction = 0.3;
  double law_cap = 0.8;
  double law_fraction = 0.58;
  double law_modulus = 67;
  double law_exponent = 0.3;
  std::string split = "random";
  bool shuffle_labels = false;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for a fraction that leaves no pair to train on, or none to test.
  void check() const;
  /// f: the number given, or with "law" min(cap, f₀ (p₀/p)^e).
  double fraction() const;
  /// ⌊f p²⌋ pairs of a random permutation of all (Nanda et al. 2023); with split = "symmetric" (a, b) and (b, a) stay
  /// on one side, which may take one training pair more. With shuffle_labels the answers of all pairs are permuted at
  /// random: there is nothing left to generalize to. `random` gives a stream for a purpose (Member::random).
  Split make_split(const std::function<RandomStream(std::string_view purpose)>& random) const;
};

}  // namespace softmech
