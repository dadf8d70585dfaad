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

int operation(FileLock::Mode mode) {
  return mode == FileLock::Mode::shared ? LOCK_SH : LOCK_EX;
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path) : descriptor_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) {
    throw std::filesystem::filesystem_error("cannot open", path, std::error_code(errno, std::generic_category()));
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

bool FileLock::try_lock(Mode mode) {
  return ::flock(descriptor_, operation(mode) | LOCK_NB) == 0;
}

void FileLock::lock(Mode mode) {
  while (::flock(descriptor_, operation(mode)) != 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "flock");
  }
}

std::string FileLock::read() const {
  std::array<char, 256> buffer{};
  const auto count = ::pread(descriptor_, buffer.data(), buffer.size(), 0);
  return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void FileLock::write(const std::string& text) {
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::system_error(errno, std::generic_category(), "cannot write the lock file");
  }
}

}  // namespace softmech
