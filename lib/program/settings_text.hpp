// Settings as text: turns TOML and --set into values of the declared keys; errors name place, key, value and rule.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <softmech/program/keys.hpp>
#include <softmech/program/toml.hpp>

namespace softmech {

/// The values a text gives one key: one, or a list if the key is swept.
struct Assignment {
  std::size_t key = 0;  ///< index into the declared keys
  std::vector<Value> values;
};

/// Reads a parameter file. Throws UsageError if it is missing, unreadable, a directory or not text.
std::string read_text_file(const std::filesystem::path& file);

/// The assignments of a TOML text. `origin` is the file's name in errors. Throws UsageError.
std::vector<Assignment> read_settings(const std::vector<Key>& declared, std::string_view text, std::string_view origin);

/// One "key.path=value" of the command line. The value is TOML; bare words and lists without brackets are taken too:
/// overdamped, 1,2,3, [softmax, entmax]. Throws UsageError.
Assignment read_override(const std::vector<Key>& declared, std::string_view text);

/// The values of a setting in the key's type, empty if they break its rule.
std::vector<Value> values_if_valid(const Key& key, const TomlValue& written);

}  // namespace softmech
