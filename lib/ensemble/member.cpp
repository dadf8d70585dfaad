#include <softmech/ensemble/member.hpp>

#include <softmech/ensemble/stack.hpp>
#include <softmech/store/read.hpp>
#include <softmech/store/write.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

namespace softmech {

namespace {

constexpr const char* state_axis = "checkpoint_entry";
constexpr const char* state_name = "checkpoint_state";
constexpr const char* series_attribute = "series";

Variable number(std::string_view name, Values value, std::string_view long_name, std::string_view units) {
  return {std::string(name), {}, {}, std::move(value), std::string(long_name), std::string(units), {}};
}

/// The words with blanks between them, as attributes of the netCDF world list names; `words` is the way back.
std::string sentence(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& word : list) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> words(const Dataset& data, std::string_view attribute) {
  std::vector<std::string> list;
  if (const Attribute* found = find_attribute(data.attributes, attribute)) {
    std::istringstream text(std::get<std::string>(found->value));
    for (std::string word; text >> word;) list.push_back(word);
  }
  return list;
}

[[noreturn]] void not_finite(std::string_view name, double value, std::string_view place = "") {
  throw std::runtime_error(fmt::format("{} = {}{}: must be finite; the parameters are too extreme for double precision",
                                       name, value, place));
}

/// The first value that is infinite or NaN, or nullptr.
const double* find_not_finite(std::span<const double> values) {
  const auto found = std::find_if(values.begin(), values.end(), [](double value) { return !std::isfinite(value); });
  return found == values.end() ? nullptr : &*found;
}

/// Fails the member for a value that is infinite or NaN.
void require_finite(std::string_view name, std::span<const double> values) {
  if (const double* value = find_not_finite(values)) not_finite(name, *value);
}

void require_no_infinity(std::string_view name, std::span<const double> values) {
  for (const double value : values) {
    if (std::isinf(value)) not_finite(name, value);
  }
}

bool contains(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

std::size_t Axis::size() const {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

Axis index_axis(std::string name, std::size_t count, std::string long_name) {
  std::vector<std::int64_t> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::int64_t>(i);
  return {std::move(name), std::move(values), std::move(long_name)};
}

Member::Member(std::int64_t index, std::uint64_t seed, MemberServices services)
    : index_(index), seed_(seed), services_(std::move(services)), last_pause_(std::chrono::steady_clock::now()) {}

RandomStream Member::random(std::string_view purpose) const {
  return {seed_, static_cast<std::uint32_t>(index_), purpose};
}

void Member::coordinate(std::string_view name, double value, std::string_view long_name, std::string_view units) {
  require_finite(name, {&value, 1});
  coordinate_as_defined(name, value, long_name, units);
}

void Member::coordinate_as_defined(std::string_view name, double value, std::string_view long_name,
                                   std::string_view units) {
  require_no_infinity(name, {&value, 1});
  coordinates_.emplace_back(name);
  add(number(name, std::vector{value}, long_name, units));
}

void Member::coordinate(std::string_view name, std::int64_t value, std::string_view long_name, std::string_view units) {
  coordinates_.emplace_back(name);
  add(number(name, std::vector{value}, long_name, units));
}

void Member::coordinate(std::string_view name, std::string value, std::string_view long_name) {
  coordinates_.emplace_back(name);
  record(name, std::move(value), long_name);
}

void Member::record(std::string_view name, std::string text, std::string_view long_name) {
  add(number(name, std::vector{std::move(text)}, long_name, "1"));
}

void Member::record(std::string_view name, double value, std::string_view long_name, std::string_view units) {
  require_finite(name, {&value, 1});
  record_as_defined(name, value, long_name, units);
}

void Member::record_as_defined(std::string_view name, double value, std::string_view long_name,
                               std::string_view units) {
  require_no_infinity(name, {&value, 1});
  add(number(name, std::vector{value}, long_name, units));
}

void Member::record(std::string_view name, std::int64_t value, std::string_view long_name, std::string_view units) {
  add(number(name, std::vector{value}, long_name, units));
}

void Member::record(std::string_view name, std::span<const double> values, const Axis& axis, std::string_view long_name,
                    std::string_view units) {
  require_finite(name, values);
  record_as_defined(name, Eigen::Map<const Vector>(values.data(), static_cast<Eigen::Index>(values.size())), axis,
                    long_name, units);
}

void Member::record_as_defined(std::string_view name, const VectorView& values, const Axis& axis,
                               std::string_view long_name, std::string_view units) {
  require_no_infinity(name, {values.data(), static_cast<std::size_t>(values.size())});
  add_axis(axis);
  add({std::string(name),
       {axis.name},
       {axis.size()},
       std::vector<double>(values.begin(), values.end()),
       std::string(long_name),
       std::string(units),
       {}});
}

Series Member::series(const Axis& axis) {
  add_axis(axis);
  if (!contains(series_axes_, axis.name)) series_axes_.push_back(axis.name);
  return {*this, axis.name};
}

Variable* Member::find(std::string_view name) {
  const auto found =
      std::find_if(data_.variables.begin(), data_.variables.end(), [&](const Variable& v) { return v.name == name; });
  return found == data_.variables.end() ? nullptr : &*found;
}

void Member::add(Variable variable) {
  if (find(variable.name)) throw std::logic_error(fmt::format("\"{}\" is recorded twice in one member", variable.name));
  data_.variables.push_back(std::move(variable));
}

void Member::add_axis(const Axis& axis) {
  Values values = std::visit([](const auto& list) -> Values { return list; }, axis.values);
  const Variable* known = find(axis.name);
  if (!known) {
    data_.variables.push_back(
        {axis.name, {axis.name}, {axis.size()}, std::move(values), axis.long_name, axis.units, {}});
  } else if (known->values != values) {
    throw std::logic_error(fmt::format("the axis \"{}\" has two different sets of values in one member", axis.name));
  }
}

void Member::progress(double fraction) {
  if (services_.progress) services_.progress(fraction);
}

bool Member::stop_requested() const { return services_.stop_requested && services_.stop_requested(); }

bool Member::pause_due() const {
  return stop_requested() || (!services_.checkpoint.empty() &&
                              std::chrono::steady_clock::now() - last_pause_ >= services_.checkpoint_every);
}

void Member::pause(const std::vector<double>& state) {
  if (!services_.checkpoint.empty()) {
    Dataset saved = snapshot();
    saved.attributes.push_back({series_attribute, sentence(series_axes_)});
    std::vector<std::int64_t> entries(state.size());
    for (std::size_t i = 0; i < state.size(); ++i) entries[i] = static_cast<std::int64_t>(i);
    saved.variables.push_back({state_axis, {state_axis}, {state.size()}, entries, "entry of the saved state", "1", {}});
    saved.variables.push_back({state_name, {state_axis}, {state.size()}, state, "state of the simulation", "1", {}});
    write_dataset(services_.checkpoint, saved);
  }
  last_pause_ = std::chrono::steady_clock::now();
  if (stop_requested()) throw StopRequested();
}

std::optional<std::vector<double>> Member::resume() {
  if (services_.checkpoint.empty() || !std::filesystem::exists(services_.checkpoint)) return std::nullopt;
  Dataset saved = read_dataset(services_.checkpoint);
  std::vector<double> state = saved.at(state_name).as<double>();
  coordinates_ = words(saved, coordinates_attribute);
  series_axes_ = words(saved, series_attribute);
  saved.attributes.clear();
  std::erase_if(saved.variables, [](const Variable& v) { return v.name == state_name || v.name == state_axis; });
  // A saved series is cut at the checkpoint; its axis is the one this run has declared, in full.
  for (Variable& variable : saved.variables) {
    if (const Variable* declared = find(variable.name); declared && variable.is_coordinate()) variable = *declared;
  }
  data_ = std::move(saved);
  return state;
}

void Member::publish(std::string_view name, std::string_view bytes) const {
  if (services_.weights.empty()) return;
  std::filesystem::create_directories(services_.weights);
  publish_file(services_.weights / fmt::format("{:06}-{}", index_, name), bytes);
}

Dataset Member::snapshot() const {
  Dataset result = data_;
  for (const std::string& axis : series_axes_) {
    std::size_t rows = 0;
    for (Variable& variable : result.variables) {
      if (variable.axes.empty() || variable.axes.front() != axis || variable.is_coordinate()) continue;
      rows = std::max(rows, variable.shape.front());
    }
    for (Variable& variable : result.variables) {
      if (variable.axes.empty() || variable.axes.front() != axis) continue;
      if (variable.is_coordinate()) {
        variable.shape.front() = rows;
        std::visit([&](auto& list) { list.resize(rows); }, variable.values);
      } else if (variable.shape.front() != rows) {
        throw std::logic_error(fmt::format("\"{}\" has {} rows along \"{}\" where other variables have {}",
                                           variable.name, variable.shape.front(), axis, rows));
      }
    }
  }
  result.attributes.push_back({coordinates_attribute, sentence(coordinates_)});
  return result;
}

void Series::record(std::string_view name, double value, std::string_view long_name, std::string_view units) {
  if (!std::isfinite(value)) not_finite(name, value, place(name));
  append(name, {&value, 1}, {}, long_name, units);
}

void Series::record(std::string_view name, std::span<const double> values, const Axis& axis, std::string_view long_name,
                    std::string_view units) {
  if (const double* value = find_not_finite(values)) not_finite(name, *value, place(name));
  append(name, values, {&axis, 1}, long_name, units);
}

void Series::record(std::string_view name, const VectorView& values, std::span<const Axis> axes,
                    std::string_view long_name, std::string_view units) {
  const std::span row(values.data(), static_cast<std::size_t>(values.size()));
  if (const double* value = find_not_finite(row)) not_finite(name, *value, place(name));
  append(name, row, axes, long_name, units);
}

void Series::record_as_defined(std::string_view name, double value, std::string_view long_name,
                               std::string_view units) {
  append(name, {&value, 1}, {}, long_name, units);
}

std::string Series::place(std::string_view name) const {
  const Variable* variable = member_->data_.find(name);
  return fmt::format(" at sample {} of {}", variable ? variable->shape.front() : 0, axis_);
}

void Series::append(std::string_view name, std::span<const double> row, std::span<const Axis> axes,
                    std::string_view long_name, std::string_view units) {
  auto& variables = member_->data_.variables;
  Variable* variable =
      next_ < variables.size() && variables[next_].name == name ? &variables[next_] : member_->find(name);
  if (!variable) {
    for (const Axis& axis : axes) member_->add_axis(axis);
    const std::vector<double> none;
    Variable fresh{std::string(name), {axis_}, {0}, none, std::string(long_name), std::string(units), {}};
    for (const Axis& axis : axes) {
      fresh.axes.push_back(axis.name);
      fresh.shape.push_back(axis.size());
    }
    variables.push_back(std::move(fresh));
    variable = &variables.back();
  }
  const std::size_t expected = element_count(std::span(variable->shape).subspan(1));
  if (row.size() != expected) {
    throw std::logic_error(
        fmt::format("\"{}\" got a row of {} values where {} are expected", name, row.size(), expected));
  }
  auto& values = std::get<std::vector<double>>(variable->values);
  values.insert(values.end(), row.begin(), row.end());
  ++variable->shape.front();
  next_ = static_cast<std::size_t>(variable - variables.data()) + 1;
}

}  // namespace softmech
