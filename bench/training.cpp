// Full-batch training updates at the shape of Nanda et al. (2023): one core, single precision, the fast and the general
// network. Seconds per update, averaged over a whole run (the fast one's work follows the share of active units, which
// training changes) or over its first updates.
//   bench-training --benchmark_filter=short
//   bench/peers/grok_torch.py             the same against PyTorch
#include <benchmark/benchmark.h>

#include <softmech/learning/answer_network.hpp>
#include <softmech/learning/general_network.hpp>
#include <softmech/learning/task.hpp>
#include <softmech/learning/training.hpp>

#include <fmt/format.h>

using namespace softmech;

namespace {

RandomStream random_stream(std::string_view purpose) { return {1, 0, purpose}; }

template <Network N, class MakeNetwork>
void train(benchmark::State& state, const NetworkShape& shape, double fraction, std::int64_t updates,
           MakeNetwork&& make_network) {
  TaskSettings task;
  task.modulus = shape.vocabulary - 1;
  task.train_fraction = fraction;
  const Parameters<double> initial = initial_parameters(ParameterLayout(shape), shape, 1.0, random_stream);
  Training<N> training(make_network(), initial.cast<float>(), OptimizerSettings{},
                       Minibatches(task.make_split(random_stream).train, 0, random_stream("batches")));
  training.update();
  training.update();
  for (auto _ : state) {
    for (std::int64_t update = 0; update < updates; ++update) training.update();
  }
  const auto total = static_cast<double>(updates * state.iterations());
  state.counters["seconds_per_step"] =
      benchmark::Counter(total, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

struct Case {
  std::int64_t modulus, layers;
  double fraction;
  std::int64_t general_updates, first_updates, whole_run;
};

void register_case(const Case& c) {
  NetworkShape shape;
  shape.layers = c.layers;
  shape.vocabulary = c.modulus + 1;
  const auto add = [&](const std::string& name, std::int64_t updates, auto run) {
    benchmark::RegisterBenchmark(fmt::format("{}/{}", name, updates).c_str(),
                                 [=](benchmark::State& state) { run(state, updates); })
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  };
  const auto suffix = fmt::format("{}/{}", c.modulus, c.layers);
  const double fraction = c.fraction;
  add(fmt::format("general/{}/short", suffix), c.general_updates, [=](benchmark::State& state, std::int64_t updates) {
    train<GeneralNetwork<float>>(state, shape, fraction, updates, [&] { return GeneralNetwork<float>(shape); });
  });
  if (!AnswerNetwork<float>::supports(shape)) return;
  for (const bool avx512 : {false, true}) {
    const auto instructions = avx512 ? InstructionSet::avx512 : InstructionSet::avx2;
    if (avx512 && best_instruction_set() != InstructionSet::avx512) continue;
    const auto run = [=](benchmark::State& state, std::int64_t updates) {
      train<AnswerNetwork<float>>(state, shape, fraction, updates,
                                  [&] { return AnswerNetwork<float>(shape, {.instructions = instructions}); });
    };
    const auto name = fmt::format("fast_{}/{}", avx512 ? "avx512" : "avx2", suffix);
    add(name + "/short", c.first_updates, run);
    add(name + "/whole", c.whole_run, run);
  }
}

}  // namespace

int main(int argc, char** argv) {
  register_case(
      {.modulus = 113, .layers = 1, .fraction = 0.3, .general_updates = 10, .first_updates = 200, .whole_run = 10000});
  register_case(
      {.modulus = 113, .layers = 2, .fraction = 0.3, .general_updates = 5, .first_updates = 0, .whole_run = 0});
  register_case(
      {.modulus = 31, .layers = 1, .fraction = 0.7, .general_updates = 100, .first_updates = 1000, .whole_run = 5000});
  register_case(
      {.modulus = 31, .layers = 2, .fraction = 0.7, .general_updates = 30, .first_updates = 0, .whole_run = 0});
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
