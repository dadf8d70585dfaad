#pragma once

// Inner header of the store: files that appear whole or not at all.

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <softmech/store/dataset.hpp>

namespace softmech {

/// "cannot write 'PATH': No space left on device; …" for an errno value, with what to do about it.
StoreError write_failure(const std::filesystem::path& path, int error);

/// PATH.part, until it is published under PATH or, failing that, removed. All calls throw StoreError.
class PartFile {
 public:
  explicit PartFile(std::filesystem::path path);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  const std::filesystem::path& part() const { return part_; }
  int descriptor() const { return descriptor_; }
  std::uint64_t size() const;
  void write_at(std::uint64_t offset, std::string_view bytes);
  void read_at(std::uint64_t offset, char* bytes, std::size_t count) const;
  /// Syncs, closes, renames to PATH, and syncs the directory.
  void publish();

 private:
  std::filesystem::path path_;
  std::filesystem::path part_;
  int descriptor_ = -1;
};

}  // namespace softmech
