// The general network against finite differences, against itself in the other precision, and against symmetries.
#include <softmech/learning/general_network.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
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
void for_each_variant(const Operator& op, const std::vector<std::int64_t>& depths, F&& check) {
  for (const std::int64_t layers : depths) {
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

void check_gradients(const Operator& op, const std::vector<std::int64_t>& depths) {
  const Examples examples = additions(5);
  for_each_variant(op, depths, [&](const NetworkShape& shape) {
    GeneralNetwork<double> network(shape);
    std::uint32_t seed = 0;
    while (!check_point(shape, network, seed, examples)) {
      INFO(description(shape));
      REQUIRE(++seed < 50);
    }
  });
}

}  // namespace

TEST_CASE("every tensor has the gradient of the loss: softmax, 1 to 3 layers") {
  check_gradients(Softmax{}, {1, 2, 3});
}
TEST_CASE("every tensor has the gradient of the loss: entmax, 1 and 2 layers") { check_gradients(Entmax{1.5}, {1, 2}); }
TEST_CASE("every tensor has the gradient of the loss: entmax, 3 layers") { check_gradients(Entmax{1.5}, {3}); }
TEST_CASE("every tensor has the gradient of the loss: kappa-softmax, 1 and 2 layers") {
  check_gradients(KappaSoftmax{0.4}, {1, 2});
}
TEST_CASE("every tensor has the gradient of the loss: kappa-softmax, 3 layers") {
  check_gradients(KappaSoftmax{0.4}, {3});
}

// ---- Both precisions, tiles, and what must not matter ----

namespace {

// A few shapes that have everything in them.
std::vector<NetworkShape> some_shapes() {
  std::vector<NetworkShape> shapes(4, small_shape());
  shapes[1].layers = 2, shapes[1].normalization = Normalization::layer, shapes[1].activation = Activation::gelu;
  shapes[1].position_code = PositionCode::rope;
  shapes[2].layers = 3, shapes[2].normalization = Normalization::rms, shapes[2].attention = Entmax{1.5};
  shapes[2].causal = false;
  shapes[3].layers = 2, shapes[3].mlp_width = 0, shapes[3].attention = KappaSoftmax{0.3};
  shapes[3].position_code = PositionCode::none;
  return shapes;
}

double largest(const Gradient& gradient) { return gradient.abs().maxCoeff(); }

}  // namespace

TEST_CASE("every single entry of the gradient is that of the loss") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape);
    const Examples examples = additions(4);
    Parameters<double> parameters = random_parameters(network.layout(), 3);
    Gradient gradient;
    network.loss_and_gradient(parameters, examples, gradient);
    std::int64_t kinks = 0;
    for (const Tensor& tensor : network.layout().tensors()) {
      const double scale =
          gradient.segment(tensor.offset, tensor.size).matrix().norm() + 1e-4 * gradient.matrix().norm();
      for (Eigen::Index entry = tensor.offset; entry < tensor.offset + tensor.size; ++entry) {
        const Gradient direction = Vector::Unit(parameters.size(), entry).array();
        const Difference difference = central_difference(network, parameters, examples, direction, scale);
        INFO(description(shape) << " tensor " << tensor.name << " entry " << entry - tensor.offset);
        if (difference.smooth) {
          CHECK(std::abs(gradient[entry] - difference.value) <= 1e-7 * scale);
        } else {
          ++kinks;
        }
      }
    }
    CHECK(kinks * 50 <= network.layout().count());
  }
}

TEST_CASE("the gaps between the tensors of a gradient stay zero") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape);
    Gradient gradient = Gradient::Ones(3);  // of another network, perhaps
    network.loss_and_gradient(random_parameters(network.layout(), 1), additions(), gradient);
    REQUIRE(gradient.size() == network.layout().size());
    for (const Tensor& tensor : network.layout().tensors()) gradient.segment(tensor.offset, tensor.size) = 0;
    CHECK(largest(gradient) == 0);
  }
}

