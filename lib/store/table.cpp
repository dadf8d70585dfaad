#include <softmech/store/table.hpp>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include <softmech/store/dataset.hpp>

namespace softmech {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  return begin == text.npos ? std::string_view() : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// The first of these that a line contains separates its fields; blanks separate in runs.
char separator_of(std::string_view line) {
  for (const char candidate : {',', ';', '\t'})
    if (line.find(candidate) != line.npos) return candidate;
  return ' ';
}

std::vector<std::string_view> split(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto end = line.find(separator);
    const std::string_view field = trimmed(line.substr(0, end));
    if (separator != ' ' || !field.empty()) fields.push_back(field);
    if (end == line.npos) return fields;
    line.remove_prefix(end + 1);
  }
}

std::string_view unquoted(std::string_view field) {
  if (field.size() >= 2 && (field.front() == '"' || field.front() == '\'') && field.back() == field.front())
    return field.substr(1, field.size() - 2);
  return field;
}

std::optional<double> number(std::string_view field) {
  if (field.starts_with('+')) field.remove_prefix(1);
  double value;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

// "inf" and "nan" are numbers, "1e999" is a wrong one.
bool is_name(std::string_view field) {
  constexpr std::string_view begins_number = "0123456789.+-";
  return !number(unquoted(field)) && begins_number.find(unquoted(field).substr(0, 1)) == begins_number.npos;
}

class Parser {
 public:
  Parser(std::string_view name, const TableForm& form) : name_(name), form_(form) {}

  void line(std::string_view text) {
    ++line_;
    const std::string_view whole = text.substr(0, text.find('#'));
    text = trimmed(whole);
    if (text.empty()) return;
    if (separator_ == 0) separator_ = separator_of(text);
    const bool tabs_count = separator_ == '\t' && form_.empty_fields;  // also those at the ends of the line
    const auto fields = split(tabs_count ? whole : text, separator_);
    if (table_.column_count == 0) {
      table_.column_count = fields.size();
      if (is_name(fields.front())) return header(fields);
    }
    row(fields);
  }

  Table finish() {
    if (!has_text_) table_.labels.clear();
    if (table_.values.empty())
      throw StoreError(fmt::format("{}: no numbers; expected rows of numbers, optionally under column names", name_));
    return std::move(table_);
  }

 private:
  void header(const std::vector<std::string_view>& fields) {
    for (const std::string_view field : fields) {
      if (number(field))
        fail(fmt::format("the column name '{}' is a number; expected names in all columns or in none", field));
      table_.names.emplace_back(unquoted(field));
    }
  }

  void row(const std::vector<std::string_view>& fields) {
    if (fields.size() != table_.column_count)
      fail(fmt::format("{} fields; expected {}, as in the lines before", fields.size(), table_.column_count));
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::string_view field = unquoted(fields[i]);
      const auto value = number(field);
      const bool is_label = i < table_.names.size() && table_.names[i] == form_.label_column;
      if (is_label) table_.labels.emplace_back(field);
      if (is_label && !value && !field.empty()) {
        has_text_ = true;
      } else if (!value && !(form_.empty_fields && field.empty())) {
        fail(fmt::format("'{}' in column {}; expected a number such as 1.5e-3, nan or inf", fields[i], i + 1));
      }
      table_.values.push_back(value.value_or(std::numeric_limits<double>::quiet_NaN()));
    }
  }

  [[noreturn]] void fail(std::string_view problem) const {
    throw StoreError(fmt::format("{}:{}: {}", name_, line_, problem));
  }

  std::string_view name_;
  const TableForm& form_;
  bool has_text_ = false;
  std::size_t line_ = 0;
  char separator_ = 0;
  Table table_;
};

}  // namespace

Table parse_table(std::string_view text, std::string_view name, const TableForm& form) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the byte order mark that spreadsheets write
  Parser parser(name, form);
  while (!text.empty()) {
    const auto end = text.find('\n');
    parser.line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return parser.finish();
}

Table read_table(const std::filesystem::path& path, const TableForm& form) {
  if (std::filesystem::is_directory(path))
    throw StoreError(fmt::format("cannot read '{}': it is a directory; name a file of numbers", path.string()));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw StoreError(
        fmt::format("cannot read '{}': {}; check the name", path.string(), std::generic_category().message(errno)));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) throw StoreError(fmt::format("cannot read '{}': the disk failed; try again", path.string()));
  return parse_table(text, path.string(), form);
}

}  // namespace softmech
