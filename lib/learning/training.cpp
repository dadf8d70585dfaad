#include <softmech/learning/training.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace softmech {
namespace {

Examples chosen(const Examples& examples, std::vector<std::int32_t> indices) {
  std::sort(indices.begin(), indices.end());
  Examples result;
  for (const std::int32_t i : indices) {
    result.first.push_back(examples.first[static_cast<std::size_t>(i)]);
    result.second.push_back(examples.second[static_cast<std::size_t>(i)]);
    result.answer.push_back(examples.answer[static_cast<std::size_t>(i)]);
  }
  return result;
}

std::vector<std::int32_t> indices_of(const Examples& examples) {
  std::vector<std::int32_t> indices(examples.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

}  // namespace

void TrainSettings::declare(Keys& keys) {
  keys.add("train.steps", steps, "updates", {.at_least = 0, .at_most = 1e9});
  keys.add("train.log_every", log_every, "record every so many updates", {.at_least = 1, .at_most = 1e9});
  keys.add("train.batch", batch, "training pairs per update; 0: all", {.at_least = 0, .at_most = 1e8, .sweep = true});
  keys.add("train.recorded_pairs", recorded_pairs,
           "most pairs of each side that enter the attention's record and the test loss (with minibatches the training "
           "loss too), a random choice; 0: all",
           {.at_least = 0, .at_most = 1e8});
  keys.add("train.save_steps", save_steps, "write the parameters before these updates, to DIR/weights",
           {.at_least = 0, .at_most = 1e9});
  keys.add("train.stop_after_onset", stop_after_onset,
           "stop so many updates after test accuracy was first 0.95 or more", {.at_least = 0});
}

void TrainSettings::check() const {
  constexpr std::int64_t most = 200'000;  // some 170 numbers each stay in memory to the end
  if (steps / log_every > most) {
    throw std::invalid_argument(
        fmt::format("train.log_every = {} makes {} records of train.steps = {}: must be at most {}; try {}", log_every,
                    steps / log_every, steps, most, steps / 10000));
  }
  for (const std::int64_t step : save_steps) {
    if (step > steps) {
      throw std::invalid_argument(fmt::format(
          "train.save_steps holds {}: must be at most train.steps, which is {}; take it out or train longer", step,
          steps));
    }
  }
}

std::vector<std::int64_t> TrainSettings::recorded_steps() const {
  std::vector<std::int64_t> recorded;
  for (std::int64_t step = 0; step <= steps; step += log_every) recorded.push_back(step);
  if (recorded.back() != steps) recorded.push_back(steps);
  return recorded;
}

bool TrainSettings::saves_at(std::int64_t step) const {
  return std::find(save_steps.begin(), save_steps.end(), step) != save_steps.end();
}

Examples thinned(const Examples& examples, std::int64_t count, RandomStream random) {
  if (count == 0 || static_cast<std::int64_t>(examples.size()) <= count) return examples;
  std::vector<std::int32_t> indices = indices_of(examples);
  shuffle(indices, random);
  indices.resize(static_cast<std::size_t>(count));
  return chosen(examples, std::move(indices));
}

Minibatches::Minibatches(Examples examples, std::int64_t batch, RandomStream random)
    : all_(std::move(examples)), batch_(batch == 0 ? size() : batch), random_(random) {}

const Examples& Minibatches::at(std::int64_t step) {
  if (is_full()) return all_;
  const std::int64_t per_epoch = (size() + batch_ - 1) / batch_;
  if (step / per_epoch != epoch_) shuffle(step / per_epoch);
  const std::int64_t begin = step % per_epoch * batch_, end = std::min(begin + batch_, size());
  current_ = chosen(all_, {order_.begin() + begin, order_.begin() + end});
  return current_;
}

void Minibatches::shuffle(std::int64_t epoch) {
  epoch_ = epoch;
  order_ = indices_of(all_);
  random_.seek(static_cast<std::uint64_t>(epoch) << 32);  // an epoch draws fewer than 2^32 numbers
  softmech::shuffle(order_, random_);
}

void require_finite(double value, std::string_view quantity, std::int64_t step, double learning_rate) {
  if (std::isfinite(value)) return;
  throw std::runtime_error(
      fmt::format("{} at step {} is {}: must be finite; try optimizer.learning_rate = {:.3g}, it is {:.3g}", quantity,
                  step, value, learning_rate / 3, learning_rate));
}

}  // namespace softmech
