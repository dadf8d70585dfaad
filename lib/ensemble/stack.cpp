#include <softmech/ensemble/stack.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>

namespace softmech {

namespace {

/// The longest coordinate variable of each axis.
std::map<std::string, const Variable*> longest_axes(const std::vector<MemberRecords>& members) {
  std::map<std::string, const Variable*> longest;
  for (const MemberRecords& member : members) {
    for (const Variable& variable : member.records.variables) {
      if (!variable.is_coordinate()) continue;
      const Variable*& known = longest[variable.name];
      if (!known || known->shape.front() < variable.shape.front()) known = &variable;
    }
  }
  return longest;
}

bool agrees_with_longest(const Variable& axis, const Variable& longest) {
  return std::visit(
      [&](const auto& values) {
        using List = std::decay_t<decltype(values)>;
        const auto* all = std::get_if<List>(&longest.values);
        return all && std::equal(values.begin(), values.end(), all->begin());
      },
      axis.values);
}

/// Copies an array into the leading corner of a larger one, row by row of the last axis.
void copy_corner(const std::vector<double>& from, std::span<const std::size_t> from_shape, double* to,
                 std::span<const std::size_t> to_shape) {
  if (from.empty()) return;
  const std::size_t rank = from_shape.size();
  const std::size_t run = rank ? from_shape.back() : 1;
  const std::size_t rows = from.size() / run;
  for (std::size_t row = 0; row < rows; ++row) {
    std::size_t offset = 0, stride = rank ? to_shape.back() : 1, rest = row;
    for (std::size_t axis = rank; axis-- > 1;) {
      offset += rest % from_shape[axis - 1] * stride;
      rest /= from_shape[axis - 1];
      stride *= to_shape[axis - 1];
    }
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(row * run), run, to + offset);
  }
}

[[noreturn]] void different(std::int64_t member, std::int64_t first, const std::string& what) {
  throw std::logic_error(fmt::format(
      "member {} does not fit to member {}: {}; all members must record the same variables", member, first, what));
}

/// One variable of all members; `index` is its place in the records of each.
Variable stack_variable(const std::vector<MemberRecords>& members, std::size_t index,
                        const std::map<std::string, const Variable*>& axes) {
  const Variable& model = members.front().records.variables[index];
  Variable result = model;
  for (std::size_t i = 0; i < model.axes.size(); ++i) result.shape[i] = axes.at(model.axes[i])->shape.front();
  const std::vector<std::size_t> shape = result.shape;
  const std::size_t size = element_count(shape);
  result.axes.insert(result.axes.begin(), member_axis);
  result.shape.insert(result.shape.begin(), members.size());

  const auto part = [&](const MemberRecords& member) -> const Variable& { return member.records.variables[index]; };
  if (std::holds_alternative<std::vector<double>>(model.values)) {
    std::vector<double> all(members.size() * size, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t m = 0; m < members.size(); ++m) {
      copy_corner(part(members[m]).as<double>(), part(members[m]).shape, all.data() + m * size, shape);
    }
    result.values = std::move(all);
  } else {
    std::visit([](auto& list) { list.clear(); }, result.values);
    for (const MemberRecords& member : members) {
      if (part(member).shape != shape)
        different(member.member, members.front().member, fmt::format("the length of \"{}\"", model.name));
      std::visit(
          [&](auto& list) {
            const auto& more = part(member).as<typename std::decay_t<decltype(list)>::value_type>();
            list.insert(list.end(), more.begin(), more.end());
          },
          result.values);
    }
  }
  return result;
}

void require_same_variables(const std::vector<MemberRecords>& members) {
  const auto& first = members.front();
  for (const MemberRecords& member : members) {
    const auto& mine = member.records.variables;
    const auto& theirs = first.records.variables;
    if (mine.size() != theirs.size()) {
      different(member.member, first.member, fmt::format("{} variables against {}", mine.size(), theirs.size()));
    }
    for (std::size_t i = 0; i < mine.size(); ++i) {
      if (mine[i].name != theirs[i].name || mine[i].axes != theirs[i].axes ||
          mine[i].values.index() != theirs[i].values.index()) {
        different(member.member, first.member, fmt::format("\"{}\" against \"{}\"", mine[i].name, theirs[i].name));
      }
    }
  }
}

}  // namespace

Dataset stack(std::vector<MemberRecords> members) {
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.member < b.member; });
  require_same_variables(members);
  const auto axes = longest_axes(members);

  Dataset result;
  std::vector<std::int64_t> ids;
  for (const MemberRecords& member : members) {
    ids.push_back(member.member);
    for (const Variable& variable : member.records.variables) {
      if (variable.is_coordinate() && !agrees_with_longest(variable, *axes.at(variable.name))) {
        different(member.member, members.front().member, fmt::format("the values of the axis \"{}\"", variable.name));
      }
    }
  }
  result.variables.push_back({member_axis, {member_axis}, {ids.size()}, ids, "member of the ensemble", "1", {}});

  const Attribute* coordinates = find_attribute(members.front().records.attributes, coordinates_attribute);
  const std::string parameters = coordinates ? std::get<std::string>(coordinates->value) : std::string();
  for (std::size_t i = 0; i < members.front().records.variables.size(); ++i) {
    const Variable& variable = members.front().records.variables[i];
    if (variable.is_coordinate()) {
      result.variables.push_back(*axes.at(variable.name));
      continue;
    }
    result.variables.push_back(stack_variable(members, i, axes));
    const bool is_parameter =
        fmt::format(" {} ", parameters).find(fmt::format(" {} ", variable.name)) != std::string::npos;
    if (!parameters.empty() && !is_parameter)
      result.variables.back().attributes.push_back({coordinates_attribute, parameters});
  }
  return result;
}

}  // namespace softmech
