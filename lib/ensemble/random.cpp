#include <softmech/ensemble/random.hpp>

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace softmech {

namespace {

// FNV-1a: the purpose is a short literal chosen by the programmer, spelled once per use.
std::uint32_t hash(std::string_view text) {
  std::uint32_t h = 2166136261u;
  for (const unsigned char c : text) h = (h ^ c) * 16777619u;
  return h;
}

double unit_interval(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

}  // namespace

RandomStream::RandomStream(std::uint64_t seed, std::uint32_t member, std::string_view purpose)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      member_(member),
      purpose_(hash(purpose)) {}

std::array<double, 2> RandomStream::next_pair() {
  const r123::Philox4x32::ctr_type counter{
      {static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(block_ >> 32), member_, purpose_}};
  ++block_;
  const auto bits = r123::Philox4x32{}(counter, {{key_[0], key_[1]}});
  return {unit_interval(bits[0], bits[1]), unit_interval(bits[2], bits[3])};
}

double RandomStream::uniform() {
  if (uniforms_left_ == 0) {
    uniforms_ = next_pair();
    uniforms_left_ = 2;
  }
  return uniforms_[static_cast<std::size_t>(2 - uniforms_left_--)];
}

double RandomStream::normal() {
  if (has_normal_) {
    has_normal_ = false;
    return normal_in_hand_;
  }
  const auto [u, v] = next_pair();
  const double radius = std::sqrt(-2 * std::log(u));
  const double angle = 2 * std::numbers::pi * v;
  normal_in_hand_ = radius * std::sin(angle);
  has_normal_ = true;
  return radius * std::cos(angle);
}

void RandomStream::fill_normal(std::span<double> out) {
  for (double& x : out) x = normal();
}

std::uint64_t RandomStream::below(std::uint64_t bound) {
  // Lemire's multiply-and-reject on 52 random bits would bias large bounds; rejection on the multiple of the bound does
  // not.
  const std::uint64_t range = std::uint64_t{1} << 52;
  const std::uint64_t limit = range - range % bound;
  for (;;) {
    const auto bits = static_cast<std::uint64_t>(uniform() * static_cast<double>(range));
    if (bits < limit) return bits % bound;
  }
}

void RandomStream::seek(std::uint64_t block) {
  block_ = block;
  uniforms_left_ = 0;
  has_normal_ = false;
}

}  // namespace softmech
