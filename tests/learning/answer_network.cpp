#include <catch2/catch.hpp>

#include <softmech/learning/answer_network.hpp>
#include <softmech/learning/general_network.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

using namespace softmech;

namespace {

static_assert(Network<AnswerNetwork<float>> && Network<AnswerNetwork<double>>);

NetworkShape small_shape(std::int64_t modulus, std::int64_t positions, PositionCode code) {
  NetworkShape shape;
  shape.width = 12;
  shape.head_dim = 6;
  shape.heads = 3;
  shape.mlp_width = 20;
  shape.positions = positions;
  shape.position_code = code;
  shape.vocabulary = modulus + (positions == 3 ? 1 : 0);
  return shape;
}

/// Random numbers for all tensors, biases too.
Parameters<double> random_parameters(const NetworkShape& shape, double scale) {
  const ParameterLayout layout(shape);
  const auto stream = [](std::string_view name) { return RandomStream(3, 0, name); };
  Parameters<double> parameters = initial_parameters(layout, shape, scale, stream);
  for (const char* name : {"blocks.0.mlp.b_in", "blocks.0.mlp.b_out"}) {
    const Tensor& tensor = layout[name];
    stream(name).fill_normal({parameters.data() + tensor.offset, static_cast<std::size_t>(tensor.size)});
  }
  return parameters;
}

/// About `share` of all sums modulo p.
Examples sums(std::int32_t modulus, double share) {
  Examples examples;
  RandomStream random(2, 0, "examples");
  for (std::int32_t a = 0; a < modulus; ++a) {
    for (std::int32_t b = 0; b < modulus; ++b) {
      if (random.uniform() > share) continue;
      examples.first.push_back(a);
      examples.second.push_back(b);
      examples.answer.push_back((a + b) % modulus);
    }
  }
  return examples;
}

Examples part(const Examples& all, std::size_t begin, std::size_t end) {
  const auto cut = [&](const std::vector<std::int32_t>& v) {
    return std::vector<std::int32_t>(v.begin() + static_cast<std::ptrdiff_t>(begin),
                                     v.begin() + static_cast<std::ptrdiff_t>(end));
  };
  return {cut(all.first), cut(all.second), cut(all.answer)};
}

/// The largest difference within a tensor, relative to the tensor's largest entry; the largest of all tensors.
template <class A, class B>
double difference(const ParameterLayout& layout, const A& a, const B& b) {
  double worst = 0;
  for (const Tensor& tensor : layout.tensors()) {
    const Parameters<double> x = a.segment(tensor.offset, tensor.size).template cast<double>();
    const Parameters<double> y = b.segment(tensor.offset, tensor.size).template cast<double>();
    worst = std::max(worst, (x - y).abs().maxCoeff() / std::max(y.abs().maxCoeff(), 1e-300));
  }
  return worst;
}

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The formulas of NetworkShape for one sequence, typed in literally.
struct Naive {
  Naive(const NetworkShape& network_shape, const Parameters<double>& numbers)
      : shape(network_shape), parameters(numbers), layout(network_shape) {}

  const NetworkShape& shape;
  const Parameters<double>& parameters;
  ParameterLayout layout;
  std::vector<Rows> scores;  // [head], query × key
  Eigen::RowVectorXd last;   // before the unembedding
  Eigen::RowVectorXd logits;

