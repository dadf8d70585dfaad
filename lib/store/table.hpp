#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace softmech {

/// A table of numbers: values in row-major order, rows() × columns().
struct Table {
  std::vector<std::string> names;  ///< of the columns; empty if the file has no header
  std::vector<double> values;
  std::size_t column_count = 0;
  std::vector<std::string> labels;  ///< the fields of TableForm::label_column, if one of them is text

  std::size_t rows() const { return column_count == 0 ? 0 : values.size() / column_count; }
  std::size_t columns() const { return column_count; }
  double operator()(std::size_t row, std::size_t column) const { return values[row * column_count + column]; }
};

/// What a table may have beside numbers.
struct TableForm {
  std::string label_column;   ///< may be text, which is NaN among the values
  bool empty_fields = false;  ///< are NaN, rather than an error; blanks as separators leave none
};

/// Reads numbers separated by commas, semicolons, tabs or spaces, with an optional line of column names; `#` starts a
/// comment. Throws StoreError with file:line and what was expected.
Table read_table(const std::filesystem::path& path, const TableForm& form = {});

/// The same for text in memory; `name` stands for the file in messages.
Table parse_table(std::string_view text, std::string_view name, const TableForm& form = {});

}  // namespace softmech
