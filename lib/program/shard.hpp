// Shards: which part of the members a process computes, from --shard or from the launcher's environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace softmech {

/// Part `index` of `count`: 0 <= index < count.
struct Shard {
  int index = 0;
  int count = 1;
  std::string source;  ///< what said so: "--shard", "OMPI_COMM_WORLD_RANK", …; "" when nobody did (the whole)
};

/// Looks up an environment variable; tests give their own.
using Environment = std::function<std::optional<std::string>(const char* name)>;
/// The environment of this process.
std::optional<std::string> process_environment(const char* name);

/// Reads "i/n". Throws UsageError unless 0 <= i < n.
Shard parse_shard(std::string_view text);

/// The shard a launcher asks for. The rank is OMPI_COMM_WORLD_RANK of _SIZE, or else SLURM_PROCID of SLURM_NTASKS,
/// which counts only inside a step (SLURM_STEP_ID): a bare batch script has PROCID 0 and NTASKS N, and under mpirun
/// every rank has PROCID 0. In a job array each task holds its own block of ranks: SLURM_ARRAY_TASK_ID with _MIN,
/// _COUNT, _STEP. Throws UsageError where the variables contradict each other.
Shard launcher_shard(const Environment& environment);

}  // namespace softmech
