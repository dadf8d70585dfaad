#include <softmech/store/safetensors.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstring>
#include <functional>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string_view>

namespace softmech {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      quoted += c;
    }
  }
  quoted += '"';
  return quoted;
}

std::span<const std::byte> bytes_of(const NamedArray& array) {
  return std::visit([](const auto& values) { return std::as_bytes(values); }, array.values);
}

const char* type_of(const NamedArray& array) {
  constexpr const char* names[] = {"F32", "F64", "I64"};
  return names[array.values.index()];
}

void require_valid(const NamedArray& array, std::set<std::string_view>& names) {
  const auto wanted = std::accumulate(array.shape.begin(), array.shape.end(), std::int64_t{1}, std::multiplies<>());
  const auto held = std::visit([](const auto& values) { return values.size(); }, array.values);
  if (static_cast<std::size_t>(wanted) != held) {
    throw std::invalid_argument(
        fmt::format("tensor {} has {} values: must be {}, the product of its shape", array.name, held, wanted));
  }
  if (array.name == "__metadata__" || !names.insert(array.name).second) {
    throw std::invalid_argument(fmt::format("tensor {}: the name must be unique in its file", array.name));
  }
}

}  // namespace

std::string safetensors_bytes(std::span<const NamedArray> arrays,
                              std::span<const std::pair<std::string, std::string>> metadata) {
  std::vector<std::string> entries;
  std::set<std::string_view> names;
  std::string notes;
  for (const auto& [key, value] : metadata) {
    notes += fmt::format("{}{}:{}", notes.empty() ? "" : ",", json_text(key), json_text(value));
  }
  if (!notes.empty()) entries.push_back(fmt::format("\"__metadata__\":{{{}}}", notes));
  std::string data;
  for (const NamedArray& array : arrays) {
    require_valid(array, names);
    const auto bytes = bytes_of(array);
    entries.push_back(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", json_text(array.name),
                                  type_of(array), fmt::join(array.shape, ","), data.size(),
                                  data.size() + bytes.size()));
    data.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  std::string header = fmt::format("{{{}}}", fmt::join(entries, ","));
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const std::uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + data;
}

}  // namespace softmech
