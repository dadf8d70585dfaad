#include <softmech/program/keys.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

#include <softmech/program/nearest.hpp>

namespace softmech {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

/// The shortest digits that read back exactly, with a short exponent: 0.1, 1e-9, 1e16.
std::string shortest(double x) {
  std::string text = fmt::format("{}", x);
  const auto e = text.find('e');
  if (e == std::string::npos) return text;
  std::string exponent = text.substr(e + 1);
  const bool negative = exponent.front() == '-';
  exponent.erase(0, exponent.find_first_not_of("+-0"));
  return text.substr(0, e) + (negative ? "e-" : "e") + exponent;
}

/// As TOML writes a float: never like an integer.
std::string float_text(double x) {
  const std::string text = shortest(x);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

/// A bound for the eye: 1e7 rather than 10000000.
std::string bound_text(double x) {
  const std::string plain = shortest(x);
  std::string powers = plain;
  const auto digits = plain.find_last_not_of('0');
  if (digits != std::string::npos && plain.find_first_of(".e") == std::string::npos) {
    const auto zeros = plain.size() - digits - 1;
    if (zeros >= 5) powers = fmt::format("{}e{}", plain.substr(0, digits + 1), zeros);
  }
  return powers;
}

template <class T>
std::string list_text(const std::vector<T>& list, std::string (*entry)(T)) {
  std::string text = "[";
  for (std::size_t i = 0; i < list.size(); ++i) text += (i > 0 ? ", " : "") + entry(list[i]);
  return text + "]";
}

bool within(double x, const Rule& rule) {
  return std::isfinite(x) && x >= rule.at_least && x <= rule.at_most && x > rule.above && x < rule.below;
}

bool among(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has_bounds(const Rule& rule) {
  const Rule free;
  return rule.at_least != free.at_least || rule.at_most != free.at_most || rule.above != free.above ||
         rule.below != free.below;
}

/// "1 to 1e7", "> 0", "> 0 and <= 1"; "" without bounds.
std::string bounds_text(const Rule& rule) {
  if (std::isfinite(rule.at_least) && std::isfinite(rule.at_most)) {
    return bound_text(rule.at_least) + " to " + bound_text(rule.at_most);
  }
  std::string text;
  const auto append = [&text](const char* sign, double bound) {
    if (std::isfinite(bound)) text += (text.empty() ? "" : " and ") + fmt::format("{} {}", sign, bound_text(bound));
  };
  append(">=", rule.at_least);
  append(">", rule.above);
  append("<=", rule.at_most);
  append("<", rule.below);
  return text;
}

std::string words_text(const std::vector<std::string>& words) {
  std::vector<std::string> marked;
  for (const auto& word : words) marked.push_back(quoted_text(word));
  return alternatives(marked);
}

bool is_bare(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool is_dotted_name(std::string_view name) {
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!is_bare(name.substr(0, dot))) return false;
    name.remove_prefix(dot + 1);
  }
  return is_bare(name);
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 127; });
}

/// What is wrong with a declaration, "" if nothing.
std::string mistake(const Key& key, const std::vector<Key>& declared) {
  if (!is_dotted_name(key.name)) return "a name has letters, digits, _ and -, joined by dots";
  if (!is_one_line(key.meaning) || !is_one_line(key.rule.unit)) return "meaning and unit are one line each";
  for (const auto& other : declared) {
    if (other.name == key.name) return "declared twice";
    if (is_inside(other.name, key.name) || is_inside(key.name, other.name)) {
      return "cannot be a key and a table at once, see " + other.name;
    }
  }
  const bool number_or_word = std::holds_alternative<NumberOrWord>(key.initial);
  const bool text = std::holds_alternative<std::string>(key.initial);
  if (number_or_word && key.rule.words.empty()) return "a number or a word needs words";
  if (!number_or_word && !text && !key.rule.words.empty()) return "only texts have words";
  if (has_bounds(key.rule) && (text || std::holds_alternative<bool>(key.initial))) return "only numbers have bounds";
  if (is_list(key) && key.rule.sweep) return "a key that is a list cannot be swept";
  if (!key.rule.beside.empty()) {
    const auto beside =
        std::find_if(declared.begin(), declared.end(), [&](const Key& other) { return other.name == key.rule.beside; });
    if (!key.rule.sweep || beside == declared.end() || !beside->rule.sweep || !beside->rule.beside.empty()) {
      return "only a swept key can stand beside another, which was declared before it";
    }
  }
  if (!obeys(key.initial, key)) return "its default must be " + requirement_text(key);
  return "";
}

}  // namespace

void Keys::add(Key key, Target target) {
  if (const auto what = mistake(key, keys_); !what.empty()) {
    throw std::logic_error(fmt::format("key {} (default {}): {}", key.name, value_text(key.initial), what));
  }
  keys_.push_back(std::move(key));
  targets_.push_back(target);
}

const Key* Keys::find(std::string_view name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [name](const Key& key) { return key.name == name; });
  return found == keys_.end() ? nullptr : &*found;
}

