#include <catch2/catch.hpp>

#include <softmech/learning/optimizer.hpp>

#include <cmath>

using namespace softmech;

namespace {

OptimizerSettings settings(std::string kind) {
  OptimizerSettings s;
  s.kind = std::move(kind);
  s.learning_rate = 0.01;
  s.weight_decay = 0.3;
  s.warmup = 0;
  return s;
}

Parameters<double> constant(double value) { return Parameters<double>::Constant(1, value); }

}  // namespace

TEST_CASE("AdamW follows its recursion, written out for one number", "[learning]") {
  OptimizerSettings s = settings("adamw");
  s.betas = {0.8, 0.95};
  s.epsilon = 0.1;
  s.warmup = 4;
  Optimizer<double> optimizer(s, 1);
  Parameters<double> theta = constant(2.0);
  double x = 2.0, m = 0, v = 0;
  for (int t = 0; t < 20; ++t) {
    const double g = std::cos(t) + x;
    optimizer.update(theta, constant(g));
    const double eta = 0.01 * std::min(t / 4.0, 1.0);
    m = 0.8 * m + 0.2 * g;
    v = 0.95 * v + 0.05 * g * g;
    x -= eta * 0.3 * x;
    x -= eta * (m / (1 - std::pow(0.8, t + 1))) / (std::sqrt(v / (1 - std::pow(0.95, t + 1))) + 0.1);
    CHECK(theta[0] == Approx(x).epsilon(1e-14));
  }
}

TEST_CASE("a first update of Adam moves every parameter by the learning rate", "[learning]") {
  OptimizerSettings s = settings("adamw");
  s.weight_decay = 0;
  Optimizer<double> optimizer(s, 3);
  Parameters<double> theta = Parameters<double>::Zero(3);
  optimizer.update(theta, Eigen::Array3d(1e-3, -5.0, 100.0));
  CHECK((theta - Eigen::Array3d(-0.01, 0.01, -0.01)).abs().maxCoeff() < 1e-6);
}

TEST_CASE("momentum on a quadratic loss obeys its linear recursion", "[learning]") {
  // With g = kθ, θ_{t+1} = (1 + μ − ηk')θ_t − μθ_{t−1}, k' = k + λ: the solution is a sum of two powers.
  const OptimizerSettings s = settings("sgd");
  Optimizer<double> optimizer(s, 1);
  Parameters<double> theta = constant(1.0);
  const double k = 2.0, total = k + s.weight_decay, mu = s.momentum, eta = s.learning_rate;
  double before = 1.0, now = 1.0 - eta * total;
  for (int t = 0; t < 50; ++t) {
    optimizer.update(theta, constant(k * theta[0]));
    CHECK(theta[0] == Approx(now).epsilon(1e-12));
    before = std::exchange(now, (1 + mu - eta * total) * now - mu * before);
  }
}

TEST_CASE("gradient flow with decay alone is exponential, to first order in the rate", "[learning]") {
  const OptimizerSettings s = settings("gradient_flow");
  Optimizer<double> optimizer(s, 1);
  Parameters<double> theta = constant(1.0);
  for (int t = 0; t < 100; ++t) optimizer.update(theta, constant(0.0));
  CHECK(theta[0] == Approx(std::pow(1 - 0.01 * 0.3, 100)).epsilon(1e-13));
}

TEST_CASE("an optimizer continues where another one was", "[learning]") {
  for (const char* kind : {"adamw", "sgd", "gradient_flow"}) {
    Optimizer<float> whole(settings(kind), 4), first(settings(kind), 4), second(settings(kind), 4);
    Parameters<float> a = Parameters<float>::LinSpaced(4, -1, 1), b = a;
    const auto gradient = [](const Parameters<float>& x) -> Parameters<float> { return 3 * x.cube() - x; };
    for (int t = 0; t < 10; ++t) whole.update(a, gradient(a));
    for (int t = 0; t < 5; ++t) first.update(b, gradient(b));
    second.restore(first.updates(), first.moments());
    for (int t = 0; t < 5; ++t) second.update(b, gradient(b));
    CHECK((a == b).all());
    CHECK(second.updates() == 10);
  }
  Optimizer<float> adam(settings("adamw"), 4);
  CHECK_THROWS_AS(adam.restore(3, {}), std::invalid_argument);
}
