#include <softmech/scaling/scaling_source.hpp>

#include <softmech/scaling/scaling_rows.hpp>
#include <softmech/statistics/derived.hpp>
#include <softmech/statistics/jackknife.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

namespace softmech {

namespace {

constexpr std::int64_t few_members = 8;  // the error of an error is then a quarter of it

[[noreturn]] void fail(const std::string& origin, const std::string& what) {
  throw StoreError(fmt::format("cannot use '{}': {}", origin, what));
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    if (std::string part = trimmed(std::string_view(text).substr(start, end - start)); !part.empty())
      parts.push_back(std::move(part));
    start = end + 1;
  }
  return parts;
}

// ---- which rows

/// "NAME=VALUE" as a test of a row.
std::function<bool(std::size_t)> condition(const ScalingRows& rows, const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    fail(rows.origin, fmt::format("data.where: \"{}\" must be NAME=VALUE, several separated by commas", text));
  const std::string name = trimmed(text.substr(0, equals)), value = trimmed(text.substr(equals + 1));
  if (const auto words = rows.words.find(name); words != rows.words.end())
    return [&column = words->second, value](std::size_t row) { return column[row] == value; };
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size())
    fail(rows.origin, fmt::format("data.where: \"{}\" is no number; \"{}\" holds numbers", value, name));
  return [&column = rows.column(name, "data.where"), number](std::size_t row) {
    return std::abs(column[row] - number) <= 1e-9 * std::abs(number);
  };
}

/// Keeps the rows that data.where and the ranges ask for.
void select(ScalingRows& rows, const ScalingColumns& columns) {
  std::vector<std::function<bool(std::size_t)>> conditions;
  for (const std::string& part : split(columns.where, ',')) conditions.push_back(condition(rows, part));
  const auto range = [&](const std::string& name, const std::string& key, std::optional<double> low,
                         std::optional<double> high) {
    if (!low && !high) return;
    conditions.push_back([&column = rows.column(name, key), low, high](std::size_t row) {
      return (!low || column[row] >= *low) && (!high || column[row] <= *high);
    });
  };
  range(columns.size, "data.size", columns.lowest_size, columns.highest_size);
  if (columns.x != "none") range(columns.x, "data.x", columns.lowest_x, columns.highest_x);
  std::vector<std::size_t> kept;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (std::ranges::all_of(conditions, [row](const auto& holds) { return holds(row); })) kept.push_back(row);
  }
  if (kept.empty()) fail(rows.origin, "no row is left by data.where and the ranges of size and x");
  rows.keep(kept);
}

// ---- which points

struct Cell {
  double size = 0, x = 0;
  std::vector<std::size_t> rows;
};

double number_at(const ScalingRows& rows, const std::string& name, const std::string& key, std::size_t row) {
  const double value = rows.column(name, key)[row];
  if (!std::isfinite(value))
    fail(rows.origin, fmt::format("\"{}\" is {} in {}; take that row out", name, value, rows.places[row]));
  return value;
}

/// Members of a point may differ by their random numbers only.
void require_same_settings(const ScalingRows& rows, const ScalingColumns& columns, const Cell& cell) {
  const auto differs = [&](const auto& values) {
    const auto& first = values[cell.rows.front()];
    return std::ranges::any_of(cell.rows, [&](std::size_t row) {
      const bool undefined = values[row] != values[row] && first != first;  // NaN: what these members do not have
      return values[row] != first && !undefined;
    });
  };
  for (const std::string& name : rows.coordinates) {
    if (name == columns.size || name == columns.x || name == "replica" || name == "seed" || name == "member") continue;
    const auto numbers = rows.numbers.find(name);
    const auto words = rows.words.find(name);
    const bool varies = (numbers != rows.numbers.end() && differs(numbers->second)) ||
                        (words != rows.words.end() && differs(words->second));
    if (varies)
      fail(rows.origin, fmt::format("members with {} = {}, {} = {} differ in \"{}\": choose one with --set "
                                    "'data.where={}=VALUE'",
                                    columns.size, cell.size, columns.x, cell.x, name, name));
  }
}

/// Points sorted by size, then x.
std::vector<Cell> cells_of(const ScalingRows& rows, const ScalingColumns& columns) {
  std::map<std::pair<double, double>, Cell> cells;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const double size = number_at(rows, columns.size, "data.size", row);
    const double x = columns.x == "none" ? 0 : number_at(rows, columns.x, "data.x", row);
    if (!(size > 0)) fail(rows.origin, fmt::format("{} = {} in {}: must be > 0", columns.size, size, rows.places[row]));
    Cell& cell = cells[{size, x}];
    cell.size = size, cell.x = x;
    cell.rows.push_back(row);
    if (rows.from_table && cell.rows.size() > 1)
      fail(rows.origin,
           fmt::format("{} and {} have the same {} = {} and {} = {}: average them, or keep one",
                       rows.places[cell.rows.front()], rows.places[row], columns.size, size, columns.x, x));
  }
  std::vector<Cell> list;
  for (auto& [place, cell] : cells) {
    require_same_settings(rows, columns, cell);
    list.push_back(std::move(cell));
  }
  if (list.front().size == list.back().size)
    fail(rows.origin, fmt::format("{} is {} in all rows: finite-size scaling needs at least two sizes, better four",
                                  columns.size, list.front().size));
  return list;
}

