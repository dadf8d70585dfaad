// A network in training: parameters, gradient and optimizer, from one update to the next.
#pragma once

#include <softmech/learning/examples.hpp>
#include <softmech/learning/network.hpp>
#include <softmech/learning/optimizer.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace softmech {

/// train.*
struct TrainSettings {
  std::int64_t steps = 10000;
  std::int64_t log_every = 10;
  std::int64_t batch = 0;
  std::int64_t recorded_pairs = 2048;
  std::vector<std::int64_t> save_steps;
  std::optional<double> stop_after_onset;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;
  /// The updates before which curves are recorded: every log_every-th, and the end.
  std::vector<std::int64_t> recorded_steps() const;
  bool records_at(std::int64_t step) const { return step % log_every == 0 || step == steps; }
  bool saves_at(std::int64_t step) const;
};

/// Ends a run some updates after its test accuracy was first 0.95 or more.
class OnsetStop {
 public:
  /// Nothing: never.
  explicit OnsetStop(std::optional<double> after) : after_(after) {}

  void see(std::int64_t step, double test_accuracy) {
    if (onset_ < 0 && test_accuracy >= 0.95) onset_ = static_cast<double>(step);
  }
  bool is_over(std::int64_t step) const {
    return after_ && onset_ >= 0 && static_cast<double>(step) >= onset_ + *after_;
  }

  /// Puts what is known behind another's state, and takes it off again.
  std::vector<double> save(std::vector<double> state) const {
    state.push_back(onset_);
    return state;
  }
  std::vector<double> restore(std::vector<double> state) {
    onset_ = state.back();
    state.pop_back();
    return state;
  }

 private:
  std::optional<double> after_;
  double onset_ = -1;
};

/// `count` of the examples, chosen at random, in their order; all for count = 0 or if there are no more.
Examples thinned(const Examples& examples, std::int64_t count, RandomStream random);

/// The examples of minibatch `step`: epoch by epoch all examples in a new random order, the last batch of an epoch
/// being what is left. Depends on `step` alone, so that training resumes anywhere.
class Minibatches {
 public:
  /// batch = 0, or all examples or more: every batch holds all of them.
  Minibatches(Examples examples, std::int64_t batch, RandomStream random);

  bool is_full() const { return batch_ >= size(); }
  const Examples& all() const { return all_; }
  const Examples& at(std::int64_t step);

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(all_.size()); }
  void shuffle(std::int64_t epoch);

  Examples all_, current_;
  std::int64_t batch_;
  RandomStream random_;
  std::vector<std::int32_t> order_;
  std::int64_t epoch_ = -1;
};

/// Throws std::runtime_error that names quantity, step and remedy if the value is not finite.
void require_finite(double value, std::string_view quantity, std::int64_t step, double learning_rate);

/// Training after `step()` updates. Deterministic, single-threaded.
template <Network N>
class Training {
 public:
  using Scalar = typename N::Scalar;

  Training(N network, Parameters<Scalar> initial, const OptimizerSettings& settings, Minibatches batches)
      : network_(std::move(network)),
        settings_(settings),
        optimizer_(settings, initial.size()),
        batches_(std::move(batches)),
        parameters_(std::move(initial)),
        gradient_(parameters_.size()) {}

  std::int64_t step() const { return optimizer_.updates(); }
  N& network() { return network_; }
  const Parameters<Scalar>& parameters() const { return parameters_; }

  /// Whether every batch holds all training examples.
  bool is_full_batch() const { return batches_.is_full(); }
  /// Loss and accuracy of the present parameters over all training examples.
  BatchLoss train_loss() {
    compute_gradient();
    return batches_.is_full() ? batch_loss_ : network_.loss(parameters_, batches_.all());
  }
  /// The gradient of the present parameters over the present batch.
  const Parameters<Scalar>& gradient() {
    compute_gradient();
    return gradient_;
  }
  /// Throws std::runtime_error when the loss is not finite.
  void update() {
    compute_gradient();
    optimizer_.update(parameters_, gradient_);
    has_gradient_ = false;
  }

  /// All that the next update depends on.
  std::vector<double> save() const {
    std::vector<double> state{static_cast<double>(step())};
    const auto append = [&state](const Parameters<Scalar>& p) { state.insert(state.end(), p.begin(), p.end()); };
    append(parameters_);
    for (const auto& moment : optimizer_.moments()) append(moment);
    return state;
  }
  void restore(const std::vector<double>& state) {
    const double* next = state.data() + 1;
    const auto take = [&] {
      const Eigen::Map<const Eigen::ArrayXd> values(next, parameters_.size());
      next += parameters_.size();
      return Parameters<Scalar>(values.template cast<Scalar>());
    };
    parameters_ = take();
    std::vector<Parameters<Scalar>> moments(optimizer_.moments().size());
    for (auto& moment : moments) moment = take();
    optimizer_.restore(static_cast<std::int64_t>(state.front()), std::move(moments));
    has_gradient_ = false;
  }

 private:
  void compute_gradient() {
    if (has_gradient_) return;
    batch_loss_ = network_.loss_and_gradient(parameters_, batches_.at(step()), gradient_);
    require_finite(batch_loss_.loss, "loss", step(), settings_.learning_rate);
    has_gradient_ = true;
  }

  N network_;
  OptimizerSettings settings_;
  Optimizer<Scalar> optimizer_;
  Minibatches batches_;
  Parameters<Scalar> parameters_, gradient_;
  BatchLoss batch_loss_;
  bool has_gradient_ = false;
};

}  // namespace softmech
