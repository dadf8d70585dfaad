#include <softmech/store/inspect.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include <fmt/format.h>

#include <softmech/store/list.hpp>

namespace softmech::hdf5 {

namespace {

Values empty_values(hid_t type, std::string_view name) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return std::vector<double>{};
    case H5T_INTEGER:
    case H5T_ENUM:
      return std::vector<std::int64_t>{};
    case H5T_STRING:
      return std::vector<std::string>{};
    default:
      throw Failure(fmt::format("'{}' holds neither numbers nor strings", name));
  }
}

std::size_t point_count(hid_t space) { return static_cast<std::size_t>(check(H5Sget_simple_extent_npoints(space))); }

// `read` is called with the memory type and the buffer: H5Dread and H5Aread differ in the rest.
template <class Read>
std::vector<std::string> read_strings(hid_t type, hid_t space, std::size_t count, const Read& read) {
  std::vector<std::string> result(count);
  if (count == 0) return result;
  if (check(H5Tis_variable_str(type)) > 0) {
    // The same character set as in the file: HDF5 converts no text.
    Handle memory(check(H5Tcopy(type)), H5Tclose);
    std::vector<char*> texts(count, nullptr);
    read(memory, texts.data());
    for (std::size_t i = 0; i < count; ++i)
      if (texts[i]) result[i] = texts[i];
    check(H5Dvlen_reclaim(memory, space, H5P_DEFAULT, texts.data()));
    return result;
  }
  const std::size_t width = H5Tget_size(type);
  std::vector<char> texts(count * width);
  read(type, texts.data());
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = texts.data() + i * width;
    result[i].assign(text, strnlen(text, width));
    if (H5Tget_strpad(type) == H5T_STR_SPACEPAD) result[i].erase(result[i].find_last_not_of(' ') + 1);
  }
  return result;
}

struct Named {
  std::vector<std::string> names;
  std::vector<haddr_t> addresses;
};

herr_t add_hard_link(hid_t, const char* name, const H5L_info_t* info, void* list) {
  if (info->type != H5L_TYPE_HARD) return 0;
  auto& named = *static_cast<Named*>(list);
  named.names.emplace_back(name);
  named.addresses.push_back(info->u.address);
  return 0;
}

herr_t add_attribute(hid_t, const char* name, const H5A_info_t*, void* list) {
  static_cast<Named*>(list)->names.emplace_back(name);
  return 0;
}

bool carries_model(std::string_view name) {
  constexpr std::string_view names[] = {"CLASS",          "NAME",          "DIMENSION_LIST",
                                        "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates",
                                        "_NCProperties",  "_nc3_strict"};
  return std::ranges::find(names, name) != std::end(names);
}

AttributeValue simplest(std::vector<double> values) {
  if (values.size() == 1) return values.front();
  return values;
}

std::optional<AttributeValue> read_attribute(hid_t object, const std::string& name) {
  Handle attribute(check(H5Aopen(object, name.c_str(), H5P_DEFAULT)), H5Aclose);
  Handle type(check(H5Aget_type(attribute)), H5Tclose);
  Handle space(check(H5Aget_space(attribute)), H5Sclose);
  const std::size_t count = point_count(space);
  const auto read = [&](hid_t memory, void* values) { check(H5Aread(attribute, memory, values)); };
  switch (H5Tget_class(type)) {
    case H5T_STRING:
      return joined(read_strings(type, space, count, read));
    case H5T_INTEGER:
    case H5T_ENUM:
      if (std::int64_t value; count == 1) {
        read(H5T_NATIVE_INT64, &value);
        return value;
      }
      [[fallthrough]];
    case H5T_FLOAT: {
      std::vector<double> values(count);
      if (count > 0) read(H5T_NATIVE_DOUBLE, values.data());
      return simplest(std::move(values));
    }
    default:
      return std::nullopt;
  }
}

std::string text_attribute(hid_t object, const std::string& name) {
  const auto value = read_attribute(object, name);
  const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
  return text ? *text : "";
}

std::vector<std::string> attribute_names(hid_t object) {
  Named list;
  if (H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, add_attribute, &list) < 0) {
    H5Eclear2(H5E_DEFAULT);
    list = {};
    check(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_attribute, &list));
  }
  return list.names;
}

std::vector<Attribute> read_attributes(hid_t object, const std::vector<std::string>& names) {
  std::vector<Attribute> attributes;
  for (const std::string& name : names) {
    if (carries_model(name)) continue;
    if (auto value = read_attribute(object, name)) attributes.push_back({name, std::move(*value)});
  }
  return attributes;
}

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> axis_names(hid_t dataset, const std::vector<std::string>& attributes, const Variable& variable,
                                    const Contents& contents) {
  std::vector<std::string> axes(variable.shape.size());
  if (axes.empty()) return axes;
  if (axes.size() == 1 && holds(attributes, "CLASS") && text_attribute(dataset, "CLASS") == "DIMENSION_SCALE")
    return {variable.name};
  if (!holds(attributes, "DIMENSION_LIST")) return axes;
  Handle attribute(check(H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT)), H5Aclose);
  Handle space(check(H5Aget_space(attribute)), H5Sclose);
  if (point_count(space) != axes.size())
    throw Failure(fmt::format("'{}' names another number of axes than it has", variable.name));
  std::vector<hvl_t> scales(axes.size());
  check(H5Aread(attribute, constants().axis_list, scales.data()));
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (scales[i].len == 0) continue;
    const auto scale = contents.name_at.find(*static_cast<const hobj_ref_t*>(scales[i].p));
    if (scale != contents.name_at.end()) axes[i] = scale->second;
  }
  check(H5Dvlen_reclaim(constants().axis_list, space, H5P_DEFAULT, scales.data()));
  return axes;
}