  Rows tensor(const std::string& name, Eigen::Index matrix, Eigen::Index rows, Eigen::Index columns) const {
    return Eigen::Map<const Rows>(parameters.data() + layout[name].offset + matrix * rows * columns, rows, columns);
  }
  Rows rotated(Rows x) const {
    if (shape.position_code != PositionCode::rope) return x;
    const Eigen::Index half = shape.head_dim / 2;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      for (Eigen::Index c = 0; c < half; ++c) {
        const double angle = double(i) * std::pow(shape.rope_base, -2.0 * double(c) / double(shape.head_dim));
        const double u = x(i, c), v = x(i, c + half);
        x(i, c) = u * std::cos(angle) - v * std::sin(angle);
        x(i, c + half) = u * std::sin(angle) + v * std::cos(angle);
      }
    }
    return x;
  }
  void run(std::int32_t a, std::int32_t b) {
    const Eigen::Index n = shape.positions, d = shape.width, d_h = shape.head_dim, m = shape.mlp_width;
    Rows x(n, d);
    const Rows embedding = tensor("embed.W_E", 0, shape.vocabulary, d);
    const std::int64_t tokens[] = {a, b, shape.vocabulary - 1};
    for (Eigen::Index i = 0; i < n; ++i) x.row(i) = embedding.row(tokens[i]);
    if (shape.position_code == PositionCode::learned) x += tensor("pos_embed.W_pos", 0, n, d);
    Eigen::RowVectorXd attention = Eigen::RowVectorXd::Zero(d);
    scores.clear();
    for (Eigen::Index h = 0; h < shape.heads; ++h) {
      const Rows q = rotated(x * tensor("blocks.0.attn.W_Q", h, d, d_h));
      const Rows k = rotated(x * tensor("blocks.0.attn.W_K", h, d, d_h));
      scores.push_back(q * k.transpose() / std::sqrt(double(d_h)));
      const Eigen::RowVectorXd weights = scores.back().row(n - 1).array().exp();
      attention +=
          weights / weights.sum() * x * tensor("blocks.0.attn.W_V", h, d, d_h) * tensor("blocks.0.attn.W_O", h, d_h, d);
    }
    const Eigen::RowVectorXd middle = x.row(n - 1) + attention;
    const Eigen::RowVectorXd y = middle * tensor("blocks.0.mlp.W_in", 0, d, m) + tensor("blocks.0.mlp.b_in", 0, 1, m);
    last = middle + y.cwiseMax(0) * tensor("blocks.0.mlp.W_out", 0, m, d) + tensor("blocks.0.mlp.b_out", 0, 1, d);
    logits = last * tensor("unembed.W_U", 0, d, shape.vocabulary);
  }
};

const PositionCode codes[] = {PositionCode::learned, PositionCode::rope, PositionCode::none};

}  // namespace

TEST_CASE("The fast network computes the formulas of a network's shape") {
  for (const PositionCode code : codes) {
    for (const std::int64_t positions : {2, 3}) {
      for (const std::int32_t modulus : {5, 7, 23}) {
        for (const bool causal : {true, false}) {
          NetworkShape shape = small_shape(modulus, positions, code);
          shape.causal = causal;
          const Parameters<double> parameters = random_parameters(shape, 1.5);
          const Examples examples = sums(modulus, 0.6);
          AnswerNetwork<double> network(shape);
          const BatchLoss loss = network.loss(parameters, examples);
          const Representations<double> representations = network.representations(parameters, examples);
          AttentionScores<double> scores(shape, examples.size());
          network.attention_scores(parameters, examples, scores);

          Naive naive(shape, parameters);
          BatchLoss expected;
          double worst_score = 0, worst_representation = 0;
          for (std::size_t n = 0; n < examples.size(); ++n) {
            naive.run(examples.first[n], examples.second[n]);
            Eigen::Index largest = 0;
            const double top = naive.logits.maxCoeff(&largest);
            expected.loss +=
                top + std::log((naive.logits.array() - top).exp().sum()) - naive.logits[examples.answer[n]];
            expected.accuracy += largest == examples.answer[n];
            const auto row = static_cast<Eigen::Index>(n);
            worst_representation =
                std::max(worst_representation, (naive.last - representations.row(row)).cwiseAbs().maxCoeff());
            for (std::int64_t h = 0; h < shape.heads; ++h) {
              for (std::int64_t i = 0; i < positions; ++i) {
                const auto& block = scores(0, h, i);
                REQUIRE(block.cols() == (causal ? i + 1 : positions));
                for (Eigen::Index j = 0; j < block.cols(); ++j) {
                  worst_score = std::max(worst_score, std::abs(block(row, j) - naive.scores[h](i, j)));
                }
              }
            }
          }
          const double count = static_cast<double>(examples.size());
          INFO("positions " << positions << ", p " << modulus << ", code " << static_cast<int>(code));
          CHECK(loss.loss == Approx(expected.loss / count).epsilon(1e-13));
          CHECK(loss.accuracy == Approx(expected.accuracy / count).epsilon(1e-13));
          CHECK(worst_score < 1e-12);
          CHECK(worst_representation < 1e-12);
        }
      }
    }
  }
}

