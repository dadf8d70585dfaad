// Costs of files on a disk in memory (/dev/shm, where syncing is free):
//   build/bench/bin/bench-store

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include <fmt/format.h>

#include <softmech/store/merge.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

namespace {

using namespace softmech;
using Path = std::filesystem::path;

class Scratch {
 public:
  Scratch() : path_(fmt::format("/dev/shm/softmech-bench-{}", getpid())) { std::filesystem::create_directories(path_); }
  ~Scratch() { std::filesystem::remove_all(path_); }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

const Path& scratch() {
  static const Scratch directory;
  return directory.path();
}

Variable numbers(std::string name, std::vector<std::string> axes, std::vector<std::size_t> shape) {
  std::vector<double> values(element_count(shape), 0.5);
  return {.name = std::move(name),
          .axes = std::move(axes),
          .shape = std::move(shape),
          .values = std::move(values),
          .long_name = "a quantity of the model",
          .attributes = {}};
}

/// What one member of a simulation writes: 30 variables, most of them small.
Dataset member(std::int64_t id, std::size_t samples = 50) {
  Dataset dataset{{{"Conventions", "CF-1.10"},
                   {"title", "bench"},
                   {"config_toml", std::string(2000, 'x')},
                   {"format_version", format_version}},
                  {}};
  dataset.variables.push_back({.name = "member",
                               .axes = {"member"},
                               .shape = {1},
                               .values = std::vector{id},
                               .long_name = "member",
                               .attributes = {}});
  dataset.variables.push_back(numbers("time", {"time"}, {samples}));
  dataset.variables.push_back(numbers("key", {"key"}, {16}));
  for (int i = 0; i < 12; ++i) dataset.variables.push_back(numbers(fmt::format("scalar{}", i), {"member"}, {1}));
  for (int i = 0; i < 14; ++i)
    dataset.variables.push_back(numbers(fmt::format("series{}", i), {"member", "time"}, {1, samples}));
  dataset.variables.push_back(numbers("weights", {"member", "time", "key"}, {1, samples, 16}));
  return dataset;
}

void write_member(benchmark::State& state) {
  const Dataset dataset = member(0);
  for (auto _ : state) write_dataset(scratch() / "member.h5", dataset);
}
BENCHMARK(write_member)->Unit(benchmark::kMicrosecond);

void read_member(benchmark::State& state) {
  write_dataset(scratch() / "member.h5", member(0));
  for (auto _ : state) benchmark::DoNotOptimize(read_dataset(scratch() / "member.h5"));
}
BENCHMARK(read_member)->Unit(benchmark::kMicrosecond);

void read_member_ids(benchmark::State& state) {
  write_dataset(scratch() / "member.h5", member(0));
  for (auto _ : state) benchmark::DoNotOptimize(read_ids(scratch() / "member.h5", "member"));
}
BENCHMARK(read_member_ids)->Unit(benchmark::kMicrosecond);

void merge_members(benchmark::State& state) {
  std::vector<Path> paths;
  for (std::int64_t id = 0; id < state.range(0); ++id) {
    paths.push_back(scratch() / fmt::format("{:06}.h5", id));
    write_dataset(paths.back(), member(id));
  }
  for (auto _ : state) merge_along("member", paths, scratch() / "merged.h5", {{"title", "bench"}});
}
BENCHMARK(merge_members)->Arg(1000)->Unit(benchmark::kMillisecond);

void write_megabytes(benchmark::State& state) {
  Dataset dataset;
  dataset.variables.push_back(numbers("x", {"x"}, {static_cast<std::size_t>(state.range(0)) << 17}));
  for (auto _ : state) write_dataset(scratch() / "large.h5", dataset);
  state.SetBytesProcessed(state.iterations() * (state.range(0) << 20));
}
BENCHMARK(write_megabytes)->Arg(128)->Unit(benchmark::kMillisecond);

void read_megabytes(benchmark::State& state) {
  Dataset dataset;
  dataset.variables.push_back(numbers("x", {"x"}, {static_cast<std::size_t>(state.range(0)) << 17}));
  write_dataset(scratch() / "large.h5", dataset);
  for (auto _ : state) benchmark::DoNotOptimize(read_dataset(scratch() / "large.h5"));
  state.SetBytesProcessed(state.iterations() * (state.range(0) << 20));
}
BENCHMARK(read_megabytes)->Arg(128)->Unit(benchmark::kMillisecond);

}  // namespace
