#include <softmech/ensemble/directory.hpp>

#include <softmech/ensemble/stack.hpp>
#include <softmech/store/read.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>

namespace softmech {

namespace fs = std::filesystem;

namespace {

constexpr const char* lock_name = ".lock";

[[noreturn]] void in_use(const fs::path& path, const std::string& holder) {
  throw DirectoryError(
      fmt::format("{} is in use by {}: wait for it to end, or choose another --out", path.string(), holder));
}

/// What is in a directory, listed before anything in it is changed.
std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> paths;
  if (!fs::exists(directory)) return paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// Refuses a directory that holds something else than an ensemble of this program.
void require_ours(const fs::path& path, const std::string& owner) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  if (!fs::is_directory(path, error)) {
    throw DirectoryError(fmt::format("--out {} is a file, not a directory: choose another name", path.string()));
  }
  // Another shard may be creating the directory right now; the lock is the first thing in it, so look for it last.
  const bool empty = fs::is_empty(path, error);
  if (fs::exists(path / lock_name, error)) {
    std::string held = FileLock(path / lock_name).read();
    held = held.substr(0, held.find(' '));
    if (held.empty() || held == owner) return;
    throw DirectoryError(
        fmt::format("{} holds results of {}, not of {}: choose another --out", path.string(), held, owner));
  }
  if (!empty) {
    throw DirectoryError(fmt::format(
        "{} is not empty and holds no results of {}: choose a new or empty directory for --out", path.string(), owner));
  }
}

}  // namespace

EnsembleDirectory::EnsembleDirectory(fs::path path, std::string owner, std::int64_t shard_index,
                                     std::int64_t shard_count)
    : path_(std::move(path)), shard_index_(shard_index), shard_count_(shard_count) {
  try {
    require_ours(path_, owner);
    fs::create_directories(path_);
    // The whole directory: who comes first states the division into shards; others may join with the same one.
    const std::string division = fmt::format("{} shards={}", owner, shard_count);
    locks_.reserve(2);
    FileLock& whole = locks_.emplace_back(path_ / lock_name);
    if (whole.try_lock(FileLock::Mode::exclusive)) whole.write(division);
    whole.lock(FileLock::Mode::shared);
    if (whole.read() != division) in_use(path_, "a run divided otherwise (" + whole.read() + ")");
    FileLock& part = locks_.emplace_back(path_ / fmt::format(".lock-{}-of-{}", shard_index, shard_count));
    if (!part.try_lock(FileLock::Mode::exclusive))
      in_use(path_, shard_count > 1 ? "another run of the same shard" : "another run");
    for (const char* name : {"members", "checkpoints"}) fs::create_directory(path_ / name);
  } catch (const fs::filesystem_error& error) {
    throw DirectoryError(fmt::format("cannot write in --out {}: {}; choose a directory you may write in",
                                     path_.string(), error.code().message()));
  }
}

fs::path EnsembleDirectory::member_file(std::int64_t lowest) const {
  return members() / fmt::format("{:06}.h5", lowest);
}

fs::path EnsembleDirectory::checkpoint(std::int64_t member) const {
  return path_ / "checkpoints" / fmt::format("{:06}.h5", member);
}

std::vector<fs::path> EnsembleDirectory::member_files() const {
  std::vector<fs::path> files = entries(members());
  std::erase_if(files, [](const fs::path& file) { return file.extension() != ".h5"; });
  return files;
}

std::vector<MemberFile> EnsembleDirectory::finished() const {
  std::vector<MemberFile> files;
  for (const fs::path& file : member_files()) files.push_back({file, read_ids(file, member_axis)});
  return files;
}

bool EnsembleDirectory::has_checkpoints() const { return !fs::is_empty(path_ / "checkpoints"); }

void EnsembleDirectory::remove_leftovers(const std::set<std::int64_t>& finished_members) const {
  const fs::path checkpoints = path_ / "checkpoints";
  for (const fs::path& folder : {members(), checkpoints, weights()}) {
    for (const fs::path& file : entries(folder)) {
      const std::int64_t member = std::strtoll(file.filename().c_str(), nullptr, 10);
      // Another shard may be writing its own right now.
      const bool was_being_written = file.extension() == ".part" && member % shard_count_ == shard_index_;
      const bool is_over = folder == checkpoints && file.extension() == ".h5" && finished_members.contains(member);
      if (was_being_written || is_over) fs::remove(file);
    }
  }
}

void EnsembleDirectory::discard() const {
  for (const char* name : {"members", "checkpoints", "weights"}) {
    for (const fs::path& file : entries(path_ / name)) fs::remove(file);
  }
  for (const fs::path& file : {config(), ensemble(), log()}) fs::remove(file);
}

void EnsembleDirectory::note(const std::string& line) const {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::ofstream(log(), std::ios::app) << fmt::format("{:%Y-%m-%dT%H:%M:%SZ} {}\n", fmt::gmtime(now), line);
}

FileLock EnsembleDirectory::shared_files_lock() const {
  FileLock lock(path_ / ".lock-shared-files");
  lock.lock(FileLock::Mode::exclusive);
  return lock;
}

}  // namespace softmech
