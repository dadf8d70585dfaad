// Runs the members of an ensemble in parallel, publishes each when it is finished, and can always be interrupted.
#pragma once

#include <softmech/ensemble/directory.hpp>
#include <softmech/ensemble/member.hpp>
#include <softmech/ensemble/stop.hpp>
#include <softmech/store/dataset.hpp>

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <vector>

namespace softmech {

/// A member failed; the message names it and says what happened. Members finished before are kept.
class MemberError : public std::runtime_error {
 public:
  MemberError(std::int64_t member, const std::string& what);
  std::int64_t member;
};

struct RunPlan {
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: all that the process may use
  bool quiet = false;
  StopRule stop{};
  std::chrono::seconds checkpoint_every{30};
};

/// Computes the given members, in this order as far as threads allow, and publishes them in the directory.
/// Returns true if all are finished and on disk, false if the run was asked to stop. Throws MemberError for the failed
/// member of the lowest index, StoreError if results cannot be written; what is finished stays on disk in every case.
bool run_members(const std::vector<std::int64_t>& members, const RunPlan& plan, const EnsembleDirectory& directory,
                 const std::function<void(Member&)>& body);

/// The number of threads that `threads` stands for: itself, or all processors this process is bound to if 0.
int resolved_threads(int threads);

/// Merges all finished members into ensemble.h5, replacing it atomically.
void merge_members(const EnsembleDirectory& directory, std::vector<Attribute> root_attributes);

}  // namespace softmech
