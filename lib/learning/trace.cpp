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
#include <sstream>
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

/// Variables with their attributes, of a file that is read as needed or of a dataset in memory.
struct Source {
  std::string name;
  std::vector<std::string> present;
  std::function<Variable(const std::string&)> info, read;  ///< without values, and with
  std::span<const Attribute> attributes;
};

Source source_of(const DatasetFile& data) {
  return {data.path().string(), data.names(), [&data](const std::string& name) { return data.info(name); },
          [&data](const std::string& name) { return data.read(name); }, data.attributes()};
}

Source source_of(const Dataset& data, std::string name) {
  Source source{std::move(name), {}, {}, {}, data.attributes};
  for (const Variable& variable : data.variables) source.present.push_back(variable.name);
  source.read = [&data](const std::string& variable) { return data.at(variable); };
  source.info = [&data](const std::string& variable) {
    const Variable& whole = data.at(variable);
    return Variable{whole.name, whole.axes, whole.shape, {}, whole.long_name, whole.units, whole.attributes};
  };
  return source;
}

[[noreturn]] void fail(const std::string& file, const std::string& what) {
  throw StoreError(fmt::format("cannot use '{}': {}", file, what));
}

/// Which quantities a file has, under its own names.
class Names {
 public:
  Names(std::string file, const TraceColumns& columns, std::vector<std::string> present)
      : file_(std::move(file)), columns_(columns), present_(std::move(present)) {}

  const std::string& file() const { return file_; }
  const std::string& name(const std::string& quantity) const { return columns_.name(quantity); }
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

  std::string file_;
  const TraceColumns& columns_;
  std::vector<std::string> present_;
};

std::vector<double> numbers(const std::string& file, const Variable& variable) {
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

/// Names as numbers, in the order of their appearance; NaN for an empty one.
std::vector<double> numbered(const std::vector<std::string>& names) {
  std::map<std::string, double> number;
  std::vector<double> values;
  for (const std::string& name : names)
    values.push_back(name.empty() ? Trace::unknown : number.emplace(name, number.size()).first->second);
  return values;
}

void check_accuracies(const Names& names, const Trace& trace) {
  constexpr double rounding = 1e-6;
  for (const char* quantity : {"train_accuracy", "test_accuracy"}) {
    const auto curve = trace.curve(quantity);
    for (std::size_t i = 0; i < curve.size(); ++i) {
      if (curve[i] < -rounding || curve[i] > 1 + rounding)
        fail(names.file(), fmt::format("run {}: \"{}\" is {} at step {}; accuracies are from 0 to 1: is it in percent?",
                                       trace.run, names.required(quantity), curve[i], trace.step[i]));
    }
  }
}

/// Cuts off the end that only fills up the longest run's length, and checks steps and accuracies.
void finish(const Names& names, Trace& trace, std::string_view next_step = "") {
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
      fail(names.file(), fmt::format("run {}: step {} follows step {}; steps of a run must rise{}", trace.run,
                                     trace.step[i], trace.step[i - 1], next_step));
  }
  check_accuracies(names, trace);
}

/// Rows of a table, or variables that are all on one axis: columns by name.
using ReadColumn = std::function<std::vector<double>(const std::string& name)>;

