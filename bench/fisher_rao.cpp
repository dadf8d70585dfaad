// Fisher–Rao distances of a batch of rows, in seconds per entry (rows × keys).
//   bench-fisher_rao --benchmark_filter=batch
#include <softmech/ensemble/random.hpp>
#include <softmech/geometry/fisher_rao.hpp>
#include <softmech/geometry/simplex.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace softmech;

RowMatrix random_rows(Eigen::Index rows, Eigen::Index keys, std::uint32_t member) {
  RandomStream random(1, member, "rows");
  RowMatrix weights(rows, keys);
  for (Eigen::Index r = 0; r < rows; ++r) weights.row(r) = Simplex(keys).random_point(random);
  return weights;
}

template <class Distances>
void run(benchmark::State& state, Distances distances) {
  const RowMatrix p = random_rows(state.range(0), state.range(1), 0);
  const RowMatrix q = random_rows(state.range(0), state.range(1), 1);
  for (auto _ : state) benchmark::DoNotOptimize(distances(p, q));
  const auto entries = static_cast<double>(p.size());
  state.counters["per_entry"] =
      benchmark::Counter(entries, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void batch(benchmark::State& state) {
  run(state, [](const RowMatrix& p, const RowMatrix& q) { return fisher_rao_distances(p, q); });
}
void one_reference(benchmark::State& state) {
  run(state, [](const RowMatrix& p, const RowMatrix& q) { return fisher_rao_distances_from(p.row(0), q); });
}
void readable_reference(benchmark::State& state) {
  run(state, [](const RowMatrix& p, const RowMatrix& q) {
    return Vector::NullaryExpr(p.rows(), [&](Eigen::Index r) { return fisher_rao_distance(p.row(r), q.row(r)); })
        .eval();
  });
}

BENCHMARK(batch)->Args({1000, 64})->Args({1000, 1024})->Unit(benchmark::kMicrosecond);
BENCHMARK(one_reference)->Args({1000, 64})->Args({1000, 1024})->Unit(benchmark::kMicrosecond);
BENCHMARK(readable_reference)->Args({1000, 64})->Args({1000, 1024})->Unit(benchmark::kMicrosecond);

}  // namespace