TEST_CASE("single precision follows double precision to its round-off") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape);
    GeneralNetwork<float> single(shape);
    const Parameters<float> rounded = random_parameters(network.layout(), 4).cast<float>();
    const Parameters<double> parameters = rounded.cast<double>();
    Gradient gradient;
    Parameters<float> single_gradient;
    const BatchLoss loss = network.loss_and_gradient(parameters, additions(), gradient);
    const BatchLoss single_loss = single.loss_and_gradient(rounded, additions(), single_gradient);
    INFO(description(shape));
    CHECK(single_loss.loss == Approx(loss.loss).epsilon(1e-6));
    CHECK(single_loss.accuracy == loss.accuracy);
    for (const Tensor& tensor : network.layout().tensors()) {
      const auto exact = gradient.segment(tensor.offset, tensor.size);
      const Gradient ours = single_gradient.segment(tensor.offset, tensor.size).cast<double>();
      INFO(tensor.name);
      CHECK((ours - exact).matrix().norm() <= 1e-5 * exact.matrix().norm() + 1e-8 * largest(gradient));
    }
  }
}

TEST_CASE("the size of the tiles changes round-off only, and nothing when the same network runs again") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> whole(shape, 100);
    const Parameters<double> parameters = random_parameters(whole.layout(), 5);
    Gradient expected;
    const double loss = whole.loss_and_gradient(parameters, additions(), expected).loss;
    AttentionScores<double> scores(shape, 25);
    whole.attention_scores(parameters, additions(), scores);
    const auto representations = whole.representations(parameters, additions());
    for (const Eigen::Index tile : {1, 2, 7, 25}) {
      GeneralNetwork<double> tiled(shape, tile);
      Gradient gradient, again;
      INFO(description(shape) << " tile " << tile);
      CHECK(tiled.loss_and_gradient(parameters, additions(), gradient).loss == Approx(loss).epsilon(1e-13));
      CHECK(largest(gradient - expected) <= 1e-13 * largest(expected));
      const Matrix difference = tiled.representations(parameters, additions()) - representations;
      CHECK(difference.norm() <= 1e-13 * representations.norm());
      AttentionScores<double> tiled_scores(shape, 25);
      tiled.attention_scores(parameters, additions(), tiled_scores);
      for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        for (std::int64_t head = 0; head < shape.heads; ++head) {
          for (std::int64_t query = 0; query < shape.positions; ++query) {
            const auto& block = scores(layer, head, query);
            CHECK((tiled_scores(layer, head, query) - block).abs().maxCoeff() <= 1e-12 * (1 + block.abs().maxCoeff()));
          }
        }
      }
      tiled.loss(parameters, additions(3));  // other examples in between leave nothing behind
      tiled.loss_and_gradient(parameters, additions(), again);
      CHECK((again == gradient).all());
    }
  }
}

TEST_CASE("a network without unembedding knows nothing: its loss is ln(vocabulary)") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape);
    Parameters<double> parameters = random_parameters(network.layout(), 6);
    const Tensor& unembedding = network.layout()["unembed.W_U"];
    parameters.segment(unembedding.offset, unembedding.size) = 0;
    const BatchLoss loss = network.loss(parameters, additions());
    CHECK(loss.loss == Approx(std::log(static_cast<double>(shape.vocabulary))).epsilon(1e-14));
    CHECK(loss.accuracy == Approx(0.2));  // of equal logits the first counts: the answer is 0 in a fifth of the table
  }
}

TEST_CASE("addition commutes: without positions and masks an example and its mirror are one") {
  for (const auto code : {PositionCode::none, PositionCode::learned}) {
    NetworkShape shape = small_shape();
    shape.layers = 2, shape.causal = false, shape.position_code = code;
    GeneralNetwork<double> network(shape);
    const Parameters<double> parameters = random_parameters(network.layout(), 7);
    Examples mirrored = additions();
    std::swap(mirrored.first, mirrored.second);
    const Matrix difference =
        network.representations(parameters, additions()) - network.representations(parameters, mirrored);
    const bool same = difference.norm() < 1e-13;
    CHECK(same == (code == PositionCode::none));
  }
}