// Extents may promise anything: an unwritten array takes no place in a file.
void require_memory(std::size_t count) {
  const auto memory =
      static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (count > memory / sizeof(double)) throw std::bad_alloc();
}

// Keeps a damaged extent from asking for all the memory there is.
void require_stored(hid_t dataset, hid_t type, std::size_t count, std::string_view name) {
  constexpr std::size_t harmless = 1 << 24;
  if (count <= harmless) return;
  Handle creation(check(H5Dget_create_plist(dataset)), H5Pclose);
  if (H5Pget_layout(creation) == H5D_CHUNKED) return;
  const hsize_t stored = H5Dget_storage_size(dataset);
  if (stored != 0 && stored / H5Tget_size(type) < count)
    throw Failure(fmt::format("'{}' is larger than what is stored of it", name));
}

}  // namespace

Contents list_datasets(hid_t file) {
  Named links;
  if (H5Literate(file, H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, add_hard_link, &links) < 0) {
    H5Eclear2(H5E_DEFAULT);
    links = {};
    check(H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, nullptr, add_hard_link, &links));
  }
  Contents contents;
  for (std::size_t i = 0; i < links.names.size(); ++i) {
    H5O_info_t info;
    check(H5Oget_info_by_name2(file, links.names[i].c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT));
    if (info.type != H5O_TYPE_DATASET) continue;
    contents.name_at.emplace(links.addresses[i], links.names[i]);
    contents.names.push_back(std::move(links.names[i]));
  }
  return contents;
}

std::vector<Attribute> read_attributes(hid_t object) { return read_attributes(object, attribute_names(object)); }

Variable describe(hid_t dataset, const std::string& name, const Contents& contents) {
  Variable variable;
  variable.name = name;
  variable.units.clear();
  Handle type(check(H5Dget_type(dataset)), H5Tclose);
  Handle space(check(H5Dget_space(dataset)), H5Sclose);
  variable.values = empty_values(type, name);
  std::vector<hsize_t> extents(static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space))));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr));
  variable.shape.assign(extents.begin(), extents.end());
  const std::vector<std::string> names = attribute_names(dataset);
  variable.axes = axis_names(dataset, names, variable, contents);
  for (Attribute& attribute : read_attributes(dataset, names)) {
    auto* text = std::get_if<std::string>(&attribute.value);
    if (text && attribute.name == "units")
      variable.units = std::move(*text);
    else if (text && attribute.name == "long_name")
      variable.long_name = std::move(*text);
    else
      variable.attributes.push_back(std::move(attribute));
  }
  return variable;
}

bool is_bare_dimension(hid_t dataset) {
  return check(H5Aexists(dataset, "NAME")) > 0 &&
         text_attribute(dataset, "NAME").starts_with("This is a netCDF dimension but not a netCDF variable");
}

void read_values(hid_t dataset, Variable& variable, std::size_t first, std::size_t count) {
  Handle space(check(H5Dget_space(dataset)), H5Sclose);
  const bool part = !variable.shape.empty() && variable.shape.front() != count;
  if (part) variable.shape.front() = count;
  if (std::ranges::find(variable.shape, std::size_t{0}) != variable.shape.end()) return;
  if (check(H5Sget_simple_extent_type(space)) == H5S_NULL)
    throw Failure(fmt::format("'{}' has no value", variable.name));
  const Handle type(check(H5Dget_type(dataset)), H5Tclose);
  require_stored(dataset, type, point_count(space), variable.name);

  const std::vector<hsize_t> extents(variable.shape.begin(), variable.shape.end());
  Handle memory(extents.empty() ? check(H5Screate(H5S_SCALAR))
                                : check(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr)),
                H5Sclose);
  if (part) {
    std::vector<hsize_t> start(extents.size(), 0);
    start.front() = first;
    check(H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extents.data(), nullptr));
  }
  const std::size_t total = element_count(variable.shape);
  require_memory(total);
  const auto read = [&](hid_t memory_type, void* values) {
    check(H5Dread(dataset, memory_type, memory, space, H5P_DEFAULT, values));
  };
  if (auto* numbers = std::get_if<std::vector<double>>(&variable.values)) {
    numbers->resize(total);
    read(H5T_NATIVE_DOUBLE, numbers->data());
  } else if (auto* integers = std::get_if<std::vector<std::int64_t>>(&variable.values)) {
    integers->resize(total);
    read(H5T_NATIVE_INT64, integers->data());
  } else {
    variable.values = read_strings(type, memory, total, read);
  }
}

}  // namespace softmech::hdf5
