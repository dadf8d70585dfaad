// Optimizers: how a gradient moves the parameters.
#pragma once

#include <softmech/learning/parameters.hpp>
#include <softmech/program/keys.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace softmech {

/// optimizer.*
struct OptimizerSettings {
  std::string kind = "adamw";
  double learning_rate = 1e-3;
  double weight_decay = 1.0;
  std::vector<double> betas = {0.9, 0.98};
  double epsilon = 1e-8;
  double momentum = 0.9;
  std::int64_t warmup = 10;

  void declare(Keys& keys);
  /// Throws std::invalid_argument for keys that contradict each other.
  void check() const;
  /// η of update t = 0, 1, …: learning_rate · min(t/warmup, 1).
  double learning_rate_at(std::int64_t update) const;
};

/// One optimizer with its moments. With gradient g, rate η and weight decay λ, update t = 0, 1, …:
///
///   adamw          θ ← θ(1 − ηλ);  m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;
///                  θ ← θ − η m/(1−β₁^{t+1}) / (√(v/(1−β₂^{t+1})) + ε)          (Loshchilov & Hutter 2019)
///   sgd            b ← μb + g + λθ (b = g + λθ at t = 0);  θ ← θ − ηb          (weight decay as an L2 term)
///   gradient_flow  θ ← θ − η(g + λθ): an Euler step of θ̇ = −∇L − λθ
///
/// These are the conventions of PyTorch. All parameters decay, biases too.
template <class Scalar>
class Optimizer {
 public:
  Optimizer(const OptimizerSettings& settings, Eigen::Index parameters);

  /// Changes the parameters by one update.
  void update(Parameters<Scalar>& parameters, const Parameters<Scalar>& gradient);
  /// The number of updates made.
  std::int64_t updates() const { return updates_; }

  /// What the next update depends on besides parameters and gradient: AdamW's m and v, the momentum of SGD.
  const std::vector<Parameters<Scalar>>& moments() const { return moments_; }
  /// Continues as if `updates` updates had been made and left these moments.
  void restore(std::int64_t updates, std::vector<Parameters<Scalar>> moments);

 private:
  OptimizerSettings settings_;
  std::vector<Parameters<Scalar>> moments_;
  std::int64_t updates_ = 0;
};

extern template class Optimizer<float>;
extern template class Optimizer<double>;

}  // namespace softmech
