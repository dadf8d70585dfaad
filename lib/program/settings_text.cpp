#include <softmech/program/settings_text.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include <softmech/program/errors.hpp>
#include <softmech/program/nearest.hpp>

namespace softmech {
namespace {

/// Where a setting was written and how it looked: errors read PREFIX NAME SHOWN ": must be …".
struct Place {
  std::string prefix;  // "relax.toml:4: " or "--set "
  std::string shown;   // " = \"many\"" or "=many"
};

[[noreturn]] void fail(const Place& place, std::string_view name, std::string_view what) {
  throw UsageError(fmt::format("{}{}{}: {}", place.prefix, shortened(name), place.shown, what));
}

// ---- names ----

/// "did you mean model.keys?": the same name in another table first, then the nearest spelling, else what there is.
std::string suggestion(const std::vector<Key>& declared, std::string_view name) {
  const std::string_view table = table_of(name), leaf = leaf_of(name);
  std::vector<std::string> names, namesakes, tables, siblings;
  for (const auto& key : declared) {
    names.push_back(key.name);
    if (leaf_of(key.name) == leaf) namesakes.push_back(key.name);
    const std::string own_table(table_of(key.name));
    if (own_table == table) siblings.emplace_back(leaf_of(key.name));
    if (std::find(tables.begin(), tables.end(), own_table) == tables.end()) tables.push_back(own_table);
  }
  if (!namesakes.empty()) return fmt::format("did you mean {}?", nearest(name, namesakes).value_or(namesakes.front()));
  if (const auto near = nearest(leaf, siblings)) {
    return fmt::format("did you mean {}{}{}?", table, table.empty() ? "" : ".", *near);
  }
  if (siblings.empty()) {
    if (const auto near = nearest(name, names)) return fmt::format("did you mean {}?", *near);
    std::erase(tables, "");
    if (const auto near = nearest(table.empty() ? name : table, tables)) {
      return fmt::format("did you mean the table [{}]?", *near);
    }
    return fmt::format("the tables are {}; see --help", joined(tables));
  }
  return fmt::format("{} {}", table.empty() ? "outside tables there is" : fmt::format("[{}] has", table),
                     joined(siblings));
}

std::vector<std::string> names_below(const std::vector<Key>& declared, std::string_view table) {
  std::vector<std::string> names;
  for (const auto& key : declared) {
    if (is_inside(key.name, table)) names.push_back(key.name);
  }
  return names;
}

std::size_t index_of(const std::vector<Key>& declared, const std::string& name, const Place& place) {
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const Key& key = declared[i];
    if (key.name == name) return i;
    if (is_inside(name, key.name)) {
      fail({place.prefix, ""}, name,
           fmt::format("no such key, and {} is no table; write {} = {}", key.name, leaf_of(key.name),
                       value_text(key.initial)));
    }
  }
  if (const auto below = names_below(declared, name); !below.empty()) {
    fail(place, name, "is a table, not a key; it has " + joined(below));
  }
  fail({place.prefix, ""}, name, "no such key; " + suggestion(declared, name));
}

// ---- values ----

std::optional<double> number_in(const TomlValue& written) {
  if (const auto* integer = written.as<std::int64_t>()) return static_cast<double>(*integer);
  const auto* number = written.as<double>();
  return number != nullptr ? std::optional(*number) : std::nullopt;
}

/// An integer, or a float that is one, as 1e6.
std::optional<std::int64_t> integer_in(const TomlValue& written) {
  if (const auto* integer = written.as<std::int64_t>()) return *integer;
  constexpr double exact = 9007199254740992.0;  // 2^53: beyond, a double does not tell which integer was meant
  const auto* number = written.as<double>();
  if (number == nullptr || !(std::abs(*number) <= exact) || *number != std::trunc(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

template <class T>
std::optional<std::vector<T>> list_in(const TomlValue& written, std::optional<T> (*entry_in)(const TomlValue&)) {
  if (written.list() == nullptr) return std::nullopt;
  std::vector<T> list;
  for (const auto& entry : *written.list()) {
    const auto value = entry_in(entry);
    if (!value) return std::nullopt;
    list.push_back(*value);
  }
  return list;
}

/// Reads into a value that already has the key's type; false if the text holds another type.
struct ReadInto {
  const TomlValue& written;

  template <class T>
  static bool store(const std::optional<T>& found, T& value) {
    if (found) value = *found;
    return found.has_value();
  }
  template <class T>
  bool exact(T& value) const {
    if (const auto* found = written.as<T>()) value = *found;
    return written.as<T>() != nullptr;
  }
  bool operator()(bool& value) const { return exact(value); }
  bool operator()(std::string& value) const { return exact(value); }
  bool operator()(double& value) const { return store(number_in(written), value); }
  bool operator()(std::int64_t& value) const { return store(integer_in(written), value); }
  bool operator()(NumberOrWord& value) const {
    value = NumberOrWord();
    return (exact(value.word) && value.is_word()) || store(number_in(written), value.number);
  }
  bool operator()(std::optional<double>& value) const {
    value = number_in(written);
    return value || (written.as<std::string>() != nullptr && *written.as<std::string>() == "none");
  }
  bool operator()(std::vector<double>& value) const { return store(list_in<double>(written, number_in), value); }
  bool operator()(std::vector<std::int64_t>& value) const {
    return store(list_in<std::int64_t>(written, integer_in), value);
  }
};

std::optional<Value> read_value(const Key& key, const TomlValue& written) {
  Value value = key.initial;
  const bool right_type = std::visit(ReadInto{written}, value);
  return right_type && obeys(value, key) ? std::optional(value) : std::nullopt;
}

/// What to try where a number was expected and a text was found; "" if nothing better than the default comes to mind.
std::string next_step_for_text(const Key& key, const std::string& text) {
  if (const auto number = completed_number(text)) return "write " + *number;
  if (std::holds_alternative<bool>(key.initial)) return text == "True" || text == "False" ? "in lower case" : "";
  if (const auto near = nearest(text, key.rule.words)) return "did you mean " + quoted_text(*near) + "?";
  if (std::holds_alternative<std::string>(key.initial) || text.empty()) return "";
  if (text.find_first_not_of("+-.0123456789eE_") != std::string::npos) return "";
  if (const auto start = text.find_first_not_of("+-");
      start != std::string::npos && text[start] == '0' && start + 1 < text.size() && std::isdigit(text[start + 1])) {
    return "without leading zeros";
  }
  return parse_toml_value(text) ? "without quotes" : "not a number that 64 bits can hold";
}

std::string next_step(const std::vector<Key>& declared, const Key& key, const TomlValue& written) {
  const auto* number = written.as<double>();
  if (number != nullptr && !std::isfinite(*number)) return "it must be finite";
  if (written.list() != nullptr && !is_list(key)) {
    std::vector<std::string> sweeps;
    for (const auto& other : declared) {
      if (other.rule.sweep) sweeps.push_back(other.name);
    }
    return sweeps.empty() ? "this program has no sweeps" : "a sweep can be over " + alternatives(sweeps);
  }
  if (const auto* text = written.as<std::string>()) {
    if (const auto step = next_step_for_text(key, *text); !step.empty()) return step;
  }
  if (std::holds_alternative<std::vector<double>>(key.initial)) return "such as [0.5, 1.0]";
  if (std::holds_alternative<std::vector<std::int64_t>>(key.initial)) return "such as [1, 2]";
  return "the default is " + value_text(key.initial);
}

Value checked(const std::vector<Key>& declared, const Key& key, const TomlValue& written, const Place& place) {
  if (auto value = read_value(key, written)) return *value;
  const bool list_for_one = written.list() != nullptr && !is_list(key);
  const std::string rule = list_for_one ? "takes one value, not a list" : "must be " + requirement_text(key);
  fail(place, key.name, rule + "; " + next_step(declared, key, written));
}

std::vector<Value> checked_values(const std::vector<Key>& declared, const Key& key, const TomlValue& written,
                                  const Place& place) {
  const auto* list = written.list();
  if (list == nullptr || !key.rule.sweep) return {checked(declared, key, written, place)};
  if (list->empty()) fail(place, key.name, "the list is empty; the default is " + value_text(key.initial));
  std::vector<Value> values;
  std::set<std::string> seen;
  // Keys that may go through their lists together are checked together, when all are read.
  const bool is_paired = !key.rule.beside.empty() || std::ranges::any_of(declared, [&key](const Key& other) {
    return other.rule.beside == key.name;
  });
  for (const auto& entry : *list) {
    if (entry.list() != nullptr) fail(place, key.name, "a list inside a list; a sweep is one list, [1, 2, 3]");
    const Place inside{place.prefix, fmt::format("[{}] = {}", values.size(), shortened(toml_text(entry)))};
    const Value value = checked(declared, key, entry, inside);
    if (!seen.insert(value_text(value)).second && !is_paired) {
      fail(place, key.name, value_text(value) + " stands twice in the list; every value makes a point, keep one");
    }
    values.push_back(value);
  }
  return values;
}

// ---- the command line ----

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(" \t");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

/// Reads words without quotes, alone or in a list: overdamped, [softmax, entmax], 0.5,sqrt_head_dim.
std::optional<TomlValue> parse_words(std::string_view text) {
  const bool brackets = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (brackets) text = text.substr(1, text.size() - 2);
  if (text.find_first_of("[]{}\"'") != std::string_view::npos) return std::nullopt;
  std::string list;
  for (std::size_t start = 0; start <= text.size();) {
    const auto end = std::min(text.find(',', start), text.size());
    const auto piece = trimmed(text.substr(start, end - start));
    list += (list.empty() ? "" : ", ") + (parse_toml_value(piece) ? std::string(piece) : quoted_text(piece));
    start = end + 1;
  }
  return parse_toml_value(brackets ? "[" + list + "]" : list);
}

std::optional<TomlValue> parse_override_value(const Key& key, std::string_view text) {
  const bool free_text = std::holds_alternative<std::string>(key.initial) && key.rule.words.empty();
  const bool marked = text.starts_with('"') || text.starts_with('\'') || (key.rule.sweep && text.starts_with('['));
  if (free_text && !marked) return parse_toml_value(quoted_text(text));  // nothing if it is not UTF-8
  if (auto value = parse_toml_value(text)) return value;
  return parse_words(text);
}

}  // namespace

std::string read_text_file(const std::filesystem::path& file) {
  const std::string name = file.empty() ? "\"\"" : file.string();
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    throw UsageError(fmt::format("{}: is a directory, not a parameter file; for a finished run it is {}", name,
                                 (file / "config.toml").string()));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    const int reason = errno;
    throw UsageError(reason == ENOENT ? name + ": no such parameter file; --print-config writes one to start from"
                                      : fmt::format("{}: cannot be read: {}", name, std::strerror(reason)));
  }
  constexpr std::size_t largest = 64 << 20;
  std::string text;
  std::string block(1 << 16, ' ');
  while (stream) {
    stream.read(block.data(), static_cast<std::streamsize>(block.size()));
    const auto read = std::string_view(block).substr(0, static_cast<std::size_t>(stream.gcount()));
    if (read.find('\0') != std::string_view::npos) {
      throw UsageError(name + ": is not a text file; a parameter file is TOML, see --print-config");
    }
    text += read;
    if (text.size() > largest) throw UsageError(name + ": is larger than 64 MB, hardly a parameter file");
  }
  if (stream.bad()) throw UsageError(fmt::format("{}: cannot be read: {}", name, std::strerror(errno)));
  return text;
}

std::vector<Assignment> read_settings(const std::vector<Key>& declared, std::string_view text,
                                      std::string_view origin) {
  std::vector<Assignment> assignments;
  for (const auto& [name, written] : parse_toml(text, origin)) {
    const bool empty_table = written.as<TomlValue::Table>() != nullptr && !names_below(declared, name).empty();
    if (empty_table) continue;
    const Place place{fmt::format("{}:{}: ", origin, written.line),
                      fmt::format(" = {}", shortened(toml_text(written)))};
    const auto key = index_of(declared, name, place);
    assignments.push_back({key, checked_values(declared, declared[key], written, place)});
  }
  return assignments;
}

Assignment read_override(const std::vector<Key>& declared, std::string_view text) {
  const auto equals = text.find('=');
  const std::string name(trimmed(text.substr(0, equals)));
  if (equals == std::string_view::npos || name.empty()) {
    throw UsageError(fmt::format("--set {}: must be key.path=value; such as --set {}={}", shortened(text),
                                 declared.empty() ? "model.keys" : declared.front().name,
                                 declared.empty() ? "64" : value_text(declared.front().initial)));
  }
  const auto value_part = trimmed(text.substr(equals + 1));
  const Place place{"--set ", fmt::format("={}", shortened(value_part))};
  const auto key = index_of(declared, name, place);
  const auto written = parse_override_value(declared[key], value_part);
  if (!written) fail(place, name, "cannot be read as a value; must be " + requirement_text(declared[key]));
  return {key, checked_values(declared, declared[key], *written, place)};
}

std::vector<Value> values_if_valid(const Key& key, const TomlValue& written) {
  try {
    return checked_values({}, key, written, {});
  } catch (const UsageError&) {
    return {};
  }
}

}  // namespace softmech
