#include <softmech/store/merge.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>
#include <unordered_map>

#include <fmt/format.h>

#include <softmech/store/column.hpp>
#include <softmech/store/hdf5.hpp>
#include <softmech/store/layout.hpp>
#include <softmech/store/list.hpp>
#include <softmech/store/publish.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/seal.hpp>

namespace softmech {

namespace {

using Path = std::filesystem::path;
using Ids = std::vector<std::int64_t>;
using Doubles = std::vector<double>;
using Strings = std::vector<std::string>;

constexpr std::size_t slab_bytes = 64 << 20;
constexpr std::size_t held_bytes = 256 << 20;    // of inputs kept in memory, so that small ones are opened once
constexpr std::size_t column_bytes = 256 << 20;  // of outputs collected in memory, so that scattered rows are one write

StoreError misfit(const Path& first, const Path& second, std::string_view problem) {
  return StoreError(fmt::format("cannot merge '{}' with '{}': {}; merge only files of one run", first.string(),
                                second.string(), problem));
}

bool lies_along(const Variable& variable, std::string_view axis) {
  return !variable.axes.empty() && variable.axes.front() == axis;
}

/// Equality that takes NaN for itself: bit by bit.
bool same_start(const Values& a, const Values& b, std::size_t count) {
  if (a.index() != b.index()) return false;
  if (const auto* texts = std::get_if<Strings>(&a))
    return std::equal(texts->begin(), texts->begin() + static_cast<std::ptrdiff_t>(count),
                      std::get<Strings>(b).begin());
  return count == 0 || std::memcmp(bytes_of(a), bytes_of(b), 8 * count) == 0;
}

bool same_attributes(const std::vector<Attribute>& a, const std::vector<Attribute>& b) {
  const auto same = [](const Attribute& x, const Attribute& y) {
    if (x.name != y.name || x.value.index() != y.value.index()) return false;
    const auto* number = std::get_if<double>(&x.value);
    return number ? std::memcmp(number, std::get_if<double>(&y.value), sizeof *number) == 0 : x.value == y.value;
  };
  return std::ranges::equal(a, b, same);
}

/// What an input contributes: its ids, where their rows go, and the variables along the axis.
struct Input {
  Path path;
  Ids ids;
  Places places;
  std::vector<std::vector<std::size_t>> shapes;  // per variable of the layout
  std::vector<Values> values;                    // the same; empty where the file must be read again
};

/// The variables of the output. Those along the axis keep no values here; the others have the values of the inputs.
class Layout {
 public:
  explicit Layout(std::string_view axis) : axis_(axis) {}

