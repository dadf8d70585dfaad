// TOML texts as plain values, with the line of each; the parser itself (toml++) stays in the source file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace softmech {

/// A value as some text has it, before any key says what it should be.
struct TomlValue {
  struct Date {
    std::string text;  ///< a date or a time as written
  };
  struct Table {};  ///< an empty table, or one inside a list
  std::variant<bool, std::int64_t, double, std::string, std::vector<TomlValue>, Date, Table> content;
  std::size_t line = 0;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&content);
  }
  const std::vector<TomlValue>* list() const { return as<std::vector<TomlValue>>(); }
};

/// A dotted name and its value.
struct TomlSetting {
  std::string name;
  TomlValue value;
};

/// All settings of a TOML text with their dotted names; an empty table counts as one. Throws UsageError with
/// origin:line:column and how to write it.
std::vector<TomlSetting> parse_toml(std::string_view text, std::string_view origin);

/// The value or values of "1", "[1, 2]" or "1, 2" (a list without brackets); nothing if the text is not TOML.
std::optional<TomlValue> parse_toml_value(std::string_view text);

/// The value on one line, as TOML writes it.
std::string toml_text(const TomlValue& value);

/// How TOML writes a number that was written without a digit beside its point: "0.5" for ".5", "1.0" for "1.".
std::optional<std::string> completed_number(std::string_view text);

/// The text cut to a length that fits an error message, control characters escaped.
std::string shortened(std::string_view text);

}  // namespace softmech
