// Losses along training against those that PyTorch made once: bench/peers/grok_torch.py --golden.
#include <softmech/learning/answer_network.hpp>
#include <softmech/learning/general_network.hpp>
#include <softmech/learning/training.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace softmech;

namespace {

struct Run {
  NetworkSettings model;
  std::int64_t modulus;
};

NetworkSettings small(std::int64_t layers, std::int64_t heads, std::int64_t width, std::int64_t head_dim,
                      std::int64_t mlp_width) {
  NetworkSettings model;
  model.layers = layers, model.heads = heads, model.width = width, model.head_dim = head_dim;
  model.mlp_width = mlp_width;
  return model;
}

// The shapes that the script calls by these names.
std::map<std::string, Run> runs() {
  std::map<std::string, Run> runs;
  runs["nanda"] = {small(1, 2, 16, 8, 24), 11};
  Run& deep = runs["deep"] = {small(2, 2, 12, 6, 20), 7};
  deep.model.activation = "gelu", deep.model.normalization = "layer", deep.model.position_code = "rope";
  Run& entmax = runs["entmax"] = {small(2, 2, 12, 4, 16), 9};
  entmax.model.attention.name = "entmax", entmax.model.normalization = "rms", entmax.model.activation = "gelu";
  entmax.model.position_code = "none", entmax.model.tokens = "a b";
  Run& kappa = runs["kappa"] = {small(1, 3, 12, 4, 16), 8};
  kappa.model.attention.name = "kappa", kappa.model.attention.kappa = 0.3, kappa.model.activation = "gelu";
  kappa.model.causal = false, kappa.model.tokens = "a b";
  Run& attention_only = runs["attention_only"] = {small(3, 2, 12, 4, 0), 10};
  attention_only.model.normalization = "layer";
  return runs;
}

// Entry k of tensor t: sin(0.7 (k + 1) + t)/√width, 1 more for the weights of normalizations.
Parameters<double> closed_form(const ParameterLayout& layout, std::int64_t width) {
  Parameters<double> parameters = Parameters<double>::Zero(layout.size());
  double number = 0;
  for (const Tensor& tensor : layout.tensors()) {
    for (Eigen::Index k = 0; k < tensor.size; ++k) {
      parameters[tensor.offset + k] =
          std::sin(0.7 * static_cast<double>(k + 1) + number) / std::sqrt(static_cast<double>(width)) +
          (tensor.name.ends_with(".w") ? 1 : 0);
    }
    ++number;
  }
  return parameters;
}

Examples pairs_not_divided_by_three(std::int64_t modulus) {
  Examples examples;
  for (std::int64_t pair = 0; pair < modulus * modulus; ++pair) {
    if (pair % 3 == 0) continue;
    examples.first.push_back(static_cast<std::int32_t>(pair / modulus));
    examples.second.push_back(static_cast<std::int32_t>(pair % modulus));
    examples.answer.push_back(static_cast<std::int32_t>((pair / modulus + pair % modulus) % modulus));
  }
  return examples;
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> result;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) result.push_back(cell);
  return result;
}

/// A column of the file, by a network.
template <Network N>
void check_losses(const std::string& name, const Run& run, const std::vector<double>& losses) {
  const NetworkShape shape = run.model.shape(run.modulus);
  OptimizerSettings optimizer;  // at ten times the rate, round-off grows to 1e-9 within a hundred updates
  optimizer.learning_rate = 1e-4, optimizer.weight_decay = 0.5;
  Training<N> training(N(shape), closed_form(ParameterLayout(shape), shape.width), optimizer,
                       Minibatches(pairs_not_divided_by_three(run.modulus), 0, RandomStream(1, 0, "batches")));
  for (std::size_t step = 0; step < losses.size(); ++step, training.update()) {
    CAPTURE(name, step);
    REQUIRE(training.train_loss().loss == Approx(losses[step]).epsilon(1e-9).margin(0));
  }
}

}  // namespace

TEST_CASE("200 updates of AdamW have the losses that PyTorch has") {
  std::ifstream file(SOFTMECH_TESTS "/learning/golden_trajectory.csv");
  REQUIRE(file);
  std::string line;
  std::getline(file, line);  // a comment
  std::getline(file, line);
  const std::vector<std::string> names = cells(line);
  std::vector<std::vector<std::string>> rows;
  while (std::getline(file, line)) rows.push_back(cells(line));
  REQUIRE(rows.size() == 201);

  const std::map<std::string, Run> known = runs();
  REQUIRE(names.size() == known.size());
  int fast = 0;
  for (std::size_t column = 0; column < names.size(); ++column) {
    const Run& run = known.at(names[column]);
    std::vector<double> losses;
    for (const std::vector<std::string>& row : rows) losses.push_back(std::stod(row[column]));
    check_losses<GeneralNetwork<double>>(names[column], run, losses);
    if (!AnswerNetwork<double>::supports(run.model.shape(run.modulus))) continue;
    check_losses<AnswerNetwork<double>>(names[column] + ", fast", run, losses);
    ++fast;
  }
  CHECK(fast >= 1);
}