  /// Takes over the first input's variables, and compares the others with them.
  Input add(const Path& path) {
    const DatasetFile file(path);
    Input input{path, {}, {}, {}, {}};
    std::vector<Variable> found;
    const bool small = take(std::filesystem::file_size(path));
    for (const std::string& name : file.names()) found.push_back(small ? file.read(name) : read(file, name));
    for (const Variable& variable : found) require_first(variable, path);
    if (variables.empty()) begin(path, found);
    arrange(found, path);
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].name == axis_) input.ids = ids_of(found[i], path);
      compare(variables[i], found[i], path);
      input.shapes.push_back(std::move(found[i].shape));
      input.values.push_back(lies_along(variables[i], axis_) ? std::move(found[i].values) : Values{});
    }
    order_by_smallest_id(file.names(), input.ids);
    return input;
  }

  bool along(const Variable& variable) const { return lies_along(variable, axis_); }

  /// Sets the final shapes, now that all inputs are known.
  void finish(std::size_t rows) {
    std::unordered_map<std::string_view, std::size_t> lengths{{axis_, rows}};
    for (const Variable& variable : variables)
      if (variable.is_coordinate() && variable.name != axis_) lengths[variable.name] = variable.shape.front();
    for (Variable& variable : variables)
      for (std::size_t i = 0; i < variable.axes.size(); ++i) {
        const auto length = lengths.find(variable.axes[i]);
        if (length == lengths.end())
          throw StoreError(
              fmt::format("cannot merge '{}': the axis '{}' of variable '{}' has no coordinate variable; add one",
                          first_.string(), variable.axes[i], variable.name));
        variable.shape[i] = length->second;
      }
  }

  void require_fit(const Input& input) const {
    for (std::size_t i = 0; i < variables.size(); ++i) {
      const Variable& variable = variables[i];
      if (variable.is_coordinate() || (along(variable) && std::holds_alternative<Doubles>(variable.values))) continue;
      for (std::size_t a = along(variable) ? 1 : 0; a < variable.axes.size(); ++a)
        if (input.shapes[i][a] != variable.shape[a])
          throw misfit(
              input.path, longest_.at(variable.axes[a]),
              fmt::format("variable '{}' has length {} along '{}' in the first and {} in the second, and only doubles "
                          "along '{}' can be filled up with NaN",
                          variable.name, input.shapes[i][a], variable.axes[a], variable.shape[a], axis_));
    }
  }

  /// Positions of the variables in the order in which the input with the smallest id has them.
  std::vector<std::size_t> output_order() const {
    std::vector<std::size_t> positions;
    for (const std::string& name : order_) positions.push_back(position(name));
    return positions;
  }

  std::vector<Variable> variables;

 private:
  bool take(std::size_t bytes) {
    if (bytes > held_bytes - held_) return false;
    held_ += bytes;
    return true;
  }

  Variable read(const DatasetFile& file, const std::string& name) const {
    Variable variable = file.info(name);
    const bool later =
        lies_along(variable, axis_) && name != axis_ && !std::holds_alternative<Strings>(variable.values);
    return later ? variable : file.read(name);
  }

  void require_first(const Variable& variable, const Path& path) const {
    if (std::ranges::find(variable.axes, axis_) != variable.axes.end() && !lies_along(variable, axis_))
      throw StoreError(fmt::format("cannot merge '{}': '{}' must be the first axis of variable '{}', which has ({})",
                                   path.string(), axis_, variable.name, joined(variable.axes)));
  }

  void begin(const Path& path, const std::vector<Variable>& found) {
    first_ = path;
    variables = found;
    for (Variable& variable : variables) {
      positions_[variable.name] = positions_.size();
      if (variable.is_coordinate()) longest_[variable.name] = path;
      if (along(variable)) std::visit([](auto& list) { list.clear(); }, variable.values);
    }
    if (!positions_.contains(std::string(axis_)))
      throw StoreError(fmt::format("cannot merge '{}': it has no coordinate variable '{}'; name another axis",
                                   path.string(), axis_));
  }

  std::size_t position(const std::string& name) const { return positions_.at(name); }

  void arrange(std::vector<Variable>& found, const Path& path) const {
    for (const Variable& variable : found)
      if (!positions_.contains(variable.name))
        throw misfit(first_, path, fmt::format("variable '{}' is only in the second", variable.name));
    if (found.size() != variables.size())
      for (const Variable& variable : variables)
        if (std::ranges::find(found, variable.name, &Variable::name) == found.end())
          throw misfit(first_, path, fmt::format("variable '{}' is only in the first", variable.name));
    std::ranges::sort(found, {}, [&](const Variable& variable) { return position(variable.name); });
  }

  Ids ids_of(const Variable& variable, const Path& path) const {
    if (!variable.is_coordinate() || !std::holds_alternative<Ids>(variable.values))
      throw StoreError(
          fmt::format("cannot merge '{}': '{}' is not a coordinate variable of integers; name an axis that has ids",
                      path.string(), axis_));
    return std::get<Ids>(variable.values);
  }

  void compare(Variable& expected, const Variable& found, const Path& path) {
    const auto refuse = [&](std::string_view what) {
      throw misfit(first_, path, fmt::format("variable '{}' has different {}", found.name, what));
    };
    if (found.values.index() != expected.values.index()) refuse("types");
    if (found.axes != expected.axes) refuse("axes");
    if (found.units != expected.units) refuse("units");
    if (found.long_name != expected.long_name || !same_attributes(found.attributes, expected.attributes))
      refuse("attributes");
    if (along(expected)) return;
    const bool coordinate = expected.is_coordinate();
    const std::size_t common = std::min(value_count(found.values), value_count(expected.values));
    if (!coordinate && found.shape != expected.shape) refuse("shapes");
    if (!same_start(found.values, expected.values, common)) refuse("values");
    if (coordinate && found.shape.front() > expected.shape.front()) {
      expected.values = found.values;
      expected.shape = found.shape;
      longest_[expected.name] = path;
    }
  }

  void order_by_smallest_id(const std::vector<std::string>& names, const Ids& ids) {
    const auto smallest = std::ranges::min_element(ids);
    if (!order_.empty() && (smallest == ids.end() || (smallest_ && *smallest >= *smallest_))) return;
    if (smallest != ids.end()) smallest_ = *smallest;
    order_ = names;
  }

  std::string_view axis_;
  Path first_;
  std::size_t held_ = 0;
  std::unordered_map<std::string, std::size_t> positions_;
  std::unordered_map<std::string, Path> longest_;  // the input with the longest coordinate, for messages
  std::optional<std::int64_t> smallest_;
  std::vector<std::string> order_;
};