TEST_CASE("the order of a batch does not matter") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape, 4);
    const Parameters<double> parameters = random_parameters(network.layout(), 8);
    Examples backward = additions();
    for (auto* column : {&backward.first, &backward.second, &backward.answer}) {
      std::reverse(column->begin(), column->end());
    }
    Gradient gradient, gradient_backward;
    const double loss = network.loss_and_gradient(parameters, additions(), gradient).loss;
    CHECK(network.loss_and_gradient(parameters, backward, gradient_backward).loss == Approx(loss).epsilon(1e-13));
    CHECK(largest(gradient - gradient_backward) <= 1e-13 * largest(gradient));
  }
}

TEST_CASE("the logits know no origin: a column added to all of W_U shifts them together") {
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape);
    Parameters<double> parameters = random_parameters(network.layout(), 9);
    Gradient gradient;
    const double loss = network.loss_and_gradient(parameters, additions(), gradient).loss;
    const Tensor& tensor = network.layout()["unembed.W_U"];
    Eigen::Map<Rows<double>> w_u(parameters.data() + tensor.offset, shape.width, shape.vocabulary);
    const Eigen::Map<Rows<double>> d_w_u(gradient.data() + tensor.offset, shape.width, shape.vocabulary);
    CHECK(d_w_u.rowwise().sum().cwiseAbs().maxCoeff() <= 1e-14);
    w_u.colwise() += Vector::LinSpaced(shape.width, -1, 2);
    CHECK(network.loss(parameters, additions()).loss == Approx(loss).epsilon(1e-13));
  }
}

TEST_CASE("LayerNorm does not see a constant added to all components, RMSNorm no common factor") {
  const Examples examples = additions();
  for (const auto normalization : {Normalization::layer, Normalization::rms}) {
    NetworkShape shape = small_shape();
    shape.normalization = normalization, shape.mlp_width = 0, shape.position_code = PositionCode::none;
    GeneralNetwork<double> network(shape);
    Parameters<double> parameters = random_parameters(network.layout(), 10);
    const Tensor& embedding = network.layout()["embed.W_E"];
    auto w_e = parameters.segment(embedding.offset, embedding.size);
    if (normalization == Normalization::layer) {
      const double loss = network.loss(parameters, examples).loss;
      w_e += 3;
      CHECK(network.loss(parameters, examples).loss == Approx(loss).epsilon(1e-12));
    } else {
      AttentionScores<double> scores(shape, examples.size()), scaled(shape, examples.size());
      w_e *= 1e4;  // beyond the reach of ε
      network.attention_scores(parameters, examples, scores);
      w_e *= 7;
      network.attention_scores(parameters, examples, scaled);
      CHECK((scores(0, 1, 2) - scaled(0, 1, 2)).abs().maxCoeff() <= 1e-9);
    }
  }
}

TEST_CASE("gradient flow conserves W_Q W_QT - W_K W_KT of every head") {
  // Noether: L depends on W_Q W_Kᵀ only, so G_Qᵀ W_Q = (G_Kᵀ W_K)ᵀ; with RoPE only the traces agree.
  for (const NetworkShape& shape : some_shapes()) {
    GeneralNetwork<double> network(shape);
    const Parameters<double> parameters = random_parameters(network.layout(), 11);
    Gradient gradient;
    network.loss_and_gradient(parameters, additions(), gradient);
    for (std::int64_t head = 0; head < shape.heads; ++head) {
      const auto product = [&](const std::string& name) -> Matrix {
        const Eigen::Index place =
            network.layout()["blocks.0.attn." + name].offset + head * shape.width * shape.head_dim;
        const Eigen::Map<const Rows<double>> weight(parameters.data() + place, shape.width, shape.head_dim);
        const Eigen::Map<const Rows<double>> slope(gradient.data() + place, shape.width, shape.head_dim);
        return slope.transpose() * weight;
      };
      const Matrix query = product("W_Q"), key = product("W_K");
      CHECK(query.norm() > 1e-6);
      if (shape.position_code == PositionCode::rope) {
        CHECK(query.trace() == Approx(key.trace()).epsilon(1e-10));
        CHECK((query - key.transpose()).norm() > 1e-3 * query.norm());
      } else {
        CHECK((query - key.transpose()).norm() <= 1e-12 * query.norm());
      }
    }
  }
}

