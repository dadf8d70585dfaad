// The attention operator as users choose it: keys that every program with attention shares.
#pragma once

#include <softmech/attention/operators.hpp>
#include <softmech/program/keys.hpp>

#include <string>

namespace softmech {

/// model.operator with its parameters.
struct OperatorSettings {
  std::string name = "softmax";
  double alpha = 1.5;
  double kappa = 0.2;

  void declare(Keys& keys) {
    keys.add("model.operator", name, "attention operator: the equilibrium of U - T S with its own entropy",
             {.words = {"softmax", "entmax", "kappa"}, .sweep = true});
    keys.add("model.alpha", alpha, "exponent of entmax: 2 is sparsemax, 1 would be the softmax",
             {.above = 1, .at_most = 100, .sweep = true});
    keys.add("model.kappa", kappa, "parameter of the kappa-softmax: 0 would be the softmax",
             {.above = 0, .below = 1, .sweep = true});
  }

  Operator op() const {
    if (name == "entmax") return Entmax{alpha};
    if (name == "kappa") return KappaSoftmax{kappa};
    return Softmax{};
  }
};

}  // namespace softmech
