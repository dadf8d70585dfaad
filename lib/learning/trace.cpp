#include <softmech/learning/trace.hpp>

#include <softmech/program/nearest.hpp>
#include <softmech/program/toml.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <optional>
#include <utility>

namespace softmech {

namespace {

const std::array<std::string, 5> other_curves{"train_loss", "logit_rms", "weight_norm", "specific_heat",
                                              "specific_heat_scale_matched"};

/// The per-run numbers of a trace and what they are called.
const std::array<std::pair<std::string, double Trace::*>, 6> run_numbers{{{"modulus", &Trace::modulus},
                                                                          {"train_fraction", &Trace::train_fraction},
                                                                          {"seed", &Trace::seed},
                                                                          {"answer_keys", &Trace::answer_keys},
                                                                          {"learning_rate", &Trace::learning_rate},
                                                                          {"weight_decay", &Trace::weight_decay}}};

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
  throw StoreError(fmt::format("cannot use '{}': {}", file.string(), what));
}

/// Which quantities a file has, under its own names.
class Names {
 public:
  Names(const std::filesystem::path& file, const TraceColumns& columns, std::vector<std::string> present)
      : file_(file), columns_(columns), present_(std::move(present)) {}

  bool has(const std::string& quantity) const {
    return std::find(present_.begin(), present_.end(), columns_.name(quantity)) != present_.end();
  }
  const std::string& required(const std::string& quantity) const {
    if (!has(quantity)) fail_missing(quantity);
    return columns_.name(quantity);
  }
  /// A name that the user gave must exist; one that is only the default need not.
  bool has_optional(const std::string& quantity) const {
    const bool given = columns_.name(quantity) != TraceColumns().name(quantity);
    if (given) required(quantity);
    return has(quantity);
  }

 private:
  [[noreturn]] void fail_missing(const std::string& quantity) const {
    const std::string& name = columns_.name(quantity);
    const auto near = nearest(name, present_);
    const std::string key = columns_.names.contains(quantity) ? "columns." + quantity : "peak.curve";
    fail(file_, fmt::format("it has no \"{}\"{}; it has {}; name the right one with --set {}=NAME", name,
                            near ? fmt::format(", did you mean \"{}\"?", *near) : "", joined(present_), key));
  }

