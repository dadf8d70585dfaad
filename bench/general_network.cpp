// One full-batch gradient of the general network at the shape of Nanda et al. (2023): 3 830 examples of p = 113, single
// precision, on one core.
//   bench-general_network
#include <benchmark/benchmark.h>

#include <softmech/learning/general_network.hpp>

using namespace softmech;

namespace {

template <class Scalar>
void gradient(benchmark::State& state, NetworkShape shape, Eigen::Index tile, Scalar) {
  Examples examples;
  for (std::int32_t pair = 0; pair < 113 * 113 && examples.size() < 3830; pair += 1 + pair % 10 / 2) {
    examples.first.push_back(pair / 113);
    examples.second.push_back(pair % 113);
    examples.answer.push_back((pair / 113 + pair % 113) % 113);
  }
  GeneralNetwork<Scalar> network(shape, tile);
  const auto random = [](std::string_view purpose) { return RandomStream(1, 0, purpose); };
  const Parameters<double> initial = initial_parameters(network.layout(), shape, 1.0, random);
  const Parameters<Scalar> parameters = initial.cast<Scalar>();
  Parameters<Scalar> result;
  for (auto _ : state) benchmark::DoNotOptimize(network.loss_and_gradient(parameters, examples, result));
  state.counters["examples"] = static_cast<double>(examples.size());
}

NetworkShape layers(std::int64_t count) {
  NetworkShape shape;
  shape.layers = count;
  return shape;
}

NetworkShape gelu_layer_norm_rope(std::int64_t count) {
  NetworkShape shape = layers(count);
  shape.activation = Activation::gelu;
  shape.normalization = Normalization::layer;
  shape.position_code = PositionCode::rope;
  return shape;
}

NetworkShape with(Operator op) {
  NetworkShape shape;
  shape.attention = op;
  return shape;
}

BENCHMARK_CAPTURE(gradient, one_layer, layers(1), 0, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, two_layers, layers(2), 0, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, one_layer_double, layers(1), 0, double{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, gelu_layer_norm_rope, gelu_layer_norm_rope(1), 0, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, gelu_layer_norm_rope_2, gelu_layer_norm_rope(2), 0, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, entmax, with(Entmax{1.5}), 0, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, kappa, with(KappaSoftmax{0.2}), 0, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t64, layers(1),64, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t128, layers(1),128, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t192, layers(1),192, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t256, layers(1),256, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t384, layers(1),384, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t512, layers(1),512, float{})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(gradient, t1024, layers(1),1024, float{})->Unit(benchmark::kMillisecond);

}  // namespace