std::vector<Trace> traces_of_columns(const Names& names, const std::string& curve, const ReadColumn& read) {
  const std::vector<double> step = read(names.required("step"));
  const auto column = [&](const std::string& quantity) {
    std::vector<double> values = read(names.required(quantity));
    if (values.size() != step.size())
      fail(names.file(), fmt::format("\"{}\" has {} values and the steps are {}: one row per run and step is needed",
                                     names.required(quantity), values.size(), step.size()));
    return values;
  };
  // A run is what agrees in all of these.
  std::vector<std::vector<double>> marks;
  for (const char* quantity : {"run", "modulus", "seed"}) {
    if (!names.has_optional(quantity)) continue;
    marks.push_back(column(quantity));
    for (std::size_t row = 0; row < step.size(); ++row) {
      if (!std::isfinite(marks.back()[row]))
        fail(names.file(), fmt::format("\"{}\" is {} in row {} of the data; what tells runs apart must be there in all",
                                       names.required(quantity), marks.back()[row], row + 1));
    }
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
  const bool has_runs = names.has("run");
  const std::string_view next_step =
      has_runs ? "" : "; name the column that tells runs apart with --set columns.run=NAME";
  for (std::size_t run = 0; run < traces.size(); ++run) {
    traces[run].run = static_cast<std::int64_t>(run);
    if (has_runs) traces[run].run = static_cast<std::int64_t>(marks.front()[rows_of_runs[run].front()]);
    finish(names, traces[run], next_step);
  }
  return traces;
}

std::vector<Trace> traces_of_table(const std::filesystem::path& file, const TraceColumns& columns,
                                   const std::string& curve) {
  const std::string& run = columns.name("run");
  const Table table = read_table(file, {run, true});
  if (table.names.empty()) fail(file.string(), "it has no line of column names; write one above the numbers");
  const auto column = [&](const std::string& name) {
    if (name == run && !table.labels.empty()) return numbered(table.labels);
    const auto index =
        static_cast<std::size_t>(std::find(table.names.begin(), table.names.end(), name) - table.names.begin());
    std::vector<double> values(table.rows());
    for (std::size_t row = 0; row < values.size(); ++row) values[row] = table(row, index);
    return values;
  };
  return traces_of_columns(Names(file.string(), columns, table.names), curve, column);
}

/// What the settings that the data were made with say, where the data themselves do not: for runs that do not differ in
/// it.
void add_settings(const Source& data, std::vector<Trace>& traces) {
  const Attribute* attribute = find_attribute(data.attributes, "config_toml");
  const auto* text = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
  if (!text) return;
  static const std::map<std::string, double Trace::*> keys{{"optimizer.learning_rate", &Trace::learning_rate},
                                                           {"optimizer.weight_decay", &Trace::weight_decay},
                                                           {"train.stop_after_onset", &Trace::stop_after_onset}};
  for (const TomlSetting& setting : parse_toml(*text, data.name)) {
    for (Trace& trace : traces) {
      if (const auto* word = setting.value.as<std::string>(); word && setting.name == "model.operator")
        trace.attention_operator = *word;
      const auto key = keys.find(setting.name);
      if (key == keys.end() || !std::isnan(trace.*key->second)) continue;
      if (const auto* number = setting.value.as<double>()) trace.*key->second = *number;
      if (const auto* integer = setting.value.as<std::int64_t>()) trace.*key->second = static_cast<double>(*integer);
    }
  }
}

/// Variables on (run, step), or (run, step, head) for gaps head by head.
class Grid {
 public:
  Grid(const Source& data, const Names& names)
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
    const bool split = std::ranges::count(data_.present, by_head) > 0;
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

  /// What else sweeps vary: the coordinates that the curves name, with a number or word per run.
  void read_coordinates(std::vector<Trace>& traces) const {
    const Variable accuracy = data_.info(names_.required("train_accuracy"));
    const Attribute* attribute = find_attribute(accuracy.attributes, "coordinates");
    const auto* listed = attribute ? std::get_if<std::string>(&attribute->value) : nullptr;
    if (!listed) return;
    std::istringstream words(*listed);
    for (std::string name; words >> name;) {
      const bool known = std::ranges::any_of(run_numbers, [&](const auto& x) { return names_.name(x.first) == name; });
      if (known || std::ranges::count(data_.present, name) == 0) continue;
      const Variable variable = data_.read(name);
      if (variable.shape != std::vector{runs()}) continue;
      const auto take = [&](const auto& values) {
        for (std::size_t run = 0; run < runs(); ++run) traces[run].coordinates[name] = fmt::format("{}", values[run]);
      };
      std::visit(take, variable.values);
    }
  }

 private:
  std::vector<double> read(const std::string& name, const std::vector<std::size_t>& shape) const {
    const Variable variable = data_.read(name);
    if (variable.shape != shape)
      fail(data_.name, fmt::format("\"{}\" is of another shape than the runs and steps of \"{}\"", name,
                                   names_.required("train_accuracy")));
    return numbers(data_.name, variable);
  }
  std::vector<double> row(const std::vector<double>& values, std::size_t run) const {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(run * samples());
    return {first, first + static_cast<std::ptrdiff_t>(samples())};
  }

  const Source& data_;
  const Names& names_;
  std::vector<std::size_t> shape_;
};

std::vector<Trace> traces_of_grid(const Source& data, const Names& names, const std::string& curve) {
  const Grid grid(data, names);
  std::vector<Trace> traces(grid.runs());
  grid.read_steps(traces);
  for (const std::string& quantity : curves_of(names, curve)) grid.read_curve(quantity, traces);
  for (const auto& [quantity, number] : run_numbers) {
    if (names.has_optional(quantity)) grid.read_number(quantity, number, traces);
  }
  if (names.has_optional("gap_mean")) grid.read_heads("gap_mean", &Trace::gap_mean, traces);
  if (names.has_optional("gap_variance")) grid.read_heads("gap_variance", &Trace::gap_variance, traces);
  grid.read_coordinates(traces);
  for (std::size_t run = 0; run < traces.size(); ++run) {
    traces[run].run = static_cast<std::int64_t>(run);
    finish(names, traces[run]);
  }
  return traces;
}

std::vector<Trace> traces_of_source(const Source& data, const TraceColumns& columns, const std::string& curve) {
  const Names names(data.name, columns, data.present);
  const std::string& accuracy = names.required("train_accuracy");
  const std::size_t axes = data.info(accuracy).shape.size();
  if (axes != 1 && axes != 2)
    fail(data.name,
         fmt::format("\"{}\" has {} axes; it must be on (run, step), or on one axis like the column of a table",
                     accuracy, axes));
  const auto column = [&](const std::string& name) {
    const Variable variable = data.read(name);
    const auto* words = std::get_if<std::vector<std::string>>(&variable.values);
    return words && name == columns.name("run") ? numbered(*words) : numbers(data.name, variable);
  };
  std::vector<Trace> traces = axes == 2 ? traces_of_grid(data, names, curve) : traces_of_columns(names, curve, column);
  add_settings(data, traces);
  for (Trace& trace : traces) {
    const auto swept = trace.coordinates.find("operator");
    if (swept != trace.coordinates.end()) trace.attention_operator = swept->second;
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
  if (table) return traces_of_table(file, columns, curve);
  const DatasetFile data(file, AxisNames::optional);
  return traces_of_source(source_of(data), columns, curve);
}

std::vector<Trace> traces_of(const Dataset& results, const std::string& name, const TraceColumns& columns,
                             const std::string& curve) {
  return traces_of_source(source_of(results, name), columns, curve);
}

}  // namespace softmech
