// Training at the recipes of data/grok: nanda (p = 113, [a, b, =], f = 0.3) and kim (p = 31, [a, b], f = 0.731), on one
// core unless said otherwise.
//   bench-training --benchmark_filter=^update     seconds per update: fast and general network, one and two layers
//   bench-training --benchmark_filter=^step       one loss with its gradient: precisions, folding, sizes of batches
//   bench-training --benchmark_filter=^recording  training with a record every 10 updates over training without
//   bench-training --benchmark_filter=^replicas   two replicas on two threads over one on one
//   bench/peers/grok_torch.py                     updates against PyTorch
#include "clock.hpp"

#include <benchmark/benchmark.h>

#include <softmech/learning/answer_network.hpp>
#include <softmech/learning/general_network.hpp>
#include <softmech/learning/learning_record.hpp>
#include <softmech/learning/task.hpp>
#include <softmech/learning/training.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

using namespace softmech;
using namespace bench;

namespace {

constexpr auto random_stream = [](std::string_view purpose) { return RandomStream(1, 0, purpose); };

struct Recipe {
  NetworkShape shape;
  TaskSettings task;

  Split split() const { return task.make_split(random_stream); }
  template <class Scalar>
  Parameters<Scalar> initial() const {
    return initial_parameters(ParameterLayout(shape), shape, 1.0, random_stream).template cast<Scalar>();
  }
  template <Network N>
  Training<N> training(N network) const {
    return {std::move(network), initial<typename N::Scalar>(), OptimizerSettings{},
            Minibatches(split().train, 0, random_stream("batches"))};
  }
};

Recipe recipe(std::int64_t modulus, std::int64_t layers = 1) {
  const bool nanda = modulus == 113;
  Recipe r;
  r.shape.layers = layers;
  r.shape.positions = nanda ? 3 : 2;
  r.shape.vocabulary = nanda ? modulus + 1 : modulus;
  r.task.modulus = modulus;
  r.task.train_fraction = nanda ? 0.3 : 0.731;
  if (!nanda) r.task.split = "symmetric";
  return r;
}

std::vector<InstructionSet> instruction_sets() {
  if (best_instruction_set() != InstructionSet::avx512) return {InstructionSet::avx2};
  return {InstructionSet::avx2, InstructionSet::avx512};
}

const char* name_of(InstructionSet instructions) { return instructions == InstructionSet::avx2 ? "avx2" : "avx512"; }

template <class Run>
auto* add(const std::string& name, Run run) {
  return benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMillisecond);
}

// ---- Updates ----

