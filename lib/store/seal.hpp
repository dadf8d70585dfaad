#pragma once

// Inner header of the store: a checksum behind the end of our HDF5 files, where every reader of HDF5 ignores it. HDF5
// notices a short file but neither a flipped bit in the data nor, safely, one in its own structures.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace softmech {

/// A 64-bit checksum of a stream of bytes; any change within one 8-byte word changes it.
class Checksum {
 public:
  /// Every piece but the last has a length divisible by 32.
  void add(std::string_view bytes);
  std::uint64_t value() const;

 private:
  std::array<std::uint64_t, 4> lanes_{0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89};
  std::uint64_t length_ = 0;
};

inline constexpr std::size_t seal_size = 24;

/// "SOFTMECH", the length of the file before the seal, and its checksum, little-endian.
std::string make_seal(const Checksum& checksum, std::uint64_t length);

enum class SealState { absent, intact, broken };

/// Whether the file open as `descriptor` ends in a seal, and agrees with it. Files above 1 GiB are judged by their
/// length only, since reading them would take longer than what most programs want from them. Throws std::system_error.
SealState examine_seal(int descriptor, std::uint64_t size);

}  // namespace softmech