TEST_CASE("The fast network's gradient is that of central differences") {
  for (const PositionCode code : codes) {
    for (const std::int64_t positions : {2, 3}) {
      for (const std::int32_t modulus : {5, 23}) {
        const NetworkShape shape = small_shape(modulus, positions, code);
        const ParameterLayout layout(shape);
        Parameters<double> parameters = random_parameters(shape, 1.5);
        const Examples examples = sums(modulus, 0.6);
        AnswerNetwork<double> network(shape);
        Parameters<double> gradient = Parameters<double>::Constant(layout.size(), 7);
        const BatchLoss loss = network.loss_and_gradient(parameters, examples, gradient);
        CHECK(loss.loss == network.loss(parameters, examples).loss);
        double inside = 0;
        for (const Tensor& tensor : layout.tensors()) {
          const double scale = gradient.segment(tensor.offset, tensor.size).abs().maxCoeff();
          inside += gradient.segment(tensor.offset, tensor.size).abs().sum();
          for (Eigen::Index i = 0; i < tensor.size; i += 1 + tensor.size / 23) {
            constexpr double step = 1e-5;
            double& parameter = parameters[tensor.offset + i];
            const double value = parameter;
            parameter = value + step;
            const double up = network.loss(parameters, examples).loss;
            parameter = value - step;
            const double down = network.loss(parameters, examples).loss;
            parameter = value;
            INFO(tensor.name << "[" << i << "], positions " << positions << ", p " << modulus);
            CHECK(std::abs((up - down) / (2 * step) - gradient[tensor.offset + i]) < 1e-7 * scale);
          }
        }
        CHECK(gradient.abs().sum() == Approx(inside).epsilon(1e-14));  // nothing between the tensors
      }
    }
  }
}

TEST_CASE("Folding units changes a gradient by round-off, the instruction set not at all") {
  for (const std::int64_t positions : {2, 3}) {
    NetworkShape shape;  // p = 113: several chunks of examples in double precision
    shape.positions = positions;
    shape.vocabulary = positions == 3 ? 114 : 113;
    const ParameterLayout layout(shape);
    const Parameters<double> parameters = random_parameters(shape, 1);
    const Examples examples = sums(113, 0.3);
    Parameters<double> folded, plain, other;
    AnswerNetwork<double> network(shape, {.instructions = InstructionSet::avx2, .fold_signs = true});
    network.loss_and_gradient(parameters, examples, folded);
    const double folded_share = network.touched_share();
    AnswerNetwork<double> plainly(shape, {.instructions = InstructionSet::avx2, .fold_signs = false});
    plainly.loss_and_gradient(parameters, examples, plain);
    CHECK(difference(layout, folded, plain) < 1e-12);
    CHECK(folded_share < 0.5);
    CHECK(folded_share < plainly.touched_share());

    if (best_instruction_set() != InstructionSet::avx512) {
      WARN("this processor has no AVX-512: nothing compared");
      continue;
    }
    AnswerNetwork<double> wide(shape, {.instructions = InstructionSet::avx512});
    wide.loss_and_gradient(parameters, examples, other);
    CHECK(std::memcmp(folded.data(), other.data(), sizeof(double) * folded.size()) == 0);
    const Parameters<float> single = parameters.cast<float>();
    Parameters<float> single_folded, single_other;
    AnswerNetwork<float>(shape, {.instructions = InstructionSet::avx2})
        .loss_and_gradient(single, examples, single_folded);
    AnswerNetwork<float>(shape, {.instructions = InstructionSet::avx512})
        .loss_and_gradient(single, examples, single_other);
    CHECK(std::memcmp(single_folded.data(), single_other.data(), sizeof(float) * single_folded.size()) == 0);
  }
}

