#include <softmech/store/seal.hpp>

#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace softmech {

static_assert(std::endian::native == std::endian::little, "the seal is written as the machine stores it");

namespace {

constexpr std::string_view magic = "SOFTMECH";
constexpr std::uint64_t examined_size = std::uint64_t{1} << 30;

std::uint64_t mix(std::uint64_t lane, std::uint64_t word) {
  // Invertible in both arguments: the odd factor and the shift lose nothing.
  lane = (lane ^ word) * 0x9e3779b97f4a7c15;
  return lane ^ (lane >> 32);
}

void read_exactly(int descriptor, char* bytes, std::size_t count, std::uint64_t offset) {
  while (count > 0) {
    const ssize_t got = pread(descriptor, bytes, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) throw std::system_error(got < 0 ? errno : EIO, std::generic_category());
    bytes += got;
    count -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

void Checksum::add(std::string_view bytes) {
  length_ += bytes.size();
  auto lanes = lanes_;
  for (; bytes.size() >= 32; bytes.remove_prefix(32)) {
    std::array<std::uint64_t, 4> words;
    std::memcpy(words.data(), bytes.data(), 32);
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  if (!bytes.empty()) {
    std::array<std::uint64_t, 4> words{};
    std::memcpy(words.data(), bytes.data(), bytes.size());
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], words[i]);
  }
  lanes_ = lanes;
}

std::uint64_t Checksum::value() const {
  std::uint64_t result = length_;
  for (const std::uint64_t lane : lanes_) result = mix(result, lane);
  return result;
}

std::string make_seal(const Checksum& checksum, std::uint64_t length) {
  std::string seal(magic);
  const std::uint64_t numbers[] = {length, checksum.value()};
  seal.append(reinterpret_cast<const char*>(numbers), sizeof numbers);
  return seal;
}

SealState examine_seal(int descriptor, std::uint64_t size) {
  if (size < seal_size) return SealState::absent;
  const std::uint64_t length = size - seal_size;
  std::string seal(seal_size, '\0');
  read_exactly(descriptor, seal.data(), seal_size, length);
  if (!seal.starts_with(magic)) return SealState::absent;
  std::uint64_t sealed_length;
  std::memcpy(&sealed_length, seal.data() + magic.size(), sizeof sealed_length);
  if (sealed_length != length) return SealState::broken;
  if (size > examined_size) return SealState::intact;
  Checksum checksum;
  std::vector<char> buffer(std::min<std::uint64_t>(length, 1 << 20));
  for (std::uint64_t offset = 0; offset < length; offset += buffer.size()) {
    const std::size_t count = std::min<std::uint64_t>(buffer.size(), length - offset);
    read_exactly(descriptor, buffer.data(), count, offset);
    checksum.add({buffer.data(), count});
  }
  return make_seal(checksum, length) == seal ? SealState::intact : SealState::broken;
}

}  // namespace softmech