/// Gives every row of every input its place in increasing order of ids.
Ids place(std::vector<Input>& inputs) {
  struct Row {
    std::int64_t id;
    std::size_t input, row;
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (std::size_t row = 0; row < inputs[i].ids.size(); ++row) rows.push_back({inputs[i].ids[row], i, row});
    inputs[i].places.targets.resize(inputs[i].ids.size());
    inputs[i].places.repeated.resize(inputs[i].ids.size());
  }
  std::ranges::sort(
      rows, [](const Row& a, const Row& b) { return std::tie(a.id, a.input, a.row) < std::tie(b.id, b.input, b.row); });
  Ids ids;
  for (const Row& row : rows) {
    const bool repeated = !ids.empty() && ids.back() == row.id;
    if (!repeated) ids.push_back(row.id);
    inputs[row.input].places.targets[row.row] = ids.size() - 1;
    inputs[row.input].places.repeated[row.row] = repeated;
  }
  return ids;
}

/// The input that holds row `target` first.
const Path& owner(const std::vector<Input>& inputs, std::size_t target) {
  for (const Input& input : inputs)
    for (std::size_t row = 0; row < input.places.targets.size(); ++row)
      if (input.places.targets[row] == target && !input.places.repeated[row]) return input.path;
  return inputs.front().path;
}

StoreError contradiction(const std::vector<Input>& inputs, const Input& input, std::size_t row, std::string_view axis,
                         std::string_view name) {
  return misfit(owner(inputs, input.places.targets[row]), input.path,
                fmt::format("both hold {} {}, with different values of variable '{}'", axis, input.ids[row], name));
}

Strings gather(const std::vector<Input>& inputs, std::size_t variable, const Variable& described) {
  const std::size_t width = element_count(std::span(described.shape).subspan(1));
  Strings result(element_count(described.shape));
  for (const Input& input : inputs) {
    const auto& texts = std::get<Strings>(input.values[variable]);
    for (std::size_t row = 0; row < input.ids.size(); ++row) {
      const auto from = texts.begin() + static_cast<std::ptrdiff_t>(row * width);
      const auto to = result.begin() + static_cast<std::ptrdiff_t>(input.places.targets[row] * width);
      if (!input.places.repeated[row]) std::copy_n(from, width, to);
    }
  }
  for (const Input& input : inputs) {
    const auto& texts = std::get<Strings>(input.values[variable]);
    for (std::size_t row = 0; row < input.ids.size(); ++row)
      if (!std::equal(texts.begin() + static_cast<std::ptrdiff_t>(row * width),
                      texts.begin() + static_cast<std::ptrdiff_t>((row + 1) * width),
                      result.begin() + static_cast<std::ptrdiff_t>(input.places.targets[row] * width)))
        throw contradiction(inputs, input, row, described.axes.front(), described.name);
  }
  return result;
}

/// Creates the file with everything but the numbers along the axis, whose offsets are returned.
std::vector<haddr_t> lay_out(const PartFile& file, const Path& output, const Dataset& dataset) try {
  using hdf5::check;
  const auto guard = hdf5::lock();
  const auto access = hdf5::disk_access();
  hdf5::Handle id(check(H5Fcreate(file.part().c_str(), H5F_ACC_TRUNC, hdf5::constants().file_create, access)),
                  H5Fclose);
  auto offsets = hdf5::lay_out(id, dataset);
  check(id.close());
  return offsets;
} catch (const hdf5::Failure& failure) {
  throw StoreError(
      fmt::format("cannot write '{}': {}; check the disk and its free space", output.string(), failure.what()));
}

