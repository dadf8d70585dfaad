// softmech-grok: transformers trained on modular arithmetic, with the thermodynamics of their attention along training.
//   softmech-grok data/grok/smoke.toml --out smoke
//   softmech-grok data/grok/nanda.toml --out nanda
//   softmech-grok data/grok/kim.toml --set ensemble.seeds=4 --out kim
//   softmech-grok data/grok/smoke.toml --set task.operation=multiply --out multiply
#include <softmech/learning/answer_network.hpp>
#include <softmech/learning/general_network.hpp>
#include <softmech/learning/learning_record.hpp>
#include <softmech/program/run.hpp>
#include <softmech/store/safetensors.hpp>

#include <fmt/format.h>

using namespace softmech;

struct Settings {
  TaskSettings task;
  NetworkSettings model;
  OptimizerSettings optimizer;
  TrainSettings train;
  std::string precision = "single";
  std::string path = "auto";
  std::int64_t seeds = 1;

  void declare(Keys& keys) {
    task.declare(keys);
    model.declare(keys);
    optimizer.declare(keys);
    train.declare(keys);
    keys.add("solver.precision", precision, "floating-point numbers of network and optimizer",
             {.words = {"single", "double"}});
    keys.add("solver.path", path,
             "code of the network; auto: the fast one where it serves (one layer, softmax, ReLU MLP, no normalization)",
             {.words = {"auto", "general"}});
    keys.add("ensemble.seeds", seeds, "runs per point, each with its own split and initial parameters",
             {.at_least = 1, .at_most = 1e6});
  }
  void check() const {
    task.check();
    model.check();
    optimizer.check();
    train.check();
  }
  std::int64_t members_per_point() const { return seeds; }
};

/// The parameters under their names, and the training pairs as a·p + b.
template <class Scalar>
std::string weights_file(const ParameterLayout& layout, const Parameters<Scalar>& parameters, const Examples& train,
                         std::int64_t modulus) {
  std::vector<std::int64_t> pairs;
  for (std::size_t i = 0; i < train.size(); ++i) pairs.push_back(train.first[i] * modulus + train.second[i]);
  std::vector<NamedArray> arrays;
  for (const Tensor& tensor : layout.tensors()) {
    arrays.push_back(
        {tensor.name,
         {tensor.shape.begin(), tensor.shape.end()},
         std::span<const Scalar>(parameters.data() + tensor.offset, static_cast<std::size_t>(tensor.size))});
  }
  arrays.push_back({"split.train", {static_cast<std::int64_t>(pairs.size())}, std::span<const std::int64_t>(pairs)});
  return safetensors_bytes(arrays);
}

template <Network N>
void train(const Settings& settings, const NetworkShape& shape, Member& member) {
  const ParameterLayout layout(shape);
  const auto random = [&member](std::string_view purpose) { return member.random(purpose); };
  const Split split = settings.task.make_split(random);
  member.record("train_pairs", static_cast<std::int64_t>(split.train.size()), "training pairs");
  member.record("test_pairs", static_cast<std::int64_t>(split.test.size()), "held-out pairs");

  const Parameters<typename N::Scalar> initial =
      initial_parameters(layout, shape, settings.model.init_scale, random).template cast<typename N::Scalar>();
  Training<N> training(N(shape), initial, settings.optimizer,
                       Minibatches(split.train, settings.train.batch, member.random("batches")));
  LearningRecord<N> record(training.network(), shape, layout, initial, split, settings.task.modulus,
                           settings.train.recorded_pairs, member);
  Series series = member.series({"step", settings.train.recorded_steps(), "updates made"});

  OnsetStop onset(settings.train.stop_after_onset);
  if (const auto saved = member.resume()) training.restore(onset.restore(*saved));
  for (;; training.update()) {
    const std::int64_t step = training.step();
    if (step > 0) member.progress(static_cast<double>(step) / static_cast<double>(settings.train.steps));
    if (member.pause_due()) member.pause(onset.save(training.save()));
    if (settings.train.saves_at(step)) {
      member.publish(fmt::format("{:08}.safetensors", step),
                     weights_file(layout, training.parameters(), split.train, settings.task.modulus));
    }
    if (settings.train.records_at(step)) onset.see(step, record.sample(training, series));
    if (step == settings.train.steps || onset.is_over(step)) break;
  }
}

void grok(const Settings& settings, Member& member) {
  const NetworkShape shape = settings.model.shape(settings.task.modulus);
  member.coordinate("modulus", settings.task.modulus, "modulus p");
  member.coordinate("train_fraction", settings.task.fraction(), "share f of the pairs to train on");
  member.coordinate("seed", member.index() % settings.seeds, "number of the run at its point");
  member.record("answer_keys", shape.positions, "keys that the last token attends to");

  // The fast path's tables have their price, whatever the number of examples; about 130 pay for it at p = 31 and 113.
  const bool many = settings.train.batch == 0 || settings.train.batch >= 128;
  const bool fast = settings.path == "auto" && many && AnswerNetwork<float>::supports(shape);
  const bool single = settings.precision == "single";
  if (fast && single) return train<AnswerNetwork<float>>(settings, shape, member);
  if (fast) return train<AnswerNetwork<double>>(settings, shape, member);
  if (single) return train<GeneralNetwork<float>>(settings, shape, member);
  train<GeneralNetwork<double>>(settings, shape, member);
}

int main(int argc, char** argv) {
  const ProgramText text{
      "grok",
      "transformers trained on modular arithmetic, with the thermodynamics of their attention along training",
      {"softmech-grok data/grok/smoke.toml --out smoke", "softmech-grok data/grok/nanda.toml --out nanda",
       "softmech-grok data/grok/kim.toml --set ensemble.seeds=4 --out kim",
       "softmech-grok data/grok/smoke.toml --set task.operation=multiply --out multiply"}};
  return run_ensemble<Settings>(argc, argv, text, grok);
}
