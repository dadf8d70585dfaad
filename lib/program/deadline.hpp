// When a run must have ended: --time, or the end of the Slurm job it belongs to.
#pragma once

#include <softmech/program/shard.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace softmech {

/// The end of a job as `squeue -h -j JOB -o %e` prints it, local time "2026-11-22T14:05:00"; nothing for "NONE", "N/A"
/// or anything else.
std::optional<std::chrono::system_clock::time_point> parse_job_end(std::string_view text);

/// The earlier of now + `limit` and one minute before the end of the Slurm job (SLURM_JOB_ID is set; Slurm gives no
/// variable with the end, so squeue is asked). Nothing if neither is known.
std::optional<std::chrono::system_clock::time_point> deadline(std::optional<std::chrono::seconds> limit,
                                                              const Environment& environment = process_environment);

}  // namespace softmech
