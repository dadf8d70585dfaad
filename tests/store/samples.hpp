#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <softmech/store/dataset.hpp>

/// A directory for the duration of a test.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "softmech-store-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary directory");
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::remove(path);  // file systems sync a file that is cut and rewritten
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::vector<double> ramp(std::size_t count, double first = 0, double step = 1) {
  std::vector<double> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = first + step * static_cast<double>(i);
  return result;
}

/// Every kind of thing a file can hold; tests/store/test_open_elsewhere.py knows these values.
inline softmech::Dataset everything() {
  using softmech::Variable;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  constexpr double inf = std::numeric_limits<double>::infinity();
  softmech::Dataset dataset;
  dataset.attributes = {{"Conventions", "CF-1.10"},
                        {"title", "Ein Täst: κ, 中文"},
                        {"config_toml", std::string(200 * 1024, 'x') + "end"},
                        {"nothing", ""},
                        {"seed", std::int64_t{-7}},
                        {"tolerance", 1e-9},
                        {"range", std::vector<double>{0.5, -2.0, inf}},
                        {"format_version", softmech::format_version}};
  const std::vector<std::int64_t> members{3, 5, 9};
  dataset.variables = {
      {.name = "member",
       .axes = {"member"},
       .shape = {3},
       .values = members,
       .long_name = "member of the ensemble",
       .attributes = {}},
      {.name = "time",
       .axes = {"time"},
       .shape = {2},
       .values = std::vector{0.0, 0.5},
       .long_name = "depth",
       .attributes = {}},
      {.name = "key",
       .axes = {"key"},
       .shape = {2},
       .values = std::vector<std::string>{"first", "zwö"},
       .long_name = "key",
       .attributes = {}},
      {.name = "single",
       .axes = {"single"},
       .shape = {1},
       .values = std::vector{7.0},
       .long_name = "an axis of one",
       .attributes = {}},
      {.name = "weights",
       .axes = {"member", "time", "key"},
       .shape = {3, 2, 2},
       .values = ramp(12, 0.25),
       .long_name = "attention weights",
       .units = "1",
       .attributes = {{"coordinates", "temperature label"}, {"order", std::int64_t{2}}}},
      {.name = "temperature",
       .axes = {"member"},
       .shape = {3},
       .values = std::vector{nan, -inf, -0.0},
       .long_name = "temperature",
       .attributes = {}},
      {.name = "label",
       .axes = {"member"},
       .shape = {3},
       .values = std::vector<std::string>{"", "ä", "long " + std::string(5000, 'l')},
       .long_name = "name",
       .attributes = {}},
      {.name = "count",
       .axes = {"member", "single"},
       .shape = {3, 1},
       .values = std::vector<std::int64_t>{std::numeric_limits<std::int64_t>::min(), 0,
                                           std::numeric_limits<std::int64_t>::max()},
       .long_name = "extreme integers",
       .units = "counts",
       .attributes = {}},
      {.name = "scalar",
       .axes = {},
       .shape = {},
       .values = std::vector{2.5},
       .long_name = "a number",
       .attributes = {}},
      {.name = "scalar_count",
       .axes = {},
       .shape = {},
       .values = std::vector<std::int64_t>{42},
       .long_name = "an integer",
       .attributes = {}},
      {.name = "scalar_text",
       .axes = {},
       .shape = {},
       .values = std::vector<std::string>{"Grüße"},
       .long_name = "a text",
       .attributes = {}},
      {.name = "a_last",
       .axes = {"key"},
       .shape = {2},
       .values = std::vector{1.0, 2.0},
       .long_name = "created last",
       .attributes = {}},
  };
  return dataset;
}

/// Axes of length zero, in a file of their own: netCDF has no other dimensions of that length than unlimited ones.
inline softmech::Dataset nothing() {
  softmech::Dataset dataset;
  dataset.attributes = {{"format_version", softmech::format_version}};
  dataset.variables = {{.name = "member",
                        .axes = {"member"},
                        .shape = {0},
                        .values = std::vector<std::int64_t>{},
                        .long_name = "member",
                        .attributes = {}},
                       {.name = "key",
                        .axes = {"key"},
                        .shape = {2},
                        .values = std::vector{0.0, 1.0},
                        .long_name = "key",
                        .attributes = {}},
                       {.name = "weights",
                        .axes = {"member", "key"},
                        .shape = {0, 2},
                        .values = std::vector<double>{},
                        .long_name = "w",
                        .attributes = {}},
                       {.name = "label",
                        .axes = {"member"},
                        .shape = {0},
                        .values = std::vector<std::string>{},
                        .long_name = "l",
                        .attributes = {}}};
  return dataset;
}

/// The dataset as text, in which NaN equals NaN and 0 differs from −0.
inline std::string describe(const softmech::Variable& variable) {
  std::string text = variable.name + "(";
  for (std::size_t i = 0; i < variable.axes.size(); ++i)
    text += variable.axes[i] + "=" + std::to_string(variable.shape[i]) + ",";
  text += ") '" + variable.long_name + "' [" + variable.units + "] ";
  for (const auto& attribute : variable.attributes)
    text += attribute.name + "#" + std::to_string(attribute.value.index()) + " ";
  std::visit(
      [&](const auto& values) {
        for (const auto& value : values) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
            text += "'" + value + "' ";
          else
            text += fmt::format("{} ", value);
        }
      },
      variable.values);
  return text;
}
