#include <softmech/program/deadline.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

namespace softmech {

namespace {

using TimePoint = std::chrono::system_clock::time_point;

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 64> buffer{};
  return pipe && std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) ? buffer.data() : "";
}

std::optional<TimePoint> job_end(const Environment& environment) {
  const auto job = environment("SLURM_JOB_ID");
  if (!job || job->empty() || !std::all_of(job->begin(), job->end(), [](unsigned char c) { return std::isdigit(c); })) {
    return std::nullopt;
  }
  return parse_job_end(output_of(fmt::format("squeue -h -j {} -o %e 2>/dev/null", *job)));
}

}  // namespace

std::optional<TimePoint> parse_job_end(std::string_view text) {
  std::tm time{};
  const std::string copy(text);
  if (!::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &time)) return std::nullopt;
  time.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&time));
}

std::optional<TimePoint> deadline(std::optional<std::chrono::seconds> limit, const Environment& environment) {
  std::optional<TimePoint> earliest;
  if (limit) earliest = std::chrono::system_clock::now() + *limit;
  if (const auto end = job_end(environment)) {
    const TimePoint stop = *end - std::chrono::minutes(1);
    earliest = earliest ? std::min(*earliest, stop) : stop;
  }
  return earliest;
}

}  // namespace softmech
