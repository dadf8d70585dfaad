// The directory of an ensemble: where its files are, who may write in it, and which members are finished.
#pragma once

#include <softmech/ensemble/file_lock.hpp>

#include <cstdint>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace softmech {

/// The directory cannot be used: the message says why and what to do.
class DirectoryError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file of finished members; immutable once it has its name.
struct MemberFile {
  std::filesystem::path path;
  std::vector<std::int64_t> members;
};

/// An output directory held by this process until destruction. Shards of one ensemble may hold it together; two runs of
/// the same shard, or of different divisions into shards, may not.
class EnsembleDirectory {
 public:
  /// Creates the directory if needed and takes the lock. `owner` ("softmech-relax") must match what is there already.
  /// Throws DirectoryError: not writable, not empty and not an ensemble, another program's, in use.
  EnsembleDirectory(std::filesystem::path path, std::string owner, std::int64_t shard_index = 0,
                    std::int64_t shard_count = 1);

  const std::filesystem::path& path() const { return path_; }
  std::int64_t shard_count() const { return shard_count_; }
  std::filesystem::path config() const { return path_ / "config.toml"; }
  std::filesystem::path log() const { return path_ / "run.log"; }
  std::filesystem::path ensemble() const { return path_ / "ensemble.h5"; }
  std::filesystem::path members() const { return path_ / "members"; }
  /// The file named after its lowest member: members/000017.h5.
  std::filesystem::path member_file(std::int64_t lowest) const;
  std::filesystem::path checkpoint(std::int64_t member) const;
  /// Where members put files of their own, named after them (Member::publish); made when first needed.
  std::filesystem::path weights() const { return path_ / "weights"; }

  /// The files of finished members.
  std::vector<std::filesystem::path> member_files() const;
  /// Finished members, file by file. Throws StoreError for a damaged file.
  std::vector<MemberFile> finished() const;
  bool has_checkpoints() const;
  /// Removes what a killed run may have left: checkpoints of finished members, and what this shard was writing.
  void remove_leftovers(const std::set<std::int64_t>& finished_members) const;
  /// Removes everything an ensemble writes here, and nothing else.
  void discard() const;
  /// Adds a line with the time to run.log.
  void note(const std::string& line) const;
  /// Waits until no other shard reads or changes what all share (settings, the merged file); held while the result
  /// lives.
  FileLock shared_files_lock() const;

 private:
  std::filesystem::path path_;
  std::int64_t shard_index_;
  std::int64_t shard_count_;
  std::vector<FileLock> locks_;
};

}  // namespace softmech
