#include <softmech/program/configuration.hpp>

#include <algorithm>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <softmech/program/layout.hpp>
#include <softmech/program/settings_text.hpp>

namespace softmech {
namespace {

constexpr std::size_t most_points = 1'000'000'000;

/// The values of a key as TOML: the value itself, or the list of a sweep.
std::string values_text(const std::vector<Value>& values) {
  if (values.size() == 1) return value_text(values.front());
  std::string text = "[";
  for (const auto& value : values) text += (text.size() > 1 ? ", " : "") + value_text(value);
  return text + "]";
}

/// A word of the shell's command line, quoted if it must be.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./=:,@%";
  if (text.find_first_not_of(plain) == std::string::npos) return text;
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

/// A value as --set takes it: choices without their quotes.
std::string override_text(const Key& key, const std::vector<Value>& values) {
  const std::string text = values_text(values);
  const bool choice = values.size() == 1 && text.starts_with('"') && !key.rule.words.empty();
  const std::string bare = choice ? text.substr(1, text.size() - 2) : "";
  const auto read_back = [&](const std::string& written) {
    try {
      return read_override({key}, key.name + "=" + written).values == values;
    } catch (const UsageError&) {
      return false;
    }
  };
  return choice && read_back(bare) ? bare : text;
}

}  // namespace

Configuration::Configuration(const Keys& declared) : keys_(declared.all()) {
  for (const auto& key : keys_) values_.push_back({key.initial});
}

Configuration Configuration::resolve(const Keys& declared, const std::optional<std::filesystem::path>& file,
                                     const std::vector<std::string>& overrides) {
  Configuration configuration =
      file ? from_toml(declared, read_text_file(*file), file->string()) : Configuration(declared);
  for (const auto& text : overrides) {
    auto [key, values] = read_override(configuration.keys_, text);
    configuration.values_[key] = std::move(values);
  }
  configuration.check_sweeps();
  return configuration;
}

Configuration Configuration::from_toml(const Keys& declared, std::string_view text, std::string_view origin) {
  Configuration configuration(declared);
  for (auto& [key, values] : read_settings(configuration.keys_, text, origin)) {
    configuration.values_[key] = std::move(values);
  }
  return configuration;
}

std::string Configuration::toml() const {
  constexpr std::size_t widest = 40;  // a longer setting has its comment on the line above
  std::vector<std::string> settings;
  std::vector<std::string_view> tables = {""};  // what stands outside tables must come first
  std::size_t width = 0;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    settings.push_back(fmt::format("{} = {}", leaf_of(keys_[i].name), values_text(values_[i])));
    if (columns(settings[i]) <= widest) width = std::max(width, columns(settings[i]));
    const auto table = table_of(keys_[i].name);
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  }
  std::string text;
  for (const auto table : tables) {
    if (!table.empty()) text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", table);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (table_of(keys_[i].name) != table) continue;
      const std::string comment = explanation(keys_[i]);
      text += columns(settings[i]) <= widest ? fmt::format("{}  # {}\n", padded(settings[i], width), comment)
                                             : fmt::format("# {}\n{}\n", comment, settings[i]);
    }
  }
  return text;
}

std::string Configuration::settings_arguments() const {
  std::string text;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (values_[i] == std::vector<Value>{keys_[i].initial}) continue;
    text += " --set " + shell_word(keys_[i].name + "=" + override_text(keys_[i], values_[i]));
  }
  return text;
}

/// Whether the list of a key goes through its values together with that of the key it stands beside.
bool Configuration::goes_beside(std::size_t index) const {
  const std::string& beside = keys_[index].rule.beside;
  return !beside.empty() && values_[index].size() > 1 && values_[index_of(beside)].size() > 1;
}