// ---- which numbers

/// What members recorded, to a power: "m^2".
struct Recorded {
  std::string variable;
  int power = 1;
};

Recorded parse_recorded(const std::string& origin, const std::string& text) {
  const auto caret = text.find('^');
  if (caret == std::string::npos) return {text, 1};
  const std::string power = text.substr(caret + 1);
  if (power.size() != 1 || power[0] < '1' || power[0] > '8')
    fail(origin, fmt::format("data.y: the power in \"{}\" must be an integer from 1 to 8", text));
  return {text.substr(0, caret), power[0] - '0'};
}

/// Where the number of particles and the temperature stand among the recorded quantities; −1: the size, and 1.
struct Surroundings {
  Eigen::Index particles = -1, temperature = -1;
};

/// An observable as asked for, and where its means stand among the recorded quantities.
struct Wanted {
  std::string text;
  DerivedQuantity quantity;
  std::vector<std::size_t> columns;

  double of(VectorView means, const Surroundings& surroundings, double size) const {
    std::vector<double> own;
    for (const std::size_t column : columns) own.push_back(means[static_cast<Eigen::Index>(column)]);
    const auto [particles, temperature] = surroundings;
    return quantity(own, {particles < 0 ? size : means[particles], temperature < 0 ? 1.0 : means[temperature]});
  }
};

struct Request {
  std::vector<Wanted> observables;
  std::vector<Recorded> recorded;
  Surroundings surroundings;
};

Request parse_request(const ScalingRows& rows, const std::string& y) {
  const std::string& origin = rows.origin;
  Request request;
  std::vector<std::string> texts;
  for (const std::string& text : split(y, ';')) {
    Wanted wanted{text, parse_derived(text), {}};
    for (const std::string& argument : wanted.quantity.arguments) {
      const auto known = std::ranges::find(texts, argument);
      wanted.columns.push_back(static_cast<std::size_t>(known - texts.begin()));
      if (known != texts.end()) continue;
      texts.push_back(argument);
      request.recorded.push_back(parse_recorded(origin, argument));
    }
    request.observables.push_back(std::move(wanted));
  }
  if (request.observables.empty()) fail(origin, "data.y names no observable");
  const auto add = [&](const std::string& name) {
    request.recorded.push_back({name, 1});
    return static_cast<Eigen::Index>(std::ssize(request.recorded) - 1);
  };
  if (rows.has("temperature")) request.surroundings.temperature = add("temperature");
  for (const char* particles : {"rotors", "tokens"}) {
    if (rows.has(particles)) request.surroundings.particles = add(particles);
  }
  return request;
}

/// The name of the column of errors of y.
std::string error_column(const ScalingRows& rows, const ScalingColumns& columns, const std::string& y) {
  const bool alone = columns.y.find(';') == std::string::npos;  // then "dy" can only be of this one
  if (!columns.error.empty()) {
    rows.column(columns.error, "data.error");
    return columns.error;
  }
  std::vector<std::string> names{y + "_error", "d" + y};
  if (alone) names.insert(names.end(), {"dy", "error"});
  for (const std::string& name : names) {
    if (rows.has(name)) return name;
  }
  const std::string advice =
      rows.from_table
          ? fmt::format("add a column {}_error with standard errors{}", y,
                        alone ? ", or name it with --set data.error=NAME" : "")
          : "run several members per point (ensemble.replicas or ensemble.seeds), from whose scatter they follow";
  fail(rows.origin,
       fmt::format("\"{}\" has no errors, and without them no analysis can say how sure it is: {}", y, advice));
}

/// Values and errors as the file gives them, one row per point.
void take_given(const ScalingRows& rows, const ScalingColumns& columns, const std::vector<Cell>& cells,
                const Wanted& wanted, ScalingSeries& series) {
  if (wanted.quantity.function != nullptr)
    fail(rows.origin,
         fmt::format("{} needs several members per point: its error follows from their scatter; give \"{}\" "
                     "itself with an error, or more replicas",
                     wanted.text, wanted.quantity.function->name));
  const std::string error = error_column(rows, columns, wanted.text);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t row = cells[i].rows.front();
    const auto point = static_cast<Eigen::Index>(i);
    series.y[point] = number_at(rows, wanted.text, "data.y", row);
    series.error[point] = number_at(rows, error, "data.error", row);
    if (!(series.error[point] > 0))
      fail(rows.origin, fmt::format("\"{}\" is {} in {}: standard errors must be > 0; take the row out, or say how "
                                    "well it is known",
                                    error, series.error[point], rows.places[row]));
  }
}

