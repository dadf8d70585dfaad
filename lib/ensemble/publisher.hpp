// Puts finished members on disk while others are computed; what piles up during one write shares the next file.
#pragma once

#include <softmech/ensemble/directory.hpp>
#include <softmech/ensemble/stack.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace softmech {

/// Writes finished members from a thread of its own. A member that takes longer than a write has a file to itself;
/// many tiny ones share files, and the number of files stays below about 10^4 whatever the number of members
/// and shards. The checkpoint of a member is removed as soon as the member is on disk.
class Publisher {
 public:
  /// `expected`: how many members this process will submit; `files`: how many member files the directory has already.
  Publisher(const EnsembleDirectory& directory, std::int64_t expected, std::int64_t files);
  /// Waits for the thread; what was submitted and not yet written is written first, errors are dropped (call finish()).
  ~Publisher();

  /// Hands over a finished member; waits while too much is unwritten. Throws the error that stopped the writing.
  void submit(MemberRecords member);
  /// Whether the writing has stopped with an error: there is no use in further members. Costs one load.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  /// How many submitted members are safely on disk.
  std::int64_t published() const;
  /// Writes the rest and ends the thread. Throws the error that stopped the writing.
  void finish();

 private:
  void write_all();
  bool batch_is_due() const;

  const EnsembleDirectory& directory_;
  const std::int64_t expected_;
  const std::int64_t single_files_;  // after so many files the rest of the members is spread over as many again
  mutable std::mutex mutex_;
  std::condition_variable submitted_, written_;
  std::vector<MemberRecords> pending_;
  std::size_t pending_bytes_ = 0;
  std::int64_t published_ = 0;
  std::int64_t files_;
  bool ending_ = false;
  std::exception_ptr error_;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace softmech