void seal(PartFile& file) {
  const std::uint64_t length = file.size();
  Checksum checksum;
  std::vector<char> buffer(1 << 20);
  for (std::uint64_t offset = 0; offset < length; offset += buffer.size()) {
    const std::size_t count = std::min<std::uint64_t>(buffer.size(), length - offset);
    file.read_at(offset, buffer.data(), count);
    checksum.add({buffer.data(), count});
  }
  file.write_at(length, make_seal(checksum, length));
}

/// The numbers along the axis, from the inputs to their places.
class Transfer {
 public:
  Transfer(std::string_view axis, const std::vector<Input>& inputs) : axis_(axis), inputs_(inputs) {}

  void add(std::size_t variable, const std::string& name, Column column) {
    columns_.push_back({variable, name, std::move(column)});
  }

  void run() {
    collect_small();
    // In the order of place(), so that a repeated row finds what it must agree with.
    for (const Input& input : inputs_) move(input);
    for (Entry& entry : columns_) entry.column.flush();
  }

 private:
  struct Entry {
    std::size_t variable;
    std::string name;
    Column column;
  };

  void collect_small() {
    std::vector<Entry*> by_size;
    for (Entry& entry : columns_) by_size.push_back(&entry);
    std::ranges::sort(by_size, {}, [](const Entry* entry) { return entry->column.bytes(); });
    std::size_t used = 0;
    for (Entry* entry : by_size) {
      used += entry->column.bytes();
      if (used > column_bytes) return;
      entry->column.collect();
    }
  }

  void move(const Input& input) {
    std::optional<DatasetFile> file;
    for (Entry& entry : columns_) {
      const Values& held = input.values[entry.variable];
      const std::vector<std::size_t>& shape = input.shapes[entry.variable];
      if (entry.column.bytes() == 0) continue;
      if (value_count(held) == element_count(shape)) {
        put(input, entry, held, shape, 0);
        continue;
      }
      if (!file) file.emplace(input.path);
      const std::size_t step = std::max<std::size_t>(1, slab_bytes / entry.column.row_bytes());
      for (std::size_t first = 0; first < input.ids.size(); first += step) {
        const Variable slab = file->read_rows(entry.name, first, std::min(step, input.ids.size() - first));
        put(input, entry, slab.values, slab.shape, first);
      }
    }
  }

  void put(const Input& input, Entry& entry, const Values& values, std::span<const std::size_t> shape,
           std::size_t first) const {
    const std::size_t placed = entry.column.put(input.places, values, shape, first);
    if (placed < shape.front()) throw contradiction(inputs_, input, first + placed, axis_, entry.name);
  }

  std::string_view axis_;
  const std::vector<Input>& inputs_;
  std::vector<Entry> columns_;
};

}  // namespace

void merge_along(std::string_view axis, std::span<const Path> inputs, const Path& output,
                 std::vector<Attribute> root_attributes) {
  if (inputs.empty()) throw std::invalid_argument("merge: no input files; give at least one");
  Dataset merged{std::move(root_attributes), {}};
  require_valid(merged);
  Layout layout(axis);
  std::vector<Input> read;
  for (const Path& path : inputs) read.push_back(layout.add(path));
  const Ids ids = place(read);
  layout.finish(ids.size());
  for (const Input& input : read) layout.require_fit(input);

  const std::vector<std::size_t> order = layout.output_order();
  for (const std::size_t i : order) {
    Variable variable = layout.variables[i];
    if (variable.name == axis)
      variable.values = ids;
    else if (layout.along(variable) && std::holds_alternative<Strings>(variable.values))
      variable.values = gather(read, i, variable);
    merged.variables.push_back(std::move(variable));
  }
  PartFile file(output);
  const std::vector<haddr_t> offsets = lay_out(file, output, merged);
  Transfer transfer(axis, read);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Variable& variable = merged.variables[i];
    if (layout.along(variable) && variable.name != axis && !std::holds_alternative<Strings>(variable.values))
      transfer.add(order[i], variable.name, Column(file, offsets[i], variable.shape));
  }
  transfer.run();
  seal(file);
  file.publish();
}

}  // namespace softmech
