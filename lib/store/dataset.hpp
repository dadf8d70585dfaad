#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace softmech {

/// Version of the file form, written by programs as the root attribute `format_version`; readers accept 1 up to this.
inline constexpr std::int64_t format_version = 1;

/// A file that cannot be read or written; the message is one sentence with the path, what is wrong, and what to do.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The elements of an array in C order (last axis fastest).
using Values = std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>>;

/// A note on a variable or on a whole dataset. A list of one number is read back as that number (netCDF knows no
/// scalars).
using AttributeValue = std::variant<std::string, double, std::int64_t, std::vector<double>>;

struct Attribute {
  std::string name;
  AttributeValue value;
  bool operator==(const Attribute&) const = default;
};

/// An array with named axes. `axes` and `shape` run from the slowest axis to the fastest; both are empty for a scalar.
struct Variable {
  std::string name;
  std::vector<std::string> axes;
  std::vector<std::size_t> shape;
  Values values;
  std::string long_name;
  std::string units = "1";
  std::vector<Attribute> attributes;

  /// The values as T (double, std::int64_t or std::string). Throws std::invalid_argument naming the type that is held.
  template <class T>
  const std::vector<T>& as() const {
    if (const auto* list = std::get_if<std::vector<T>>(&values)) return *list;
    throw_wrong_type();
  }

  /// True for the coordinate variable of an axis: one axis, of the variable's own name.
  bool is_coordinate() const { return axes.size() == 1 && axes.front() == name; }

 private:
  [[noreturn]] void throw_wrong_type() const;
};

/// Variables that share axes, in the netCDF-4 model: each axis has a coordinate variable of its name, which fixes its
/// length.
struct Dataset {
  std::vector<Attribute> attributes;
  std::vector<Variable> variables;

  /// The variable of that name, or nullptr.
  const Variable* find(std::string_view name) const;
  /// The variable of that name. Throws std::invalid_argument that lists the names that exist.
  const Variable& at(std::string_view name) const;
};

/// The attribute of that name, or nullptr.
const Attribute* find_attribute(std::span<const Attribute> attributes, std::string_view name);

/// Product of the extents; 1 for a scalar.
std::size_t element_count(std::span<const std::size_t> shape);

/// "double", "int64" or "string".
std::string_view type_name(const Values& values);

/// Number of elements held.
std::size_t value_count(const Values& values);

/// Throws std::invalid_argument that names the variable and the rule when the dataset does not obey the model: unique,
/// usable names; every axis with a coordinate variable; sizes that agree; no zero bytes inside strings.
void require_valid(const Dataset& dataset);

}  // namespace softmech