/// What the members of a point recorded, to the powers asked for.
RowMatrix members_of(const ScalingRows& rows, const Request& request, const Cell& cell) {
  RowMatrix members(static_cast<Eigen::Index>(cell.rows.size()), static_cast<Eigen::Index>(request.recorded.size()));
  for (std::size_t i = 0; i < cell.rows.size(); ++i) {
    for (std::size_t column = 0; column < request.recorded.size(); ++column) {
      const Recorded& recorded = request.recorded[column];
      members(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(column)) =
          std::pow(number_at(rows, recorded.variable, "data.y", cell.rows[i]), recorded.power);
    }
  }
  return members;
}

void take_members(const ScalingRows& rows, const std::vector<Cell>& cells, const Request& request, ScalingData& data) {
  for (std::size_t k = 0; k < request.observables.size(); ++k) {
    data.series[k].of_means = [wanted = request.observables[k], surroundings = request.surroundings](
                                  VectorView means, double size) { return wanted.of(means, surroundings, size); };
  }
  for (std::size_t i = 0; i < cells.size(); ++i) {
    data.members.push_back(members_of(rows, request, cells[i]));
    for (ScalingSeries& series : data.series) {
      const Estimate estimate =
          jackknife(data.members.back(), [&](const Vector& means) { return series.of_means(means, cells[i].size); });
      series.y[static_cast<Eigen::Index>(i)] = estimate.value;
      series.error[static_cast<Eigen::Index>(i)] = estimate.error;
    }
  }
}

std::vector<std::string> notes_of(const ScalingRows& rows, const ScalingColumns& columns,
                                  const std::vector<Cell>& cells, const Request& request) {
  std::vector<std::string> notes;
  const auto fewest = std::ranges::min(cells, {}, [](const Cell& cell) { return cell.rows.size(); }).rows.size();
  if (fewest >= 2 && fewest < few_members)
    notes.push_back(fmt::format("{} members at some points: errors are themselves known to {:.0f} % only", fewest,
                                100 / std::sqrt(2.0 * static_cast<double>(fewest - 1))));
  if (!rows.from_table) return notes;
  std::vector<std::string> used{columns.size, columns.x}, unused;
  for (const Wanted& wanted : request.observables) {
    used.push_back(wanted.text);
    used.push_back(error_column(rows, columns, wanted.text));
  }
  std::ranges::copy_if(rows.names, std::back_inserter(unused),
                       [&used](const auto& name) { return std::ranges::count(used, name) == 0; });
  if (!unused.empty()) notes.push_back(fmt::format("columns that are not used: {}", fmt::join(unused, ", ")));
  return notes;
}

ScalingInput scaling_data(ScalingRows rows, const ScalingColumns& columns) {
  rows.column(columns.size, "data.size");
  if (columns.x != "none") rows.column(columns.x, "data.x");
  select(rows, columns);
  const Request request = parse_request(rows, columns.y);
  for (const Recorded& recorded : request.recorded) rows.column(recorded.variable, "data.y");
  const std::vector<Cell> cells = cells_of(rows, columns);
  const auto points = static_cast<Eigen::Index>(cells.size());
  ScalingInput input;
  ScalingData& data = input.data;
  data.size.resize(points), data.x.resize(points);
  for (Eigen::Index i = 0; i < points; ++i) {
    data.size[i] = cells[static_cast<std::size_t>(i)].size;
    data.x[i] = cells[static_cast<std::size_t>(i)].x;
  }
  for (const Wanted& wanted : request.observables) {
    data.series.push_back({wanted.text, Vector(points), Vector(points), {}});
    const auto* function = wanted.quantity.function;  // a column may hold what its name says
    const std::string_view name = function != nullptr ? function->name : std::string_view(wanted.text);
    input.dimensionless.push_back(name == "binder" || name == "moment_ratio");
  }
  if (std::ranges::all_of(cells, [](const Cell& cell) { return cell.rows.size() > 1; })) {
    take_members(rows, cells, request, data);
  } else {
    if (std::ranges::any_of(cells, [](const Cell& cell) { return cell.rows.size() > 1; }))
      fail(rows.origin, "some points have one member and others several: give all points as many");
    for (std::size_t k = 0; k < request.observables.size(); ++k)
      take_given(rows, columns, cells, request.observables[k], data.series[k]);
  }
  input.notes = notes_of(rows, columns, cells, request);
  try {
    require_valid(data);
  } catch (const std::invalid_argument& error) {
    fail(rows.origin, error.what());
  }
  return input;
}

}  // namespace

ScalingInput read_scaling_data(std::span<const std::filesystem::path> files, const ScalingColumns& columns) {
  std::vector<ScalingRows> parts;
  for (const auto& file : files) parts.push_back(read_scaling_rows(file, columns.size, columns.along));
  return scaling_data(joined(std::move(parts)), columns);
}

ScalingInput scaling_data_of(const Dataset& dataset, const std::string& origin, const ScalingColumns& columns) {
  return scaling_data(scaling_rows_of(dataset, origin, columns.size, columns.along), columns);
}

}  // namespace softmech
