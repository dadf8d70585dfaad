#include <softmech/scaling/scaling_rows.hpp>

#include <softmech/program/nearest.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

namespace softmech {

namespace {

std::vector<std::string> numbered_places(std::size_t count) {
  std::vector<std::string> places;
  for (std::size_t row = 1; row <= count; ++row) places.push_back(fmt::format("row {}", row));
  return places;
}

[[noreturn]] void fail(const std::string& origin, const std::string& what) {
  throw StoreError(fmt::format("cannot use '{}': {}", origin, what));
}

ScalingRows rows_of_table(const std::filesystem::path& file) {
  Table table = read_table(file, {"", true});
  ScalingRows rows{.origin = file.string(), .from_table = true};
  if (table.rows() == 0) fail(rows.origin, "it has no rows of numbers");
  if (table.names.empty()) {
    if (table.columns() != 3 && table.columns() != 4)
      fail(rows.origin, fmt::format("it has {} columns and no line of column names; write one above the numbers, such "
                                    "as size,x,y,dy",
                                    table.columns()));
    table.names = {"size", "x", "y", "dy"};
    table.names.resize(table.columns());
  }
  rows.names = table.names;
  rows.places = numbered_places(table.rows());
  if (std::set<std::string>(table.names.begin(), table.names.end()).size() != table.names.size())
    fail(rows.origin, "two columns have the same name; rename one");
  for (std::size_t column = 0; column < table.columns(); ++column) {
    std::vector<double>& values = rows.numbers[table.names[column]];
    for (std::size_t row = 0; row < table.rows(); ++row) values.push_back(table(row, column));
  }
  return rows;
}

/// One number per row: the value itself, or the last or largest of those along further axes.
std::vector<double> reduced(const Variable& variable, std::size_t rows, bool largest) {
  std::vector<double> values;
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&variable.values))
    values.assign(integers->begin(), integers->end());
  else
    values = variable.as<double>();
  const std::size_t each = values.size() / rows;
  if (each == 1) return values;
  std::vector<double> out(rows, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = row * each; i < (row + 1) * each; ++i) {  // ends of shorter runs are NaN
      if (!std::isnan(values[i]) && (!largest || !(out[row] >= values[i]))) out[row] = values[i];
    }
  }
  return out;
}

void take(const Variable& variable, const std::string& axis, bool largest, ScalingRows& rows, std::size_t count) {
  const bool is_text = std::holds_alternative<std::vector<std::string>>(variable.values);
  if (variable.axes.empty()) {
    if (!is_text) rows.numbers[variable.name].assign(count, reduced(variable, 1, false).front());
  } else if (variable.axes.front() == axis) {
    if (is_text && variable.axes.size() == 1) rows.words[variable.name] = variable.as<std::string>();
    if (!is_text) rows.numbers[variable.name] = reduced(variable, count, largest);
  }
}

/// The names that variables list as their coordinates.
std::vector<std::string> listed_coordinates(const Dataset& dataset) {
  std::set<std::string> names;
  for (const Variable& variable : dataset.variables) {
    const Attribute* attribute = find_attribute(variable.attributes, "coordinates");
    const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
    std::istringstream words(text ? *text : "");
    for (std::string name; words >> name;) names.insert(name);
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::size_t ScalingRows::rows() const { return numbers.empty() ? 0 : numbers.begin()->second.size(); }

const std::vector<double>& ScalingRows::column(const std::string& name, const std::string& key) const {
  const auto found = numbers.find(name);
  if (found != numbers.end()) return found->second;
  if (words.contains(name)) fail(origin, fmt::format("\"{}\" is text; {} must name numbers", name, key));
  const auto near = nearest(name, names);
  fail(origin, fmt::format("it has no \"{}\"{}; it has {}; name the right one with --set {}=NAME", name,
                           near ? fmt::format(", did you mean \"{}\"?", *near) : "", softmech::joined(names), key));
}

void ScalingRows::keep(std::span<const std::size_t> rows) {
  const auto pick = [rows](auto& values) {
    std::remove_reference_t<decltype(values)> kept;
    for (const std::size_t row : rows) kept.push_back(values[row]);
    values = std::move(kept);
  };
  for (auto& [name, values] : numbers) pick(values);
  for (auto& [name, values] : words) pick(values);
  pick(places);
}

ScalingRows scaling_rows_of(const Dataset& dataset, const std::string& origin, const std::string& size,
                            const std::string& along) {
  ScalingRows rows{.origin = origin};
  const Variable* sizes = dataset.find(size);
  if (sizes == nullptr) {
    for (const Variable& variable : dataset.variables) rows.names.push_back(variable.name);
    rows.column(size, "data.size");
  }
  // A size that is the same for all: the rows are the members.
  const std::string axis = sizes->axes.empty() ? "member" : sizes->axes.front();
  const Variable* along_axis = dataset.find(axis);
  if (along_axis == nullptr) fail(origin, fmt::format("\"{}\" has no axis; scaling needs several sizes", size));
  const std::size_t count = along_axis->shape.front();
  if (count == 0) fail(origin, fmt::format("axis \"{}\" is empty: no member has finished", axis));
  for (const Variable& variable : dataset.variables) take(variable, axis, along == "largest", rows, count);
  for (const auto& [name, values] : rows.numbers) rows.names.push_back(name);
  rows.places = numbered_places(count);
  rows.coordinates = listed_coordinates(dataset);
  return rows;
}

ScalingRows read_scaling_rows(const std::filesystem::path& file, const std::string& size, const std::string& along) {
  const std::string ending = file.extension().string();
  if (ending == ".h5" || ending == ".nc" || ending == ".hdf5")
    return scaling_rows_of(read_dataset(file), file.string(), size, along);
  return rows_of_table(file);
}

ScalingRows joined(std::vector<ScalingRows> parts) {
  if (parts.size() > 1) {
    for (ScalingRows& part : parts) {
      for (std::string& place : part.places) place += " of " + part.origin;
    }
  }
  ScalingRows all = std::move(parts.front());
  for (std::size_t part = 1; part < parts.size(); ++part) {
    all.origin += ", " + parts[part].origin;
    const auto append = [](auto& columns, auto& more) {
      std::erase_if(columns, [&more](const auto& column) { return !more.contains(column.first); });
      for (auto& [name, values] : columns) values.insert(values.end(), more[name].begin(), more[name].end());
    };
    append(all.numbers, parts[part].numbers);
    append(all.words, parts[part].words);
    all.places.insert(all.places.end(), parts[part].places.begin(), parts[part].places.end());
    std::erase_if(all.names, [&](const auto& name) { return std::ranges::count(parts[part].names, name) == 0; });
  }
  return all;
}

}  // namespace softmech
