// Safetensors: the file format in which trained networks are exchanged.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace softmech {

/// An array with its name, in C order.
struct NamedArray {
  std::string name;
  std::vector<std::int64_t> shape;
  std::variant<std::span<const float>, std::span<const double>, std::span<const std::int64_t>> values;
};

/// The bytes of a safetensors file: an 8-byte little-endian length, a JSON header that gives dtype (F32, F64, I64),
/// shape and place of every array, and the arrays in the order given, without gaps. `metadata` are
/// pairs of texts under "__metadata__". Throws std::invalid_argument for a shape that does not fit its values or a name
/// that stands twice.
std::string safetensors_bytes(std::span<const NamedArray> arrays,
                              std::span<const std::pair<std::string, std::string>> metadata = {});

}  // namespace softmech
