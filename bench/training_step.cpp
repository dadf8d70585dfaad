// One full-batch step (loss and gradient) of the published one-layer networks, on one core.
//   bench-training_step                             all: p = 113 and 31, both precisions, both instruction sets
//   bench-training_step --benchmark_filter=step/p113/float
// "touched" is the share of (example, hidden unit) entries that a step has to read; it decides the time. The networks
// were trained for as many steps as the name says before they are timed: few units are active in a new one. "folded"
// and "plain" are AnswerNetworkSettings::fold_signs; "general" is GeneralNetwork.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <string>

#include <softmech/learning/answer_network.hpp>
#include <softmech/learning/general_network.hpp>
#include <softmech/learning/optimizer.hpp>
#include <softmech/learning/task.hpp>

using namespace softmech;

namespace {

RandomStream stream(std::string_view purpose) { return RandomStream(1, 0, purpose); }

/// A recipe's task and shape: p = 113 as in Nanda et al. (2023), [a, b, =] and f = 0.3; p = 31 with [a, b] and f =
/// 0.73.
struct Recipe {
  NetworkShape shape;
  Examples train;
};

Recipe recipe(std::int64_t modulus) {
  Recipe r;
  const bool with_equals = modulus == 113;
  r.shape.positions = with_equals ? 3 : 2;
  r.shape.vocabulary = modulus + (with_equals ? 1 : 0);
  TaskSettings task;
  task.modulus = modulus;
  task.train_fraction = with_equals ? 0.3 : 0.73;
  r.train = task.make_split(stream).train;
  return r;
}

/// The parameters after some steps of AdamW.
const Parameters<double>& trained(std::int64_t modulus, std::int64_t steps) {
  static std::map<std::pair<std::int64_t, std::int64_t>, Parameters<double>> known;
  const auto [entry, is_new] = known.try_emplace({modulus, steps});
  if (is_new) {
    const Recipe r = recipe(modulus);
    const ParameterLayout layout(r.shape);
    Parameters<float> parameters = initial_parameters(layout, r.shape, 1, stream).cast<float>(), gradient;
    AnswerNetwork<float> network(r.shape);
    Optimizer<float> optimizer(OptimizerSettings{}, layout.size());
    for (std::int64_t step = 0; step < steps; ++step) {
      network.loss_and_gradient(parameters, r.train, gradient);
      optimizer.update(parameters, gradient);
    }
    entry->second = parameters.cast<double>();
  }
  return entry->second;
}

template <class N>
void step(benchmark::State& state, N network, std::int64_t modulus, std::int64_t steps) {
  const Recipe r = recipe(modulus);
  const Parameters<typename N::Scalar> parameters = trained(modulus, steps).cast<typename N::Scalar>();
  Parameters<typename N::Scalar> gradient;
  network.loss_and_gradient(parameters, r.train, gradient);  // the workspace grows
  for (auto _ : state) benchmark::DoNotOptimize(network.loss_and_gradient(parameters, r.train, gradient));
  if constexpr (requires { network.touched_share(); }) state.counters["touched"] = network.touched_share();
  state.counters["examples"] = static_cast<double>(r.train.size());
}

template <class Scalar>
void add_steps(std::int64_t modulus, std::int64_t steps, const std::string& precision) {
  const std::string name =
      "step/p" + std::to_string(modulus) + "/" + precision + "/" + std::to_string(steps) + "_steps/";
  const NetworkShape shape = recipe(modulus).shape;
  const auto add = [&](const std::string& which, auto make) {
    benchmark::RegisterBenchmark((name + which).c_str(), [=](benchmark::State& state) {
      step(state, make(), modulus, steps);
    })->Unit(benchmark::kMillisecond);
  };
  for (const InstructionSet instructions : {InstructionSet::avx2, InstructionSet::avx512}) {
    if (instructions == InstructionSet::avx512 && best_instruction_set() != InstructionSet::avx512) continue;
    for (const bool fold : {true, false}) {
      add(std::string(instructions == InstructionSet::avx2 ? "avx2" : "avx512") + (fold ? "/folded" : "/plain"), [=] {
        return AnswerNetwork<Scalar>(shape, {instructions, fold});
      });
    }
  }
  add("general", [=] { return GeneralNetwork<Scalar>(shape); });
}

const bool registered = [] {
  for (const std::int64_t modulus : {113, 31}) {
    for (const std::int64_t steps : {0, 300}) {
      add_steps<float>(modulus, steps, "float");
      add_steps<double>(modulus, steps, "double");
    }
  }
  return true;
}();

}  // namespace
