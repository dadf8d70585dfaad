#include <softmech/program/shard.hpp>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include <softmech/program/errors.hpp>

namespace softmech {
namespace {

std::optional<int> integer_in(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// An integer variable; nothing if it is not set. No launcher counts beyond a million or so.
std::optional<std::int64_t> variable(const Environment& environment, const char* name) {
  const auto text = environment(name);
  if (!text) return std::nullopt;
  const auto value = integer_in(*text);
  if (!value || std::abs(*value) > 100'000'000) {
    throw UsageError(fmt::format("{}={}: must be an integer below 1e8; say --shard i/n yourself", name, *text));
  }
  return value;
}

std::int64_t needed(const Environment& environment, const char* name, const char* beside) {
  const auto value = variable(environment, name);
  if (!value) throw UsageError(fmt::format("{} is set but {} is not; say --shard i/n yourself", beside, name));
  return *value;
}

Shard consistent(std::int64_t index, std::int64_t count, const char* source, const char* count_name) {
  if (index < 0 || index >= count) {
    throw UsageError(fmt::format("{} makes this shard {} but {} makes their number {}; say --shard i/n yourself",
                                 source, index, count_name, count));
  }
  return {static_cast<int>(index), static_cast<int>(count), source};
}

/// This process among those that mpirun or srun started together.
Shard rank_among_ranks(const Environment& environment) {
  if (const auto rank = variable(environment, "OMPI_COMM_WORLD_RANK")) {
    const auto size = needed(environment, "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK");
    return consistent(*rank, size, "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE");
  }
  if (!environment("SLURM_STEP_ID")) return {};
  if (const auto rank = variable(environment, "SLURM_PROCID")) {
    const auto size = needed(environment, "SLURM_NTASKS", "SLURM_PROCID");
    return consistent(*rank, size, "SLURM_PROCID", "SLURM_NTASKS");
  }
  return {};
}

/// This task of a Slurm job array: --array=4-10:2 has tasks 4, 6, 8, 10.
Shard task_of_array(const Environment& environment) {
  const auto task = variable(environment, "SLURM_ARRAY_TASK_ID");
  if (!task) return {};
  const auto first = needed(environment, "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_ID");
  const auto count = needed(environment, "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_ID");
  const auto step = variable(environment, "SLURM_ARRAY_TASK_STEP").value_or(1);
  const auto last = variable(environment, "SLURM_ARRAY_TASK_MAX").value_or(first + (count - 1) * step);
  if (step < 1 || (*task - first) % step != 0 || last != first + (count - 1) * step) {
    throw UsageError(
        fmt::format("SLURM_ARRAY_TASK_ID={}: the job array is not evenly spaced; say --shard i/n yourself", *task));
  }
  return consistent((*task - first) / step, count, "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT");
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

Shard parse_shard(std::string_view text) {
  const auto slash = text.find('/');
  const auto index = integer_in(text.substr(0, slash));
  const auto count = slash == std::string_view::npos ? std::nullopt : integer_in(text.substr(slash + 1));
  if (!index || !count || *index < 0 || *index >= *count) {
    throw UsageError(
        fmt::format("--shard {}: must be i/n with 0 <= i < n; of two halves the first is 0/2, the second 1/2", text));
  }
  return {*index, *count, "--shard"};
}

Shard launcher_shard(const Environment& environment) {
  const Shard rank = rank_among_ranks(environment);
  const Shard task = task_of_array(environment);
  if (task.source.empty()) return rank;
  if (rank.count == 1) return task;
  const auto count = static_cast<std::int64_t>(task.count) * rank.count;
  if (count > std::numeric_limits<int>::max()) throw UsageError(fmt::format("{} shards are too many", count));
  return {task.index * rank.count + rank.index, static_cast<int>(count), task.source + " and " + rank.source};
}

}  // namespace softmech