  const std::filesystem::path& file_;
  const TraceColumns& columns_;
  std::vector<std::string> present_;
};

std::vector<double> numbers(const std::filesystem::path& file, const Variable& variable) {
  if (const auto* integers = std::get_if<std::vector<std::int64_t>>(&variable.values))
    return {integers->begin(), integers->end()};
  if (!std::holds_alternative<std::vector<double>>(variable.values))
    fail(file, fmt::format("\"{}\" is text; it must be numbers", variable.name));
  return variable.as<double>();
}

/// The curves to read: those that must be there, then the others that are.
std::vector<std::string> curves_of(const Names& names, const std::string& curve) {
  std::vector<std::string> curves{"train_accuracy", "test_accuracy", curve};
  for (const std::string& quantity : curves) names.required(quantity);
  for (const std::string& quantity : other_curves) {
    if (quantity != curve && names.has_optional(quantity)) curves.push_back(quantity);
  }
  return curves;
}

/// Cuts off the end that only fills up the longest run's length, and checks the steps.
void finish(const std::filesystem::path& file, Trace& trace) {
  const auto accuracy = trace.curve("train_accuracy");
  std::size_t samples = trace.step.size();
  while (samples > 0 && (std::isnan(accuracy[samples - 1]) || std::isnan(trace.step[samples - 1]))) --samples;
  trace.step.resize(samples);
  for (auto& [name, values] : trace.curves) values.resize(samples);
  for (auto* heads : {&trace.gap_mean, &trace.gap_variance}) {
    for (auto& values : *heads) values.resize(samples);
  }
  for (std::size_t i = 1; i < samples; ++i) {
    if (!(trace.step[i] > trace.step[i - 1]))
      fail(file, fmt::format("run {}: step {} follows step {}; steps of a run must rise", trace.run, trace.step[i],
                             trace.step[i - 1]));
  }
}

/// Rows of a table, or variables that are all on one axis: columns by name.
using ReadColumn = std::function<std::vector<double>(const std::string& name)>;

std::vector<Trace> traces_of_columns(const std::filesystem::path& file, const Names& names, const std::string& curve,
                                     const ReadColumn& read) {
  const std::vector<double> step = read(names.required("step"));
  const auto column = [&](const std::string& quantity) {
    std::vector<double> values = read(names.required(quantity));
    if (values.size() != step.size())
      fail(file, fmt::format("\"{}\" has {} values and the steps are {}: one row per run and step is needed",
                             names.required(quantity), values.size(), step.size()));
    return values;
  };
  // A run is what agrees in all of these.
  std::vector<std::vector<double>> marks;
  for (const char* quantity : {"run", "modulus", "seed"}) {
    if (names.has_optional(quantity)) marks.push_back(column(quantity));
  }
  std::vector<std::vector<std::size_t>> rows_of_runs;
  std::map<std::vector<double>, std::size_t> place;
  for (std::size_t row = 0; row < step.size(); ++row) {
    std::vector<double> mark;
    for (const auto& values : marks) mark.push_back(values[row]);
    const auto [found, is_new] = place.emplace(mark, rows_of_runs.size());
    if (is_new) rows_of_runs.emplace_back();
    rows_of_runs[found->second].push_back(row);
  }
  std::vector<Trace> traces(rows_of_runs.size());
  const auto each_run = [&](const std::vector<double>& values, const auto& take) {
    for (std::size_t run = 0; run < traces.size(); ++run) {
      std::vector<double> own;
      for (const std::size_t row : rows_of_runs[run]) own.push_back(values[row]);
      take(traces[run], std::move(own));
    }
  };
  each_run(step, [](Trace& trace, auto own) { trace.step = std::move(own); });
  for (const std::string& quantity : curves_of(names, curve))
    each_run(column(quantity), [&](Trace& trace, auto own) { trace.curves[quantity] = std::move(own); });
  for (const auto& [quantity, number] : run_numbers) {
    if (names.has_optional(quantity))
      each_run(column(quantity), [&](Trace& trace, auto own) { trace.*number = own.front(); });
  }
  for (const auto& [quantity, heads] :
       {std::pair{"gap_mean", &Trace::gap_mean}, std::pair{"gap_variance", &Trace::gap_variance}}) {
    if (names.has_optional(quantity))
      each_run(column(quantity), [&](Trace& trace, auto own) { trace.*heads = {std::move(own)}; });
  }
  for (std::size_t run = 0; run < traces.size(); ++run) {
    const bool numbered = names.has("run");
    traces[run].run = static_cast<std::int64_t>(run);
    if (numbered) {
      const double mark = marks.front()[rows_of_runs[run].front()];
      if (std::isfinite(mark)) traces[run].run = static_cast<std::int64_t>(mark);
    }
    finish(file, traces[run]);
  }
  return traces;
}

std::vector<Trace> traces_of_table(const std::filesystem::path& file, const TraceColumns& columns,
                                   const std::string& curve) {
  const Table table = read_table(file);
  if (table.names.empty()) fail(file, "it has no line of column names; write one above the numbers");
  const auto column = [&](const std::string& name) {
    const auto index =
        static_cast<std::size_t>(std::find(table.names.begin(), table.names.end(), name) - table.names.begin());
    std::vector<double> values(table.rows());
    for (std::size_t row = 0; row < values.size(); ++row) values[row] = table(row, index);
    return values;
  };
  return traces_of_columns(file, Names(file, columns, table.names), curve, column);
}

/// A number among the settings that the file was made with, for runs that do not differ in it.
std::optional<double> setting(const DatasetFile& data, std::string_view key) {
  const Attribute* attribute = find_attribute(data.attributes(), "config_toml");
  const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
  if (!text) return std::nullopt;
  for (const TomlSetting& setting : parse_toml(*text, data.path().string())) {
    if (setting.name != key) continue;
    if (const auto* number = setting.value.as<double>()) return *number;
    if (const auto* integer = setting.value.as<std::int64_t>()) return static_cast<double>(*integer);
  }
  return std::nullopt;
}

/// Variables on (run, step), or (run, step, head) for gaps head by head.
class Grid {
 public:
  Grid(const DatasetFile& data, const Names& names)
      : data_(data), names_(names), shape_(data.info(names.required("train_accuracy")).shape) {}

  std::size_t runs() const { return shape_[0]; }
  std::size_t samples() const { return shape_[1]; }

  void read_curve(const std::string& quantity, std::vector<Trace>& traces) const {
    const std::vector<double> values = read(names_.required(quantity), {runs(), samples()});
    for (std::size_t run = 0; run < runs(); ++run) traces[run].curves[quantity] = row(values, run);
  }

  void read_steps(std::vector<Trace>& traces) const {
    const std::string& name = names_.required("step");
    const bool common = data_.info(name).shape.size() == 1;
    const std::vector<double> values = read(name, common ? std::vector{samples()} : shape_);
    for (std::size_t run = 0; run < runs(); ++run) traces[run].step = common ? values : row(values, run);
  }

  void read_number(const std::string& quantity, double Trace::*number, std::vector<Trace>& traces) const {
    const std::string& name = names_.required(quantity);
    const bool common = data_.info(name).shape.empty();
    const std::vector<double> values = read(name, common ? std::vector<std::size_t>{} : std::vector{runs()});
    for (std::size_t run = 0; run < runs(); ++run) traces[run].*number = values[common ? 0 : run];
  }

