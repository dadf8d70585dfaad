#include <softmech/program/toml.hpp>

#include <cctype>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <softmech/program/errors.hpp>
#include <softmech/program/keys.hpp>

namespace softmech {
namespace {

/// Says how to write what most often goes wrong: numbers such as .5 and 1., words without quotes, Python's True.
std::string syntax_hint(std::string_view line) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return line.starts_with('[') ? "" : "; a setting is written key = value";
  std::string_view rest = line.substr(equals + 1);
  constexpr std::string_view separators = " \t\r,[]";
  for (auto start = rest.find_first_not_of(separators); start != std::string_view::npos && rest[start] != '#';
       start = rest.find_first_not_of(separators)) {
    rest.remove_prefix(start);
    if (rest.front() == '"' || rest.front() == '\'') {
      const auto end = rest.find(rest.front(), 1);
      if (end == std::string_view::npos) return "; a quote is not closed";
      rest.remove_prefix(end + 1);
      continue;
    }
    const auto token = rest.substr(0, rest.find_first_of(separators));
    rest.remove_prefix(token.size());
    if (const auto number = completed_number(token)) return fmt::format("; write {}, not {}", *number, token);
    if (token == "True" || token == "False") return "; write true or false";
    const bool word = std::isalpha(static_cast<unsigned char>(token.front())) != 0;
    if (word && token != "true" && token != "false" && token != "nan" && token != "inf") {
      return "; a word needs quotes: " + shortened(quoted_text(token));
    }
  }
  return "";
}

std::string_view line_of(std::string_view text, std::size_t number) {
  for (std::size_t i = 1; i < number && !text.empty(); ++i) {
    const auto end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  const auto start = text.find_first_not_of(" \t");
  text.remove_prefix(start == std::string_view::npos ? text.size() : start);
  return text.substr(0, text.find('\n'));
}

/// toml++ recurses along dotted names: one with 10^5 dots would overflow the stack, and none has a thousand.
void refuse_endless_names(std::string_view text, std::string_view origin) {
  std::size_t dots = 0, line = 1;
  for (const char c : text) {
    if (c == '\n') ++line;
    if (c == '\n' || c == ',' || c == '=') dots = 0;
    if (c == '.' && ++dots > 1000) {
      throw UsageError(fmt::format("{}:{}: not a parameter file: more than 1000 dots in one name", origin, line));
    }
  }
}

TomlValue value_of(const toml::node& node) {
  TomlValue value;
  value.line = node.source().begin.line;
  if (const auto* array = node.as_array()) {
    std::vector<TomlValue> list;
    for (const auto& entry : *array) list.push_back(value_of(entry));
    value.content = std::move(list);
  } else if (const auto text = node.value_exact<std::string>()) {
    value.content = *text;
  } else if (const auto integer = node.value_exact<std::int64_t>()) {
    value.content = *integer;
  } else if (const auto number = node.value_exact<double>()) {
    value.content = *number;
  } else if (const auto flag = node.value_exact<bool>()) {
    value.content = *flag;
  } else if (node.is_table()) {
    value.content = TomlValue::Table{};
  } else {
    std::ostringstream stream;
    node.visit([&stream](const auto& date_or_time) { stream << date_or_time; });
    value.content = TomlValue::Date{stream.str()};
  }
  return value;
}

void collect(const toml::table& table, const std::string& prefix, std::vector<TomlSetting>& settings) {
  for (const auto& [key, node] : table) {
    const std::string_view leaf = key.str();
    const bool plain = !leaf.empty() && leaf.find_first_of(". \"'\\") == std::string_view::npos;
    const std::string name = prefix + (plain ? std::string(leaf) : quoted_text(leaf));
    const auto* inner = node.as_table();
    if (inner != nullptr && !inner->empty()) {
      collect(*inner, name + ".", settings);
    } else {
      settings.push_back({name, value_of(node)});
    }
  }
}

}  // namespace

std::vector<TomlSetting> parse_toml(std::string_view text, std::string_view origin) {
  refuse_endless_names(text, origin);
  try {
    std::vector<TomlSetting> settings;
    collect(toml::parse(text), "", settings);
    return settings;
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    std::string_view what = error.description();
    constexpr std::string_view preface = "Error while parsing ";
    if (what.starts_with(preface)) what.remove_prefix(preface.size());
    throw UsageError(fmt::format("{}:{}:{}: not TOML: {}{}", origin, at.line, at.column, shortened(what),
                                 what.find("utf-8") == what.npos ? syntax_hint(line_of(text, at.line)) : ""));
  }
}

std::optional<TomlValue> parse_toml_value(std::string_view text) {
  if (text.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
  try {
    // Inside brackets on one line, nothing but values and commas can follow: no comment, no second key.
    const auto settings = parse_toml("value = [" + std::string(text) + "]", "");
    if (settings.size() != 1 || settings.front().value.list() == nullptr) return std::nullopt;
    const auto& list = *settings.front().value.list();
    if (list.empty()) return std::nullopt;
    return list.size() == 1 ? list.front() : settings.front().value;
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

std::string toml_text(const TomlValue& value) {
  if (const auto* list = value.list()) {
    std::string text = "[";
    for (const auto& entry : *list) text += (text.size() > 1 ? ", " : "") + toml_text(entry);
    return text + "]";
  }
  if (const auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  if (const auto* integer = value.as<std::int64_t>()) return value_text(*integer);
  if (const auto* number = value.as<double>()) return value_text(*number);
  if (const auto* text = value.as<std::string>()) return quoted_text(*text);
  if (const auto* date = value.as<TomlValue::Date>()) return date->text;
  return "{}";
}

std::optional<std::string> completed_number(std::string_view text) {
  const auto is_digit = [text](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || text.find_first_not_of("+-.0123456789eE_") != std::string_view::npos) return {};
  const bool before = dot > 0 && is_digit(dot - 1), after = is_digit(dot + 1);
  if (before == after || text.find('.', dot + 1) != std::string_view::npos) return {};
  std::string completed(text);
  completed.insert(after ? dot : dot + 1, "0");
  return completed;
}

std::string shortened(std::string_view text) {
  constexpr std::size_t longest = 72;
  std::string plain;
  for (const char c : text) {
    plain += (c >= 0 && c < ' ') || c == 127 ? fmt::format("\\u{:04X}", static_cast<unsigned>(c)) : std::string(1, c);
    if (plain.size() > longest) break;
  }
  if (plain.size() <= longest) return plain;
  std::size_t end = longest - 3;
  while (end > 0 && (static_cast<unsigned char>(plain[end]) & 0xC0) == 0x80) --end;  // not inside a UTF-8 character
  return plain.substr(0, end) + "...";
}

}  // namespace softmech
