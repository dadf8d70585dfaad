#include <softmech/store/dataset.hpp>

#include <functional>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include <softmech/store/list.hpp>

namespace softmech {

void Variable::throw_wrong_type() const {
  throw std::invalid_argument(fmt::format("variable '{}' holds {} values: ask for those", name, type_name(values)));
}

const Variable* Dataset::find(std::string_view name) const {
  for (const Variable& variable : variables)
    if (variable.name == name) return &variable;
  return nullptr;
}

const Variable& Dataset::at(std::string_view name) const {
  if (const Variable* variable = find(name)) return *variable;
  std::vector<std::string_view> names;
  for (const Variable& variable : variables) names.push_back(variable.name);
  throw std::invalid_argument(fmt::format("no variable '{}'; there are: {}", name, joined(names)));
}

const Attribute* find_attribute(std::span<const Attribute> attributes, std::string_view name) {
  for (const Attribute& attribute : attributes)
    if (attribute.name == name) return &attribute;
  return nullptr;
}

std::size_t element_count(std::span<const std::size_t> shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>{});
}

std::string_view type_name(const Values& values) {
  constexpr std::string_view names[] = {"double", "int64", "string"};
  return names[values.index()];
}

std::size_t value_count(const Values& values) {
  return std::visit([](const auto& list) { return list.size(); }, values);
}

namespace {

using Lengths = std::unordered_map<std::string_view, std::size_t>;

void require_name(std::string_view kind, std::string_view name) {
  if (name.empty() || name == "." || name.find('/') != name.npos || name.find('\0') != name.npos)
    throw std::invalid_argument(fmt::format(
        "{} name '{}': must be non-empty, without '/' and zero bytes; use letters, digits and '_'", kind, name));
}

void require_text(std::string_view owner, std::string_view text) {
  if (text.find('\0') != text.npos)
    throw std::invalid_argument(
        fmt::format("{}: a string contains a zero byte, which files cannot hold; remove it", owner));
}

void require_attributes(std::string_view owner, const std::vector<Attribute>& attributes) {
  // Names that carry the netCDF-4 model itself.
  std::unordered_set<std::string_view> seen{"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST"};
  for (const Attribute& attribute : attributes) {
    require_name("attribute", attribute.name);
    if (!seen.insert(attribute.name).second)
      throw std::invalid_argument(
          fmt::format("{}: attribute '{}' is given twice or reserved; rename it", owner, attribute.name));
    if (const auto* text = std::get_if<std::string>(&attribute.value)) require_text(owner, *text);
  }
}

void require_coordinate(const Variable& variable, const Lengths& lengths) {
  for (std::size_t i = 0; i < variable.axes.size(); ++i) {
    const auto length = lengths.find(variable.axes[i]);
    if (length == lengths.end())
      throw std::invalid_argument(
          fmt::format("variable '{}': axis '{}' has no coordinate variable; add a variable '{}' of one axis '{}'",
                      variable.name, variable.axes[i], variable.axes[i], variable.axes[i]));
    if (length->second != variable.shape[i])
      throw std::invalid_argument(
          fmt::format("variable '{}': axis '{}' has length {}, but its coordinate variable has {}; they must agree",
                      variable.name, variable.axes[i], variable.shape[i], length->second));
  }
}

void require_variable(const Variable& variable, const Lengths& lengths) {
  const std::string owner = fmt::format("variable '{}'", variable.name);
  if (variable.axes.size() != variable.shape.size())
    throw std::invalid_argument(fmt::format("{}: {} axes but {} extents; give one extent per axis", owner,
                                            variable.axes.size(), variable.shape.size()));
  if (element_count(variable.shape) != value_count(variable.values))
    throw std::invalid_argument(fmt::format("{}: shape ({}) asks for {} values but there are {}", owner,
                                            joined(variable.shape), element_count(variable.shape),
                                            value_count(variable.values)));
  if (std::unordered_set<std::string_view>(variable.axes.begin(), variable.axes.end()).size() != variable.axes.size())
    throw std::invalid_argument(
        fmt::format("{}: has an axis twice ({}); give the second another name", owner, joined(variable.axes)));
  require_coordinate(variable, lengths);
  require_attributes(owner, variable.attributes);
  require_text(owner, variable.long_name);
  require_text(owner, variable.units);
  if (find_attribute(variable.attributes, "units") || find_attribute(variable.attributes, "long_name"))
    throw std::invalid_argument(
        fmt::format("{}: units and long_name are fields of the variable, not attributes", owner));
  if (const auto* texts = std::get_if<std::vector<std::string>>(&variable.values))
    for (const std::string& text : *texts) require_text(owner, text);
}

}  // namespace

void require_valid(const Dataset& dataset) {
  require_attributes("dataset", dataset.attributes);
  Lengths lengths;
  std::unordered_set<std::string_view> names;
  for (const Variable& variable : dataset.variables) {
    require_name("variable", variable.name);
    if (!names.insert(variable.name).second)
      throw std::invalid_argument(fmt::format("variable '{}' is given twice; rename one", variable.name));
    if (variable.is_coordinate() && !variable.shape.empty()) lengths[variable.name] = variable.shape.front();
  }
  for (const Variable& variable : dataset.variables) require_variable(variable, lengths);
}

}  // namespace softmech