void Keys::assign(std::size_t index, const Value& value) const {
  std::visit([&value](auto* target) { *target = std::get<std::remove_pointer_t<decltype(target)>>(value); },
             targets_.at(index));
}

bool is_inside(std::string_view name, std::string_view table) {
  return name.size() > table.size() && name[table.size()] == '.' && name.starts_with(table);
}

bool is_list(const Key& key) {
  return std::holds_alternative<std::vector<double>>(key.initial) ||
         std::holds_alternative<std::vector<std::int64_t>>(key.initial);
}

std::string_view table_of(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::string_view leaf_of(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::string quoted_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if ((c >= 0 && c < ' ') || c == 127) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string value_text(const Value& value) {
  return std::visit(Overloaded{
                        [](bool x) { return std::string(x ? "true" : "false"); },
                        [](std::int64_t x) { return fmt::format("{}", x); },
                        [](double x) { return float_text(x); },
                        [](const std::string& x) { return quoted_text(x); },
                        [](const NumberOrWord& x) { return x.is_word() ? quoted_text(x.word) : float_text(x.number); },
                        [](const std::optional<double>& x) { return x ? float_text(*x) : quoted_text("none"); },
                        [](const std::vector<double>& x) {
                          return list_text(
                              x, +[](double entry) { return float_text(entry); });
                        },
                        [](const std::vector<std::int64_t>& x) {
                          return list_text(
                              x, +[](std::int64_t entry) { return fmt::format("{}", entry); });
                        },
                    },
                    value);
}

std::string type_text(const Key& key) {
  const bool choices = !key.rule.words.empty();
  constexpr const char* names[] = {"true/false", "integer", "number",  "text",
                                   "number",     "number",  "numbers", "integers"};
  return std::holds_alternative<std::string>(key.initial) && choices ? "word" : names[key.initial.index()];
}

std::string range_text(const Key& key) {
  const std::string bounds = bounds_text(key.rule);
  const std::string number = bounds.empty() ? "a number" : bounds;
  if (std::holds_alternative<std::string>(key.initial)) return words_text(key.rule.words);
  if (std::holds_alternative<NumberOrWord>(key.initial)) {
    return number + (key.rule.words.size() > 1 ? ", " : " or ") + words_text(key.rule.words);
  }
  if (std::holds_alternative<std::optional<double>>(key.initial)) return number + " or \"none\"";
  return is_list(key) && !bounds.empty() ? "each " + bounds : bounds;
}

std::string explanation(const Key& key) {
  std::string rule = range_text(key);
  const auto append = [&rule](const std::string& text) { rule += (rule.empty() ? "" : "; ") + text; };
  if (key.rule.unit != "1") append("unit " + key.rule.unit);
  if (key.rule.sweep) append(key.rule.beside.empty() ? "sweep" : "sweep, value by value with " + key.rule.beside);
  return key.meaning + (rule.empty() ? "" : " [" + rule + "]");
}

std::string requirement_text(const Key& key) {
  const std::string range = range_text(key);
  const std::string bounds = bounds_text(key.rule);
  const bool interval = bounds.find(" to ") != std::string::npos;
  const std::string bounded = bounds.empty() ? "" : (interval ? " from " : " ") + bounds;
  return std::visit(Overloaded{
                        [](bool) { return std::string("true or false"); },
                        [&](std::int64_t) { return "an integer" + bounded; },
                        [&](double) { return "a number" + bounded; },
                        [&](const std::string&) { return range.empty() ? "text" : range; },
                        [&](const NumberOrWord&) {
                          return "a number" + bounded + (key.rule.words.size() > 1 ? ", " : " or ") +
                                 words_text(key.rule.words);
                        },
                        [&](const std::optional<double>&) { return "a number" + bounded + " or \"none\""; },
                        [&](const std::vector<double>&) { return "a list of numbers" + bounded; },
                        [&](const std::vector<std::int64_t>&) { return "a list of integers" + bounded; },
                    },
                    key.initial);
}

bool obeys(const Value& value, const Key& key) {
  if (value.index() != key.initial.index()) return false;
  const Rule& rule = key.rule;
  const auto within_rule = [&rule](auto x) { return within(static_cast<double>(x), rule); };
  return std::visit(
      Overloaded{
          [](bool) { return true; },
          [&](std::int64_t x) { return within_rule(x); },
          [&](double x) { return within_rule(x); },
          [&](const std::string& x) { return rule.words.empty() || among(x, rule.words); },
          [&](const NumberOrWord& x) { return x.is_word() ? among(x.word, rule.words) : within_rule(x.number); },
          [&](const std::optional<double>& x) { return !x || within_rule(*x); },
          [&](const std::vector<double>& x) { return std::all_of(x.begin(), x.end(), within_rule); },
          [&](const std::vector<std::int64_t>& x) { return std::all_of(x.begin(), x.end(), within_rule); },
      },
      value);
}

}  // namespace softmech