TEST_CASE("A batch's gradient is the mean of its parts', and calls leave no trace in later ones") {
  const NetworkShape shape = small_shape(23, 3, PositionCode::learned);
  const ParameterLayout layout(shape);
  const Parameters<double> parameters = random_parameters(shape, 1.5);
  const Examples all = sums(23, 0.7);
  AnswerNetwork<double> network(shape);
  Parameters<double> whole, gradient, mean = Parameters<double>::Zero(layout.size());
  const BatchLoss loss = network.loss_and_gradient(parameters, all, whole);
  double mean_loss = 0;
  for (std::size_t begin = 0, size = 1; begin < all.size(); begin += size, size = std::min(2 * size + 3, all.size())) {
    const Examples some = part(all, begin, std::min(begin + size, all.size()));
    const double share = static_cast<double>(some.size()) / static_cast<double>(all.size());
    mean_loss += share * network.loss_and_gradient(parameters, some, gradient).loss;
    mean += share * gradient;
  }
  CHECK(mean_loss == Approx(loss.loss).epsilon(1e-13));
  CHECK(difference(layout, mean, whole) < 1e-12);
  network.representations(parameters, all);
  network.loss_and_gradient(parameters, all, gradient);
  CHECK(std::memcmp(whole.data(), gradient.data(), sizeof(double) * whole.size()) == 0);
  CHECK_THROWS_AS(network.loss(parameters, Examples{}), std::invalid_argument);
}

TEST_CASE("Held parameters change no bit of any result") {
  for (const std::int64_t positions : {2, 3}) {
    const NetworkShape shape = small_shape(9, positions, PositionCode::learned);
    const Parameters<float> parameters = random_parameters(shape, 1).cast<float>();
    const Parameters<float> others = random_parameters(shape, 0.7).cast<float>();
    const Examples batch = sums(9, 0.6), recorded = sums(9, 0.3);
    struct Results {
      double loss;
      AttentionScores<float> scores;
      Representations<float> representations;
      Parameters<float> gradient;
    };
    const auto results = [&](AnswerNetwork<float>& network, const Parameters<float>& at) {
      Results r{network.loss(at, recorded).loss,
                AttentionScores<float>(shape, recorded.size()),
                network.representations(at, recorded),
                {}};
      network.attention_scores(at, recorded, r.scores);
      network.loss_and_gradient(at, batch, r.gradient);
      return r;
    };
    const auto same = [&](const Results& a, const Results& b) {
      bool equal = a.loss == b.loss && a.representations == b.representations && (a.gradient == b.gradient).all();
      for (std::int64_t head = 0; head < shape.heads; ++head) {
        for (std::int64_t query = 0; query < positions; ++query) {
          equal = equal && (a.scores(0, head, query) == b.scores(0, head, query)).all();
        }
      }
      return equal;
    };
    AnswerNetwork<float> fresh(shape), other(shape), network(shape);
    const Results expected = results(fresh, parameters), of_others = results(other, others);
    CHECK_FALSE(same(expected, of_others));
    for (int i = 0; i < 2; ++i) {
      const HeldParameters held(network, parameters);
      Parameters<float> gradient;
      network.loss_and_gradient(parameters, batch, gradient);
      CHECK(same(results(network, parameters), expected));
      CHECK(same(results(network, others), of_others));
      CHECK(same(results(network, parameters), expected));
    }
    // Another array of numbers at the same place, no longer held.
    Parameters<float> changing = parameters;
    {
      const HeldParameters held(network, changing);
      CHECK(same(results(network, changing), expected));
    }
    changing = others;
    CHECK(same(results(network, changing), of_others));
  }
}

