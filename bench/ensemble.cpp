// What the frame costs per member, beside the member's own work: 20000 members that record 30 numbers.
#include <benchmark/benchmark.h>

#include <softmech/ensemble/runner.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

namespace {

using namespace softmech;

void tiny(Member& member) {
  RandomStream random = member.random("tiny");
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (int i = 0; i < 30; ++i) list.push_back(fmt::format("x{}", i));
    return list;
  }();
  for (const std::string& name : names) member.record(name, random.uniform(), "a number");
}

/// Computes, publishes and merges; `members` per iteration.
void tiny_members(benchmark::State& state) {
  std::vector<std::int64_t> members(20'000);
  std::iota(members.begin(), members.end(), 0);
  std::size_t files = 0;
  for (auto _ : state) {
    std::string name = (std::filesystem::temp_directory_path() / "softmech-bench-XXXXXX").string();
    const std::filesystem::path path = ::mkdtemp(name.data());
    {
      const EnsembleDirectory directory(path / "out", "softmech-bench");
      run_members(members, {.threads = static_cast<int>(state.range(0)), .quiet = true}, directory, tiny);
      files = directory.finished().size();
      merge_members(directory, {});
    }
    std::filesystem::remove_all(path);
  }
  state.counters["s_per_member"] = benchmark::Counter(
      static_cast<double>(members.size()), benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["files"] = static_cast<double>(files);
}
BENCHMARK(tiny_members)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