TEST_CASE("scores are the scaled products of queries and keys as the formulas have them") {
  NetworkShape shape = small_shape();
  shape.position_code = PositionCode::rope, shape.normalization = Normalization::layer;
  GeneralNetwork<double> network(shape);
  const Parameters<double> parameters = random_parameters(network.layout(), 12);
  const Examples examples = additions();
  AttentionScores<double> scores(shape, examples.size());
  network.attention_scores(parameters, examples, scores);
  const auto tensor = [&](const std::string& name, Eigen::Index rows, Eigen::Index columns, Eigen::Index skip = 0) {
    const double* entries = parameters.data() + network.layout()[name].offset + skip;
    return Rows<double>(Eigen::Map<const Rows<double>>(entries, rows, columns));
  };
  const std::int64_t head = 1, example = 17;
  const Rows<double> w_e = tensor("embed.W_E", 6, 6), w_q = tensor("blocks.0.attn.W_Q", 6, 4, 24),
                     w_k = tensor("blocks.0.attn.W_K", 6, 4, 24);
  const std::int32_t tokens[] = {examples.first[example], examples.second[example], 5};
  const auto turned = [&](const Rows<double>& weight, Eigen::Index position) -> Vector {
    const Vector x = w_e.row(tokens[position]), centered = x.array() - x.mean();
    const Vector unit = centered / std::sqrt(centered.squaredNorm() / 6 + 1e-5);
    const Vector n = unit.cwiseProduct(tensor("blocks.0.ln1.w", 6, 1).col(0)) + tensor("blocks.0.ln1.b", 6, 1).col(0);
    const Vector y = weight.transpose() * n;
    Vector result(4);
    for (Eigen::Index c = 0; c < 2; ++c) {
      const double angle = static_cast<double>(position) * std::pow(1e4, -2.0 * static_cast<double>(c) / 4);
      result[c] = std::cos(angle) * y[c] - std::sin(angle) * y[c + 2];
      result[c + 2] = std::sin(angle) * y[c] + std::cos(angle) * y[c + 2];
    }
    return result;
  };
  for (Eigen::Index query = 0; query < 3; ++query) {
    REQUIRE(scores(0, head, query).cols() == query + 1);
    for (Eigen::Index key = 0; key <= query; ++key) {
      const double score = turned(w_q, query).dot(turned(w_k, key)) / 2;
      CHECK(scores(0, head, query)(example, key) == Approx(score).epsilon(1e-12));
    }
  }
}

TEST_CASE("a certain answer has a loss and a gradient that single precision can tell from zero") {
  NetworkShape shape = small_shape();
  shape.mlp_width = 0;
  GeneralNetwork<float> network(shape);
  const ParameterLayout& layout = network.layout();
  Parameters<float> parameters = Parameters<float>::Zero(layout.size());
  // Attention adds nothing; the residual stream at "=" is (1, 0, ...), and only the answer's logit is not zero.
  parameters[layout["embed.W_E"].offset + 5 * 6] = 1;
  Examples examples;
  examples.first = {0}, examples.second = {2}, examples.answer = {2};
  for (const float logit : {1.0F, 30.0F, 80.0F}) {
    parameters[layout["unembed.W_U"].offset + 2] = logit;
    Parameters<float> gradient;
    const BatchLoss loss = network.loss_and_gradient(parameters, examples, gradient);
    const double others = 5 * std::exp(-static_cast<double>(logit));  // -ln p = ln(1 + 5 e^{-z})
    CHECK(loss.loss == Approx(std::log1p(others)).epsilon(1e-5).margin(0));
    CHECK(gradient[layout["unembed.W_U"].offset + 2] == Approx(-others / (1 + others)).epsilon(1e-5).margin(0));
    CHECK(loss.accuracy == 1);
  }
}

TEST_CASE("numbers that are none make a loss that is none") {
  GeneralNetwork<double> network(small_shape());
  Parameters<double> parameters = random_parameters(network.layout(), 13);
  parameters[network.layout()["embed.W_E"].offset] = std::numeric_limits<double>::quiet_NaN();
  CHECK(std::isnan(network.loss(parameters, additions()).loss));
}