void Configuration::check_sweeps() const {
  std::size_t points = 1;
  std::string product;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::size_t size = values_[i].size();
    if (size < 2) continue;
    if (goes_beside(i)) {
      const std::size_t expected = values_[index_of(keys_[i].rule.beside)].size();
      if (size == expected) continue;
      throw UsageError(fmt::format("{} has {} values: must be one, or as many as {} has, which is {}", keys_[i].name,
                                   size, keys_[i].rule.beside, expected));
    }
    product += fmt::format("{}{} ({} values)", product.empty() ? "" : ", ", keys_[i].name, size);
    if (points > most_points / size) {
      throw UsageError("the sweep over " + product + " has more than 1e9 points; shorten the lists");
    }
    points *= size;
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (!goes_beside(i)) check_different(i);
  }
}

/// A point that stands twice would count twice. What goes beside the key tells points apart, too.
void Configuration::check_different(std::size_t index) const {
  std::set<std::vector<std::string>> seen;
  for (std::size_t k = 0; k < values_[index].size(); ++k) {
    std::vector<std::string> point, names;
    for (std::size_t i = index; i < keys_.size(); ++i) {
      if (i != index && !(goes_beside(i) && keys_[i].rule.beside == keys_[index].name)) continue;
      names.push_back(keys_[i].name);
      point.push_back(value_text(values_[i][k]));
    }
    if (seen.insert(point).second) continue;
    throw UsageError(fmt::format("{}: {} stands twice in the list; every value makes a point, keep one",
                                 fmt::join(names, " beside "), fmt::join(point, " beside ")));
  }
}

std::size_t Configuration::points() const {
  std::size_t product = 1;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (!goes_beside(i)) product *= values_[i].size();
  }
  return product;
}

std::size_t Configuration::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i].name == name) return i;
  }
  throw std::out_of_range(fmt::format("{}: no such key; ask for one that was declared", name));
}

/// Which of its values a key has at a point: points count like digits, the last key fastest.
std::size_t Configuration::choice(std::size_t index, std::size_t point) const {
  const std::size_t digit = goes_beside(index) ? index_of(keys_[index].rule.beside) : index;
  for (std::size_t i = values_.size() - 1; i > digit; --i) {
    if (!goes_beside(i)) point /= values_[i].size();
  }
  return point % values_[digit].size();
}

const Value& Configuration::value(std::string_view name, std::size_t point) const {
  if (point >= points()) throw std::out_of_range(fmt::format("point {}: must be < {}", point, points()));
  const auto index = index_of(name);
  return values_[index][choice(index, point)];
}

void Configuration::apply(std::size_t point, const Keys& keys) const {
  if (point >= points()) throw std::out_of_range(fmt::format("point {}: must be < {}", point, points()));
  for (std::size_t i = 0; i < keys.all().size(); ++i) {
    const std::string& name = keys.all()[i].name;
    const bool same_place = i < keys_.size() && keys_[i].name == name;
    const auto index = same_place ? i : index_of(name);
    keys.assign(i, values_[index][choice(index, point)]);
  }
}

std::vector<SweptKey> Configuration::swept() const {
  std::vector<SweptKey> swept;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (values_[i].size() > 1) swept.push_back({keys_[i], values_[i]});
  }
  return swept;
}

std::string Configuration::point_text(std::size_t point) const {
  std::string text;
  for (const auto& [key, values] : swept()) {
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", key.name, value_text(value(key.name, point)));
  }
  return text;
}

std::vector<Difference> Configuration::differences(std::string_view earlier_toml, std::string_view origin) const {
  const auto earlier = parse_toml(earlier_toml, origin);
  std::vector<Difference> differences;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const auto found = std::find_if(earlier.begin(), earlier.end(),
                                    [&](const TomlSetting& setting) { return setting.name == keys_[i].name; });
    const bool lacking = found == earlier.end();
    const auto before = lacking ? std::vector<Value>{keys_[i].initial} : values_if_valid(keys_[i], found->value);
    if (before == values_[i]) continue;
    const std::string written = lacking ? value_text(keys_[i].initial) : toml_text(found->value);
    differences.push_back({keys_[i].name, written, values_text(values_[i])});
  }
  for (const auto& [name, value] : earlier) {
    const bool known = std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) { return key.name == name; });
    const bool empty_table = value.as<TomlValue::Table>() != nullptr;
    if (!known && !empty_table) differences.push_back({name, toml_text(value), ""});
  }
  return differences;
}

}  // namespace softmech