TEST_CASE("Single precision is good to its digits, also where the loss is nearly zero") {
  for (const double margin : {0.0, 12.0, 25.0}) {
    // Large margins: the embedding of p = 7 tokens is one-hot in a, b; hidden unit (a, b) is active for the pair alone.
    const std::int32_t p = 7;
    NetworkShape shape;
    shape.width = 64;
    shape.mlp_width = p * p;
    shape.head_dim = 8;
    shape.heads = 2;
    shape.positions = 2;
    shape.vocabulary = p;
    const ParameterLayout layout(shape);
    Parameters<double> parameters = 0.01 * random_parameters(shape, 1);
    const auto entry = [&](const char* name, std::int64_t i) -> double& { return parameters[layout[name].offset + i]; };
    for (std::int32_t t = 0; t < p; ++t) entry("embed.W_E", t * 64 + t) += 1;
    for (std::int32_t c = 0; c < p; ++c) entry("pos_embed.W_pos", c) -= 0.01;
    // Head 0 carries the first token to components 8 … 14; attention is nearly even, so by half.
    for (std::int32_t c = 0; c < p; ++c) {
      entry("blocks.0.attn.W_V", c * 8 + c) += 1;
      entry("blocks.0.attn.W_O", c * 64 + 8 + c) += 1;
    }
    for (std::int32_t a = 0; a < p; ++a) {
      for (std::int32_t b = 0; b < p; ++b) {
        const std::int32_t unit = a * p + b;
        entry("blocks.0.mlp.W_in", b * p * p + unit) += 1;
        entry("blocks.0.mlp.W_in", (8 + a) * p * p + unit) += 1;
        entry("blocks.0.mlp.b_in", unit) -= a == b ? 1.5 : 1.0;
        if (margin > 0) entry("blocks.0.mlp.W_out", unit * 64 + 32 + (a + b) % p) += 2 * margin;
      }
    }
    for (std::int32_t c = 0; c < p; ++c) entry("unembed.W_U", (32 + c) * p + c) += 1;

    const Examples examples = sums(p, 1.1);
    const Parameters<float> single = parameters.cast<float>();
    const Parameters<double> rounded = single.cast<double>();  // the same network in both precisions
    for (const bool fold : {true, false}) {
      AnswerNetwork<double> exact(shape, {.fold_signs = fold});
      AnswerNetwork<float> fast(shape, {.fold_signs = fold});
      Parameters<double> gradient;
      Parameters<float> single_gradient;
      const BatchLoss loss = exact.loss_and_gradient(rounded, examples, gradient);
      const BatchLoss single_loss = fast.loss_and_gradient(single, examples, single_gradient);
      INFO("margin " << margin << ", loss " << loss.loss << ", folded " << fold);
      if (margin > 0) {
        CHECK(loss.accuracy == 1);
        CHECK(loss.loss < (margin > 20 ? 1e-6 : 1e-2));
      }
      CHECK(single_loss.accuracy == loss.accuracy);
      CHECK(single_loss.loss == Approx(loss.loss).epsilon(1e-4));
      CHECK(difference(layout, single_gradient, gradient) < 2e-4);
    }
  }
}

TEST_CASE("The fast network says which shapes it supports") {
  CHECK(AnswerNetwork<float>::supports(NetworkShape{}));
  const auto refuses = [](auto change) {
    NetworkShape shape;
    change(shape);
    CHECK_FALSE(AnswerNetwork<float>::supports(shape));
    CHECK_THROWS_AS(AnswerNetwork<float>(shape), std::invalid_argument);
  };
  refuses([](NetworkShape& shape) { shape.layers = 2; });
  refuses([](NetworkShape& shape) { shape.mlp_width = 0; });
  refuses([](NetworkShape& shape) { shape.activation = Activation::gelu; });
  refuses([](NetworkShape& shape) { shape.normalization = Normalization::rms; });
  refuses([](NetworkShape& shape) { shape.attention = Entmax{}; });
  refuses([](NetworkShape& shape) { shape.positions = 4; });
}

TEST_CASE("The fast network and the general one agree tensor by tensor") {
  const auto agree = [](const NetworkShape& shape, std::int32_t modulus, double share) {
    const ParameterLayout layout(shape);
    const Parameters<double> parameters = random_parameters(shape, 1);
    const Examples examples = sums(modulus, share);
    Parameters<double> gradient, expected;
    const BatchLoss loss = AnswerNetwork<double>(shape).loss_and_gradient(parameters, examples, gradient);
    const BatchLoss general = GeneralNetwork<double>(shape).loss_and_gradient(parameters, examples, expected);
    CHECK(loss.loss == Approx(general.loss).epsilon(1e-13));
    CHECK(loss.accuracy == general.accuracy);
    for (const Tensor& tensor : layout.tensors()) {
      const auto mine = gradient.segment(tensor.offset, tensor.size);
      const auto other = expected.segment(tensor.offset, tensor.size);
      INFO(tensor.name << ", p " << modulus << ", positions " << shape.positions);
      CHECK((mine - other).abs().maxCoeff() < 1e-12 * other.abs().maxCoeff());
    }
  };
  for (const PositionCode code : codes) {
    for (const std::int64_t positions : {2, 3}) {
      for (const std::int32_t modulus : {5, 7, 23}) agree(small_shape(modulus, positions, code), modulus, 0.6);
      NetworkShape usual;
      usual.positions = positions;
      usual.position_code = code;
      usual.vocabulary = 113 + (positions == 3 ? 1 : 0);
      agree(usual, 113, code == PositionCode::learned ? 0.3 : 0.02);
    }
  }
}
