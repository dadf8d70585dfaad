#pragma once

// Inner header of the store: the only place, with its users in this folder, that knows HDF5.

#include <hdf5.h>

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <softmech/store/dataset.hpp>

namespace softmech::hdf5 {

/// Every use of HDF5 happens under this lock. The first one sets the library up: no error printing, and no cleanup at
/// exit, which would try again, and hang, on a file that a full disk left half-written.
[[nodiscard]] std::unique_lock<std::mutex> lock();

/// An HDF5 identifier and the function that closes it.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close closer) : id_(id), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }
  /// Closes now and tells whether that worked.
  herr_t close() { return close_(std::exchange(id_, -1)); }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

/// A failed call of HDF5. The message is what HDF5 found first (or the system's word, such as "No space left on
/// device").
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws Failure for a negative return value.
hid_t check(hid_t result);

/// Types and property lists, made once under the lock.
struct Constants {
  hid_t text;            ///< variable-length UTF-8 string
  hid_t scalar;          ///< dataspace of one value
  hid_t file_create;     ///< root group with creation order tracked and indexed, no time stamps
  hid_t number_create;   ///< dataset allocated at once and never filled: the caller writes every byte
  hid_t text_create;     ///< the same for strings, which HDF5 must initialize
  hid_t reference_list;  ///< element of a dimension scale's list of users
  hid_t axis_list;       ///< element of a variable's list of dimension scales
};
const Constants& constants();

/// File access: closing fails while objects are open; no locks, since published files never change.
Handle disk_access();
/// The same for a file in memory that grows by `increment` bytes.
Handle memory_access(std::size_t increment);

}  // namespace softmech::hdf5
