// Advisory locks on files, released by the kernel when the process ends, however it ends.
#pragma once

#include <filesystem>
#include <string>

namespace softmech {

/// A file held open under flock(2).
class FileLock {
 public:
  enum class Mode { shared, exclusive };

  /// Opens (and creates) the file. Throws std::filesystem::filesystem_error when that fails.
  explicit FileLock(const std::filesystem::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Takes the lock in this mode, or returns false if another process holds it against us. This and all below throw
  /// std::filesystem::filesystem_error when the file system cannot do it.
  bool try_lock(Mode mode);
  /// Takes the lock, waiting for it.
  void lock(Mode mode);

  std::string read() const;
  void write(const std::string& text);

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace softmech
