#include <softmech/ensemble/publisher.hpp>

#include <softmech/store/write.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

namespace softmech {

namespace {

constexpr std::size_t most_pending_bytes = std::size_t{256} << 20;
/// Files that all shards together write as soon as members are finished; after those, members wait to share files.
constexpr std::int64_t single_files_of_all_shards = 4000;
constexpr std::chrono::milliseconds between_files{50};

std::size_t bytes_of(const Dataset& records) {
  std::size_t bytes = 0;
  for (const Variable& variable : records.variables) bytes += 8 * value_count(variable.values);
  return bytes;
}

}  // namespace

Publisher::Publisher(const EnsembleDirectory& directory, std::int64_t expected, std::int64_t files)
    : directory_(directory),
      expected_(expected),
      single_files_(std::max<std::int64_t>(1, single_files_of_all_shards / directory.shard_count())),
      files_(files / directory.shard_count()),
      thread_([this] { write_all(); }) {}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  submitted_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Publisher::submit(MemberRecords member) {
  std::unique_lock lock(mutex_);
  written_.wait(lock, [&] { return error_ || pending_bytes_ < most_pending_bytes; });
  if (error_) std::rethrow_exception(error_);
  pending_bytes_ += bytes_of(member.records);
  pending_.push_back(std::move(member));
  lock.unlock();
  submitted_.notify_one();
}

std::int64_t Publisher::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

void Publisher::finish() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  submitted_.notify_all();
  thread_.join();
  if (error_) std::rethrow_exception(error_);
}

bool Publisher::batch_is_due() const {
  if (pending_.empty()) return false;
  if (ending_ || files_ < single_files_ || pending_bytes_ >= most_pending_bytes) return true;
  return static_cast<std::int64_t>(pending_.size()) >= expected_ / single_files_;
}

void Publisher::write_all() {
  std::unique_lock lock(mutex_);
  while (!error_) {
    submitted_.wait(lock, [&] { return ending_ || batch_is_due(); });
    if (pending_.empty()) break;
    std::vector<MemberRecords> batch = std::exchange(pending_, {});
    pending_bytes_ = 0;
    lock.unlock();
    std::exception_ptr error;
    const auto count = static_cast<std::int64_t>(batch.size());
    try {
      std::vector<std::int64_t> members;
      for (const MemberRecords& member : batch) members.push_back(member.member);
      write_dataset(directory_.member_file(*std::ranges::min_element(members)), stack(std::move(batch)));
      std::error_code ignored;  // what stays is removed by the next run
      for (const std::int64_t member : members) std::filesystem::remove(directory_.checkpoint(member), ignored);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    error_ = error;
    failed_ = error != nullptr;
    if (!error) {
      published_ += count;
      ++files_;
    }
    written_.notify_all();
    if (!ending_) submitted_.wait_for(lock, between_files, [&] { return ending_; });
  }
}

}  // namespace softmech