  void read_heads(const std::string& quantity, std::vector<std::vector<double>> Trace::*heads,
                  std::vector<Trace>& traces) const {
    const std::string by_head = names_.required(quantity) + "_by_head";
    const bool split = data_.contains(by_head);
    const std::string& name = split ? by_head : names_.required(quantity);
    const std::size_t count = split ? data_.info(name).shape.back() : 1;
    const std::vector<double> values =
        read(name, split ? std::vector{runs(), samples(), count} : std::vector{runs(), samples()});
    for (std::size_t run = 0; run < runs(); ++run) {
      auto& own = traces[run].*heads;
      own.assign(count, std::vector<double>(samples()));
      for (std::size_t i = 0; i < samples(); ++i) {
        for (std::size_t head = 0; head < count; ++head) own[head][i] = values[(run * samples() + i) * count + head];
      }
    }
  }

 private:
  std::vector<double> read(const std::string& name, const std::vector<std::size_t>& shape) const {
    const Variable variable = data_.read(name);
    if (variable.shape != shape)
      fail(data_.path(), fmt::format("\"{}\" is of another shape than the runs and steps of \"{}\"", name,
                                     names_.required("train_accuracy")));
    return numbers(data_.path(), variable);
  }
  std::vector<double> row(const std::vector<double>& values, std::size_t run) const {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(run * samples());
    return {first, first + static_cast<std::ptrdiff_t>(samples())};
  }

  const DatasetFile& data_;
  const Names& names_;
  std::vector<std::size_t> shape_;
};

std::vector<Trace> traces_of_grid(const DatasetFile& data, const Names& names, const std::string& curve) {
  const Grid grid(data, names);
  std::vector<Trace> traces(grid.runs());
  grid.read_steps(traces);
  for (const std::string& quantity : curves_of(names, curve)) grid.read_curve(quantity, traces);
  for (const auto& [quantity, number] : run_numbers) {
    if (names.has_optional(quantity)) grid.read_number(quantity, number, traces);
  }
  if (names.has_optional("gap_mean")) grid.read_heads("gap_mean", &Trace::gap_mean, traces);
  if (names.has_optional("gap_variance")) grid.read_heads("gap_variance", &Trace::gap_variance, traces);
  for (std::size_t run = 0; run < traces.size(); ++run) {
    traces[run].run = static_cast<std::int64_t>(run);
    finish(data.path(), traces[run]);
  }
  return traces;
}

std::vector<Trace> traces_of_hdf5(const std::filesystem::path& file, const TraceColumns& columns,
                                  const std::string& curve) {
  const DatasetFile data(file, AxisNames::optional);
  const Names names(file, columns, data.names());
  const std::string& accuracy = names.required("train_accuracy");
  const std::size_t axes = data.info(accuracy).shape.size();
  if (axes != 1 && axes != 2)
    fail(file, fmt::format("\"{}\" has {} axes; it must be on (run, step), or on one axis like the column of a table",
                           accuracy, axes));
  std::vector<Trace> traces = axes == 2 ? traces_of_grid(data, names, curve)
                                        : traces_of_columns(file, names, curve, [&](const std::string& name) {
                                            return numbers(file, data.read(name));
                                          });
  for (const auto& [key, number] : {std::pair{"optimizer.learning_rate", &Trace::learning_rate},
                                    std::pair{"optimizer.weight_decay", &Trace::weight_decay},
                                    std::pair{"train.stop_after_onset", &Trace::stop_after_onset}}) {
    const auto value = setting(data, key);
    for (Trace& trace : traces) {
      if (value && std::isnan(trace.*number)) trace.*number = *value;
    }
  }
  return traces;
}

}  // namespace

std::span<const double> Trace::curve(std::string_view name) const {
  const auto found = curves.find(name);
  return found == curves.end() ? std::span<const double>() : std::span<const double>(found->second);
}

void TraceColumns::declare(Keys& keys) {
  for (auto& [quantity, column] : names) {
    const std::string meaning =
        quantity == "run" ? "what tells the runs of a table apart, with modulus and seed" : "its name in the data";
    keys.add("columns." + quantity, column, meaning);
  }
}

const std::string& TraceColumns::name(const std::string& quantity) const {
  const auto found = names.find(quantity);
  return found == names.end() ? quantity : found->second;
}

std::vector<Trace> read_traces(const std::filesystem::path& file, const TraceColumns& columns,
                               const std::string& curve) {
  const std::string extension = file.extension();
  const bool table = extension == ".csv" || extension == ".tsv" || extension == ".txt";
  return table ? traces_of_table(file, columns, curve) : traces_of_hdf5(file, columns, curve);
}

}  // namespace softmech
