// The general network against finite differences, against itself in the other precision, and against symmetries.
#include <softmech/learning/general_network.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <cmath>
#include <vector>

using namespace softmech;

namespace {

using Gradient = Parameters<double>;

NetworkShape small_shape() {
  NetworkShape shape;
  shape.heads = 2;
  shape.width = 6;
  shape.head_dim = 4;
  shape.mlp_width = 7;
  shape.positions = 3;
  shape.vocabulary = 6;
  return shape;
}

std::string description(const NetworkShape& s) {
  return fmt::format("layers {} operator {} activation {} normalization {} position code {} causal {} tokens {} mlp {}",
                     s.layers, s.attention.index(), static_cast<int>(s.activation), static_cast<int>(s.normalization),
                     static_cast<int>(s.position_code), s.causal, s.positions, s.mlp_width);
}

// Pairs modulo 5 under addition; every `stride`-th of the 25.
Examples additions(std::int32_t stride = 1) {
  Examples examples;
  for (std::int32_t pair = 0; pair < 25; pair += stride) {
    examples.first.push_back(pair / 5);
    examples.second.push_back(pair % 5);
    examples.answer.push_back((pair / 5 + pair % 5) % 5);
  }
  return examples;
}

// Every entry normal, biases and weights of normalizations included, so that no gradient is special.
Parameters<double> random_parameters(const ParameterLayout& layout, std::uint32_t seed) {
  Parameters<double> parameters = Parameters<double>::Zero(layout.size());
  for (const Tensor& tensor : layout.tensors()) {
    RandomStream random(seed, 0, tensor.name);
    for (auto& entry : parameters.segment(tensor.offset, tensor.size)) entry = 0.6 * random.normal();
    if (tensor.name.ends_with(".w")) parameters.segment(tensor.offset, tensor.size) += 1;
  }
  return parameters;
}

template <class F>
void for_each_variant(const Operator& op, F&& check) {
  for (const std::int64_t layers : {1, 2, 3}) {
    for (const std::int64_t mlp_width : {0, 7}) {
      for (const auto activation : {Activation::relu, Activation::gelu}) {
        if (mlp_width == 0 && activation == Activation::gelu) continue;
        for (const auto normalization : {Normalization::none, Normalization::layer, Normalization::rms}) {
          for (const auto code : {PositionCode::learned, PositionCode::rope, PositionCode::none}) {
            for (const bool causal : {true, false}) {
              for (const std::int64_t positions : {2, 3}) {
                NetworkShape shape = small_shape();
                shape.layers = layers, shape.mlp_width = mlp_width, shape.activation = activation;
                shape.normalization = normalization, shape.position_code = code, shape.causal = causal;
                shape.positions = positions, shape.vocabulary = positions == 3 ? 6 : 5, shape.attention = op;
                check(shape);
              }
            }
          }
        }
      }
    }
  }
}

struct Difference {
  double value = 0;
  bool smooth = true;
};

// (L(θ + h v) - L(θ - h v))/2h. A kink of a ReLU or an edge of entmax's support within 2h of θ makes the differences
// over h and over 2h disagree by far more than their error h²: then the point is not smooth, and says nothing.
Difference central_difference(GeneralNetwork<double>& network, const Parameters<double>& parameters,
                              const Examples& examples, const Gradient& direction, double scale) {
  constexpr double h = 1e-5;
  const auto loss = [&](double step) { return network.loss(parameters + step * direction, examples).loss; };
  const double narrow = (loss(h) - loss(-h)) / (2 * h), wide = (loss(2 * h) - loss(-2 * h)) / (4 * h);
  return {narrow + (narrow - wide) / 3, std::abs(narrow - wide) < 3e-7 * scale};
}

// Whether all tensors pass along their gradient and along a random direction of unit length; false if the point lies
// next to a kink.
bool check_point(const NetworkShape& shape, GeneralNetwork<double>& network, std::uint32_t seed,
                 const Examples& examples) {
  const ParameterLayout& layout = network.layout();
  const Parameters<double> parameters = random_parameters(layout, seed);
  Gradient gradient;
  const double loss = network.loss_and_gradient(parameters, examples, gradient).loss;
  REQUIRE(loss == network.loss(parameters, examples).loss);
  const double whole = gradient.matrix().norm();
  for (const Tensor& tensor : layout.tensors()) {
    const auto own = gradient.segment(tensor.offset, tensor.size).matrix();
    const double scale = own.norm() + 1e-4 * whole;  // some tensors have none, e.g. W_Q of a saturated entmax
    for (const bool along_gradient : {true, false}) {
      Gradient direction = Gradient::Zero(layout.size());
      auto entries = direction.segment(tensor.offset, tensor.size);
      RandomStream random(seed, 1, tensor.name);
      for (auto& entry : entries) entry = random.normal();
      if (along_gradient && own.norm() > 0) entries = own.array();
      direction /= direction.matrix().norm();
      const Difference difference = central_difference(network, parameters, examples, direction, scale);
      if (!difference.smooth) return false;
      INFO(description(shape) << " seed " << seed << " tensor " << tensor.name);
      CHECK(std::abs((gradient * direction).sum() - difference.value) <= 1e-7 * scale);
    }
  }
  return true;
}

void check_gradients(const Operator& op) {
  const Examples examples = additions(3);
  for_each_variant(op, [&](const NetworkShape& shape) {
    GeneralNetwork<double> network(shape);
    std::uint32_t seed = 0;
    while (!check_point(shape, network, seed, examples)) {
      INFO(description(shape));
      REQUIRE(++seed < 50);
    }
  });
}

}  // namespace

TEST_CASE("the gradient of every tensor of every variant is that of the loss: softmax") { check_gradients(Softmax{}); }
TEST_CASE("the gradient of every tensor of every variant is that of the loss: entmax") { check_gradients(Entmax{1.5}); }
TEST_CASE("the gradient of every tensor of every variant is that of the loss: kappa-softmax") {
  check_gradients(KappaSoftmax{0.4});
}
