// Keys: the settings a program understands. One declaration gives --help, --print-config and all checks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace softmech {

/// A setting that is a number or one of a few words: temperature = 8.0 or temperature = "sqrt_head_dim".
struct NumberOrWord {
  double number = 0.0;
  std::string word;  ///< empty when the number counts

  NumberOrWord() = default;
  NumberOrWord(double value) : number(value) {}
  NumberOrWord(const char* value) : word(value) {}
  NumberOrWord(std::string value) : word(std::move(value)) {}

  bool is_word() const { return !word.empty(); }
  bool operator==(const NumberOrWord&) const = default;
};

/// What a key holds: the types a settings struct may bind. An optional that is unset is written "none".
using Value = std::variant<bool, std::int64_t, double, std::string, NumberOrWord, std::optional<double>,
                           std::vector<double>, std::vector<std::int64_t>>;

/// Which values a key takes, written in the order of the fields: {.above = 0, .at_most = 1, .sweep = true}. Bounds hold
/// for numbers and for each entry of a list; NaN and infinities are never taken.
struct Rule {
  double at_least = -std::numeric_limits<double>::infinity();
  double above = -std::numeric_limits<double>::infinity();
  double at_most = std::numeric_limits<double>::infinity();
  double below = std::numeric_limits<double>::infinity();
  std::vector<std::string> words = {};  ///< the choices; a std::string without any is free text (a path, a title)
  std::string unit = "1";               ///< as in the output's `units`
  bool sweep = false;                   ///< a list of values makes one point each; not for keys that are lists
  std::string beside =
      {};  ///< an earlier swept key: lists of equal length go through their values together, in different pairs
};

/// The description of one setting.
struct Key {
  std::string name;     ///< dotted: "model.keys" is `keys` in the table [model]
  std::string meaning;  ///< one phrase, shown by --help and --print-config
  Rule rule;
  Value initial;  ///< the default: what the bound variable held when it was declared; also tells the type
};

/// The keys of a program, each bound to the variable that holds its default and receives its value.
///
///   struct QuerySettings {
///     std::int64_t keys = 64;
///     void declare(Keys& k) { k.add("model.keys", keys, "number of keys n", {.at_least = 1, .at_most = 1e7}); }
///   };
///
/// The bound variables must outlive the Keys.
class Keys {
 public:
  /// Declares a key; T is one of the types of Value. A key that contradicts itself (twice the same name, a default
  /// outside its rule, choices for a number) is a mistake of the programmer: std::logic_error.
  template <class T>
  void add(std::string name, T& value, std::string meaning, Rule rule = {}) {
    add({std::move(name), std::move(meaning), std::move(rule), Value(value)}, Target(&value));
  }

  const std::vector<Key>& all() const { return keys_; }
  /// The key of this name, or nullptr.
  const Key* find(std::string_view name) const;
  /// Writes to the bound variable of all()[index]; the value has the type of the key's default.
  void assign(std::size_t index, const Value& value) const;

 private:
  using Target = std::variant<bool*, std::int64_t*, double*, std::string*, NumberOrWord*, std::optional<double>*,
                              std::vector<double>*, std::vector<std::int64_t>*>;
  void add(Key key, Target target);

  std::vector<Key> keys_;
  std::vector<Target> targets_;
};

/// Whether a dotted name lies below a table, however deep: "model.start.kind" is inside "model" and "model.start".
bool is_inside(std::string_view name, std::string_view table);
/// The table of a dotted name: "model" for "model.keys", "" for a name without a dot.
std::string_view table_of(std::string_view name);
/// The name inside its table: "keys" for "model.keys".
std::string_view leaf_of(std::string_view name);

/// A value as TOML writes it: true, 64, "softmax", [1.0, 2.0]; numbers in the shortest form that reads back exactly.
std::string value_text(const Value& value);
/// A text in TOML's double quotes, with its escapes.
std::string quoted_text(std::string_view text);
/// The type: "integer", "number", "word" (one of some choices), "text", "true/false", "integers" or "numbers".
std::string type_text(const Key& key);
/// The bounds or choices: 1 to 1e7, > 0, > 0 or "sqrt_head_dim", "softmax", "entmax" or "kappa"; "" if free.
std::string range_text(const Key& key);
/// The meaning with range, unit and sweep: "number of keys n [1 to 1e7; sweep]".
std::string explanation(const Key& key);
/// The whole rule, to follow "must be": an integer from 1 to 1e7, a number > 0 or "sqrt_head_dim", true or false.
std::string requirement_text(const Key& key);
/// Whether one value of the key is itself a list.
bool is_list(const Key& key);
/// Whether the value has the key's type, is finite and obeys its rule.
bool obeys(const Value& value, const Key& key);

}  // namespace softmech