template <class MakeTraining>
void add_updates(const std::string& name, std::int64_t updates, MakeTraining make_training) {
  add(fmt::format("update/{}/{}", name, updates), [=](benchmark::State& state) {
    auto training = make_training();
    training.update();
    training.update();
    for (auto _ : state) {
      for (std::int64_t update = 0; update < updates; ++update) training.update();
    }
    state.counters["seconds_per_step"] = benchmark::Counter(static_cast<double>(updates * state.iterations()),
                                                            benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  })->Iterations(1);
}

// The fast network's work follows the share of active units, which training changes: "short" is the first updates,
// "whole" a run.
void add_updates(std::int64_t modulus, std::int64_t general_updates, std::int64_t general_updates_of_two_layers,
                 std::int64_t first_updates, std::int64_t whole_run) {
  for (const std::int64_t layers : {1, 2}) {
    const Recipe r = recipe(modulus, layers);
    add_updates(fmt::format("general/{}/{}/short", modulus, layers),
                layers == 1 ? general_updates : general_updates_of_two_layers,
                [=] { return r.training(GeneralNetwork<float>(r.shape)); });
  }
  const Recipe r = recipe(modulus);
  for (const InstructionSet instructions : instruction_sets()) {
    const auto make = [=] { return r.training(AnswerNetwork<float>(r.shape, {.instructions = instructions})); };
    const auto name = fmt::format("fast_{}/{}/1", name_of(instructions), modulus);
    add_updates(name + "/short", first_updates, make);
    add_updates(name + "/whole", whole_run, make);
  }
}

// ---- Single steps ----

/// Loss and gradient after some updates: few units are active in a new network. "touched" is the share of (example,
/// hidden unit) entries that a step reads.
template <class MakeNetwork>
void add_step(const std::string& name, std::int64_t modulus, std::int64_t updates, std::int64_t batch,
              MakeNetwork make_network) {
  add(fmt::format("step/p{}/{}_updates/batch_{}/{}", modulus, updates, batch, name), [=](benchmark::State& state) {
    auto network = make_network();
    using Numbers = Parameters<typename decltype(network)::Scalar>;
    const Recipe r = recipe(modulus);
    auto training = r.training(AnswerNetwork<float>(r.shape));
    for (std::int64_t update = 0; update < updates; ++update) training.update();
    const auto parameters = Numbers(training.parameters().template cast<typename Numbers::Scalar>());
    const Examples examples = thinned(r.split().train, batch, random_stream("batch"));
    Numbers gradient;
    network.loss_and_gradient(parameters, examples, gradient);  // the workspace grows
    for (auto _ : state) benchmark::DoNotOptimize(network.loss_and_gradient(parameters, examples, gradient));
    if constexpr (requires { network.touched_share(); }) state.counters["touched"] = network.touched_share();
    state.counters["examples"] = static_cast<double>(examples.size());
  });
}

template <class Scalar>
void add_steps(std::int64_t modulus) {
  const NetworkShape shape = recipe(modulus).shape;
  const char* precision = sizeof(Scalar) == 4 ? "float" : "double";
  for (const std::int64_t updates : {0, 300}) {
    for (const InstructionSet instructions : instruction_sets()) {
      for (const bool fold : {true, false}) {
        add_step(fmt::format("{}/{}/{}", precision, name_of(instructions), fold ? "folded" : "plain"), modulus, updates,
                 0, [=] {
                   return AnswerNetwork<Scalar>(shape, {instructions, fold});
                 });
      }
    }
    add_step(fmt::format("{}/general", precision), modulus, updates, 0, [=] { return GeneralNetwork<Scalar>(shape); });
  }
}

/// Small batches: folding costs the same for all, so below some size the general network is faster.
void add_batches(std::int64_t modulus, std::initializer_list<std::int64_t> batches) {
  const NetworkShape shape = recipe(modulus).shape;
  for (const std::int64_t batch : batches) {
    add_step("float/fast", modulus, 300, batch, [=] { return AnswerNetwork<float>(shape); });
    add_step("float/general", modulus, 300, batch, [=] { return GeneralNetwork<float>(shape); });
  }
}

// ---- Ratios, from alternating rounds ----

void report(benchmark::State& state, const std::string& name, std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  state.counters[name] = ratios[ratios.size() / 2];
  state.counters["min"] = ratios.front();
  state.counters["max"] = ratios.back();
}

/// CPU time that a record every 10 updates adds, as a share of training without: two trainings alike take turns.
void recording(benchmark::State& state, std::int64_t modulus, std::int64_t updates, int rounds) {
  const Recipe r = recipe(modulus);
  Member member(0, 1);
  auto plain = r.training(AnswerNetwork<float>(r.shape)), recorded = r.training(AnswerNetwork<float>(r.shape));
  LearningRecord<AnswerNetwork<float>> record(recorded.network(), r.shape, ParameterLayout(r.shape), r.initial<float>(),
                                              r.split(), modulus, TrainSettings{}.recorded_pairs, member);
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 0; step < updates * rounds; step += 10) steps.push_back(step);
  Series series = member.series({"step", steps, "updates made"});
  for (int i = 0; i < 2; ++i) plain.update(), recorded.update();
  std::vector<double> costs;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      double without = 0, with = 0;
      for (std::int64_t update = 0; update < updates; update += 10) {
        const double start = thread_seconds();
        for (int i = 0; i < 10; ++i) plain.update();
        const double middle = thread_seconds();
        record.sample(recorded, series);
        for (int i = 0; i < 10; ++i) recorded.update();
        without += middle - start;
        with += thread_seconds() - middle;
      }
      costs.push_back(with / without - 1);
    }
  }
  report(state, "cost", costs);
}

/// Updates per second of wall-clock time of two replicas on two threads over those of one.
void replicas(benchmark::State& state, std::int64_t modulus, std::int64_t updates, int rounds) {
  const Recipe r = recipe(modulus);
  auto first = r.training(AnswerNetwork<float>(r.shape)), second = r.training(AnswerNetwork<float>(r.shape));
  const auto run = [updates](auto& training) {
    for (std::int64_t update = 0; update < updates; ++update) training.update();
  };
  run(first), run(second);
  std::vector<double> speedups;
  for (auto _ : state) {
    for (int round = 0; round < rounds; ++round) {
      const double start = wall_seconds();
      run(first);
      run(second);
      const double middle = wall_seconds();
      std::thread other([&] { run(second); });
      run(first);
      other.join();
      speedups.push_back((middle - start) / (wall_seconds() - middle));
    }
  }
  report(state, "speedup", speedups);
}

}  // namespace

int main(int argc, char** argv) {
  add_updates(113, 10, 5, 200, 10000);
  add_updates(31, 100, 30, 1000, 5000);
  for (const std::int64_t modulus : {113, 31}) {
    add_steps<float>(modulus);
    add_steps<double>(modulus);
  }
  add_batches(113, {32, 64, 128, 256, 512, 1024});
  add_batches(31, {16, 32, 64, 128, 256});
  for (const auto& [modulus, updates] : {std::pair<std::int64_t, std::int64_t>{113, 100}, {31, 500}}) {
    const auto add_ratio = [=](const char* name, auto run) {
      add(fmt::format("{}/p{}", name, modulus), [=](benchmark::State& state) {
        run(state, modulus, updates, 7);
      })->Iterations(1);
    };
    add_ratio("recording", recording);
    add_ratio("replicas", replicas);
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
