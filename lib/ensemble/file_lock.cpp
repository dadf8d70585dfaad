#include <softmech/ensemble/file_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace softmech {

namespace {

int operation(FileLock::Mode mode) { return mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX; }

[[noreturn]] void fail(const char* what, const std::filesystem::path& path, int error) {
  throw std::filesystem::filesystem_error(what, path, std::error_code(error, std::generic_category()));
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path)
    : path_(path), descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) fail("cannot open", path_, errno);
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

bool FileLock::try_lock(Mode mode) {
  while (::flock(descriptor_, operation(mode) | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) fail("cannot lock", path_, errno);
  }
  return true;
}

void FileLock::lock(Mode mode) {
  while (::flock(descriptor_, operation(mode)) != 0) {
    if (errno != EINTR) fail("cannot lock", path_, errno);
  }
}

std::string FileLock::read() const {
  std::array<char, 256> buffer{};
  const auto count = ::pread(descriptor_, buffer.data(), buffer.size(), 0);
  return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void FileLock::write(const std::string& text) {
  if (::ftruncate(descriptor_, 0) != 0) fail("cannot write", path_, errno);
  const ssize_t written = ::pwrite(descriptor_, text.data(), text.size(), 0);
  if (written != static_cast<ssize_t>(text.size())) fail("cannot write", path_, written < 0 ? errno : ENOSPC);
}

}  // namespace softmech
