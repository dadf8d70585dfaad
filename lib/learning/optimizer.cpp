#include <softmech/learning/optimizer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace softmech {

void OptimizerSettings::declare(Keys& keys) {
  keys.add("optimizer.kind", kind, "AdamW, stochastic gradient descent with momentum, or Euler steps of gradient flow",
           {.words = {"adamw", "sgd", "gradient_flow"}, .sweep = true});
  keys.add("optimizer.learning_rate", learning_rate, "learning rate", {.above = 0, .at_most = 1e3, .sweep = true});
  keys.add("optimizer.weight_decay", weight_decay, "weight decay", {.at_least = 0, .at_most = 1e3, .sweep = true});
  keys.add("optimizer.betas", betas, "decay of AdamW's first and second moment", {.at_least = 0, .below = 1});
  keys.add("optimizer.epsilon", epsilon, "added to the root of AdamW's second moment", {.above = 0, .at_most = 1});
  keys.add("optimizer.momentum", momentum, "momentum of sgd", {.at_least = 0, .below = 1, .sweep = true});
  keys.add("optimizer.warmup", warmup, "updates over which the learning rate rises from 0; 0: none",
           {.at_least = 0, .at_most = 1e9, .sweep = true});
}

void OptimizerSettings::check() const {
  if (betas.size() != 2) {
    throw std::invalid_argument(
        fmt::format("optimizer.betas has {} numbers: must be two, for the first and the second moment; try [0.9, 0.98]",
                    betas.size()));
  }
}

double OptimizerSettings::learning_rate_at(std::int64_t update) const {
  if (update >= warmup) return learning_rate;
  return learning_rate * static_cast<double>(update) / static_cast<double>(warmup);
}

template <class Scalar>
Optimizer<Scalar>::Optimizer(const OptimizerSettings& settings, Eigen::Index parameters) : settings_(settings) {
  const int moments = settings.kind == "adamw" ? 2 : settings.kind == "sgd" ? 1 : 0;
  moments_.assign(moments, Parameters<Scalar>::Zero(parameters));
}

template <class Scalar>
void Optimizer<Scalar>::update(Parameters<Scalar>& parameters, const Parameters<Scalar>& gradient) {
  const double rate = settings_.learning_rate_at(updates_);
  const auto eta = static_cast<Scalar>(rate);
  const auto decay = static_cast<Scalar>(settings_.weight_decay);
  if (settings_.kind == "adamw") {
    const double beta1 = settings_.betas[0], beta2 = settings_.betas[1];
    const auto t = static_cast<double>(updates_ + 1);
    const auto keep = static_cast<Scalar>(1 - rate * settings_.weight_decay);
    const auto b1 = static_cast<Scalar>(beta1), a1 = static_cast<Scalar>(1 - beta1);
    const auto b2 = static_cast<Scalar>(beta2), a2 = static_cast<Scalar>(1 - beta2);
    const auto step = static_cast<Scalar>(rate / (1 - std::pow(beta1, t)));
    const auto root = static_cast<Scalar>(1 / std::sqrt(1 - std::pow(beta2, t)));
    const auto epsilon = static_cast<Scalar>(settings_.epsilon);
    Scalar *theta = parameters.data(), *m = moments_[0].data(), *v = moments_[1].data();
    const Scalar* g = gradient.data();
    const Eigen::Index size = parameters.size();
#pragma omp simd
    for (Eigen::Index i = 0; i < size; ++i) {
      m[i] = b1 * m[i] + a1 * g[i];
      v[i] = b2 * v[i] + a2 * (g[i] * g[i]);
      theta[i] = theta[i] * keep - step * m[i] / (std::sqrt(v[i]) * root + epsilon);
    }
  } else if (settings_.kind == "sgd") {
    auto& momentum = moments_[0];
    const auto mu = static_cast<Scalar>(updates_ == 0 ? 0 : settings_.momentum);
    momentum = mu * momentum + gradient + decay * parameters;
    parameters -= eta * momentum;
  } else {
    parameters -= eta * (gradient + decay * parameters);
  }
  ++updates_;
}

template <class Scalar>
void Optimizer<Scalar>::restore(std::int64_t updates, std::vector<Parameters<Scalar>> moments) {
  if (moments.size() != moments_.size()) {
    throw std::invalid_argument(
        fmt::format("{} moments: must be {} for {}", moments.size(), moments_.size(), settings_.kind));
  }
  updates_ = updates;
  moments_ = std::move(moments);
}

template class Optimizer<float>;
template class Optimizer<double>;

}  // namespace softmech
