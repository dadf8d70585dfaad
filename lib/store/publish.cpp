#include <softmech/store/publish.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <softmech/store/write.hpp>

namespace softmech {

namespace {

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::string advice(const std::filesystem::path& path, int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free some space or choose another directory";
    case ENOENT:
    case ENOTDIR:
      return fmt::format("create the directory '{}' first", directory_of(path).string());
    case EACCES:
    case EPERM:
    case EROFS:
      return fmt::format("choose another directory or make '{}' writable", directory_of(path).string());
    case EISDIR:
    case ENOTEMPTY:
    case EEXIST:
      return "a directory has that name; choose another";
    default:
      return "check the disk, then try again";
  }
}

void sync_directory(const std::filesystem::path& path) {
  const int descriptor = open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // a directory that may be written but not read; the rename is done
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  if (error == EIO || error == ENOSPC || error == EDQUOT) throw write_failure(path, error);
}

}  // namespace

StoreError write_failure(const std::filesystem::path& path, int error) {
  return StoreError(fmt::format("cannot write '{}': {}; {}", path.string(), std::generic_category().message(error),
                                advice(path, error)));
}

PartFile::PartFile(std::filesystem::path path) : path_(std::move(path)), part_(path_.string() + ".part") {
  std::error_code ignored;
  if (path_.filename().empty() || std::filesystem::is_directory(path_, ignored)) throw write_failure(path_, EISDIR);
  descriptor_ = open(part_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw write_failure(path_, errno);
}

PartFile::~PartFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(part_.c_str());
}

std::uint64_t PartFile::size() const {
  struct stat status;
  if (fstat(descriptor_, &status) != 0) throw write_failure(path_, errno);
  return static_cast<std::uint64_t>(status.st_size);
}

void PartFile::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) throw write_failure(path_, written < 0 ? errno : ENOSPC);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void PartFile::read_at(std::uint64_t offset, char* bytes, std::size_t count) const {
  while (count > 0) {
    const ssize_t got = pread(descriptor_, bytes, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw write_failure(path_, got < 0 ? errno : EIO);
    bytes += got;
    count -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
}

void PartFile::publish() {
  if (fsync(descriptor_) != 0 && errno != EINVAL) throw write_failure(path_, errno);
  // Network file systems report a full disk here.
  if (close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) {
    const int error = errno;
    unlink(part_.c_str());
    throw write_failure(path_, error);
  }
  if (rename(part_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    unlink(part_.c_str());
    throw write_failure(path_, error);
  }
  sync_directory(path_);
}

void publish_file(const std::filesystem::path& path, std::string_view bytes) {
  PartFile file(path);
  file.write_at(0, bytes);
  file.publish();
}

}  // namespace softmech
