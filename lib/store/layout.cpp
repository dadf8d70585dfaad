#include <softmech/store/layout.hpp>

#include <unordered_map>

#include <fmt/format.h>

namespace softmech::hdf5 {

namespace {

std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  result.reserve(texts.size());
  for (const std::string& text : texts) result.push_back(text.c_str());
  return result;
}

hid_t file_type(const Values& values) {
  if (std::holds_alternative<std::vector<double>>(values)) return H5T_IEEE_F64LE;
  if (std::holds_alternative<std::vector<std::int64_t>>(values)) return H5T_STD_I64LE;
  return constants().text;
}

void write_attribute(hid_t object, const std::string& name, hid_t type, hid_t space, const void* value) {
  Handle attribute(check(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT)), H5Aclose);
  check(H5Awrite(attribute, type, value));
  check(attribute.close());
}

void write_text(hid_t object, const std::string& name, const std::string& text) {
  const char* pointer = text.c_str();
  write_attribute(object, name, constants().text, constants().scalar, &pointer);
}

struct WriteAttribute {
  hid_t object;
  const std::string& name;

  void operator()(const std::string& text) const { write_text(object, name, text); }
  void operator()(double value) const { write_attribute(object, name, H5T_IEEE_F64LE, constants().scalar, &value); }
  void operator()(std::int64_t value) const {
    write_attribute(object, name, H5T_STD_I64LE, constants().scalar, &value);
  }
  void operator()(const std::vector<double>& values) const {
    const hsize_t length = values.size();
    Handle space(check(H5Screate_simple(1, &length, nullptr)), H5Sclose);
    write_attribute(object, name, H5T_IEEE_F64LE, space, values.data());
  }
};

void write_attributes(hid_t object, const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes) std::visit(WriteAttribute{object, attribute.name}, attribute.value);
}

void write_values(hid_t dataset, const Variable& variable) {
  if (value_count(variable.values) == 0) return;
  const hid_t type = file_type(variable.values);
  if (const auto* texts = std::get_if<std::vector<std::string>>(&variable.values))
    check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers(*texts).data()));
  else if (const auto* numbers = std::get_if<std::vector<double>>(&variable.values))
    check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers->data()));
  else
    check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, variable.as<std::int64_t>().data()));
}

Handle create_dataset(hid_t file, const Variable& variable) {
  const std::vector<hsize_t> extents(variable.shape.begin(), variable.shape.end());
  Handle space(extents.empty() ? check(H5Screate(H5S_SCALAR))
                               : check(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr)),
               H5Sclose);
  const bool text = std::holds_alternative<std::vector<std::string>>(variable.values);
  return {check(H5Dcreate2(file, variable.name.c_str(), file_type(variable.values), space, H5P_DEFAULT,
                           text ? constants().text_create : constants().number_create, H5P_DEFAULT)),
          H5Dclose};
}

// The attributes that H5DSset_scale and H5DSattach_scale write, each written once: attaching one variable after the
// other rewrites a scale's list of users every time, and leaves uninitialized bytes in it.
class Scales {
 public:
  static void mark(hid_t dataset, const std::string& name) {
    write_fixed(dataset, "CLASS", "DIMENSION_SCALE");
    write_fixed(dataset, "NAME", name);
  }

  void attach(hid_t dataset, const Variable& variable) {
    std::vector<hvl_t> list;
    for (const std::string& axis : variable.axes) list.push_back({1, &addresses_.at(axis)});
    const hsize_t rank = list.size();
    Handle space(check(H5Screate_simple(1, &rank, nullptr)), H5Sclose);
    write_attribute(dataset, "DIMENSION_LIST", constants().axis_list, space, list.data());
    const hobj_ref_t user = address(dataset);
    for (std::size_t i = 0; i < variable.axes.size(); ++i)
      users_[variable.axes[i]].push_back({user, static_cast<std::int32_t>(i), 0});
  }

  void write_users(hid_t dataset, const std::string& axis) const {
    const auto users = users_.find(axis);
    if (users == users_.end()) return;
    const hsize_t count = users->second.size();
    Handle space(check(H5Screate_simple(1, &count, nullptr)), H5Sclose);
    write_attribute(dataset, "REFERENCE_LIST", constants().reference_list, space, users->second.data());
  }

  void remember(hid_t dataset, const std::string& axis) { addresses_[axis] = address(dataset); }

 private:
  struct User {
    hobj_ref_t dataset;
    std::int32_t dimension;
    std::int32_t padding;  // HDF5 copies it to the file
  };

  static hobj_ref_t address(hid_t dataset) {
    hobj_ref_t result;
    check(H5Rcreate(&result, dataset, ".", H5R_OBJECT, -1));
    return result;
  }

  static void write_fixed(hid_t dataset, const std::string& name, const std::string& text) {
    Handle type(check(H5Tcopy(H5T_C_S1)), H5Tclose);
    check(H5Tset_size(type, text.size() + 1));
    write_attribute(dataset, name, type, constants().scalar, text.c_str());
  }

  std::unordered_map<std::string, hobj_ref_t> addresses_;
  std::unordered_map<std::string, std::vector<User>> users_;
};

}  // namespace

std::vector<haddr_t> lay_out(hid_t file, const Dataset& dataset) {
  write_attributes(file, dataset.attributes);
  Scales scales;
  std::vector<Handle> created;
  for (const Variable& variable : dataset.variables) {
    created.push_back(create_dataset(file, variable));
    if (variable.is_coordinate()) scales.remember(created.back(), variable.name);
  }
  std::vector<haddr_t> offsets;
  for (std::size_t i = 0; i < created.size(); ++i) {
    const Variable& variable = dataset.variables[i];
    if (variable.is_coordinate())
      Scales::mark(created[i], variable.name);
    else if (!variable.axes.empty())
      scales.attach(created[i], variable);
    if (!variable.long_name.empty()) write_text(created[i], "long_name", variable.long_name);
    if (!variable.units.empty()) write_text(created[i], "units", variable.units);
    write_attributes(created[i], variable.attributes);
    write_values(created[i], variable);
    offsets.push_back(H5Dget_offset(created[i]));
  }
  H5Eclear2(H5E_DEFAULT);  // a variable without storage has no offset, which HDF5 calls an error
  for (std::size_t i = 0; i < created.size(); ++i) {
    if (dataset.variables[i].is_coordinate()) scales.write_users(created[i], dataset.variables[i].name);
    check(created[i].close());
  }
  return offsets;
}

}  // namespace softmech::hdf5
