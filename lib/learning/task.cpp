#include <softmech/learning/task.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

namespace softmech {

std::int64_t operate(std::string_view operation, std::int64_t a, std::int64_t b, std::int64_t modulus) {
  if (operation == "add") return (a + b) % modulus;
  if (operation == "subtract") return (a - b + modulus) % modulus;
  if (operation == "multiply") return a * b % modulus;
  if (operation == "quadratic") return (a * a + a * b + b * b) % modulus;
  throw std::invalid_argument(fmt::format(
      "operation \"{}\": must be \"add\", \"subtract\", \"multiply\" or \"quadratic\"; try \"add\"", operation));
}

void TaskSettings::declare(Keys& keys) {
  keys.add("task.operation", operation, "a + b, a - b, a b or a^2 + a b + b^2, mod p",
           {.words = {"add", "subtract", "multiply", "quadratic"}, .sweep = true});
  keys.add("task.modulus", modulus, "modulus p", {.at_least = 3, .at_most = 4096, .sweep = true});
  keys.add("task.train_fraction", train_fraction,
           "share f of the p^2 pairs to train on; \"law\": min(cap, f0 (p0/p)^e)",
           {.above = 0, .below = 1, .words = {"law"}, .sweep = true, .beside = "task.modulus"});
  keys.add("task.law_cap", law_cap, "cap of the law for f", {.above = 0, .below = 1});
  keys.add("task.law_fraction", law_fraction, "f0 of the law for f", {.above = 0, .below = 1});
  keys.add("task.law_modulus", law_modulus, "p0 of the law for f", {.above = 0, .at_most = 1e6});
  keys.add("task.law_exponent", law_exponent, "e of the law for f", {.at_least = -10, .at_most = 10});
  keys.add("task.split", split, "random pairs, or (a, b) and (b, a) on one side",
           {.words = {"random", "symmetric"}, .sweep = true});
  keys.add("task.shuffle_labels", shuffle_labels, "control: answers permuted over all pairs", {.sweep = true});
}

double TaskSettings::fraction() const {
  if (!train_fraction.is_word()) return train_fraction.number;
  return std::min(law_cap, law_fraction * std::pow(law_modulus / static_cast<double>(modulus), law_exponent));
}

namespace {

std::int64_t wanted_pairs(const TaskSettings& task) {
  return static_cast<std::int64_t>(task.fraction() * static_cast<double>(task.modulus * task.modulus));
}

}  // namespace

void TaskSettings::check() const {
  const std::int64_t train = wanted_pairs(*this), pairs = modulus * modulus;
  // A symmetric split may take one pair more; two must stay for a test.
  if (train < 1 || train > pairs - 2) {
    throw std::invalid_argument(fmt::format(
        "task.train_fraction = {:.6g} makes {} of {} pairs training pairs: must leave at least 1 to train on and 2 to "
        "test; try a number from {:.2g} to {:.2g}",
        fraction(), train, pairs, std::max(0.3, 1.0 / static_cast<double>(pairs)), 0.7));
  }
}

Split TaskSettings::make_split(const std::function<RandomStream(std::string_view purpose)>& random) const {
  const std::int64_t p = modulus;
  std::vector<std::int32_t> order;  // a·p + b; of mirror pairs the one with a ≤ b stands for both
  for (std::int64_t a = 0; a < p; ++a) {
    for (std::int64_t b = split == "symmetric" ? a : 0; b < p; ++b)
      order.push_back(static_cast<std::int32_t>(a * p + b));
  }
  RandomStream split_numbers = random("split");
  shuffle(order, split_numbers);

  const std::int64_t wanted = wanted_pairs(*this);
  std::vector<bool> trains(static_cast<std::size_t>(p * p), false);
  std::int64_t chosen = 0;
  for (std::size_t i = 0; chosen < wanted; ++i) {
    const std::int64_t a = order[i] / p, b = order[i] % p;
    const std::int64_t mirror = split == "symmetric" ? b * p + a : order[i];
    chosen += mirror == order[i] ? 1 : 2;
    trains[static_cast<std::size_t>(order[i])] = trains[static_cast<std::size_t>(mirror)] = true;
  }

  std::vector<std::int32_t> answers;
  for (std::int64_t pair = 0; pair < p * p; ++pair) {
    answers.push_back(static_cast<std::int32_t>(operate(operation, pair / p, pair % p, p)));
  }
  if (shuffle_labels) {
    RandomStream label_numbers = random("labels");
    shuffle(answers, label_numbers);
  }

  Split result;
  for (std::int64_t pair = 0; pair < p * p; ++pair) {
    Examples& side = trains[static_cast<std::size_t>(pair)] ? result.train : result.test;
    side.first.push_back(static_cast<std::int32_t>(pair / p));
    side.second.push_back(static_cast<std::int32_t>(pair % p));
    side.answer.push_back(answers[static_cast<std::size_t>(pair)]);
  }
  return result;
}

}  // namespace softmech
