#pragma once

// Inner header of the store: reading the pieces of an HDF5 file, ours or anyone's, as the store's types.

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <softmech/store/dataset.hpp>
#include <softmech/store/hdf5.hpp>

namespace softmech::hdf5 {

/// The datasets in the root group: names in order of creation where that is known, and the name at each address.
struct Contents {
  std::vector<std::string> names;
  std::unordered_map<haddr_t, std::string> name_at;
};
Contents list_datasets(hid_t file);

/// All attributes that the store can hold, but those that carry the netCDF-4 model. Lists of text are joined by ", ".
std::vector<Attribute> read_attributes(hid_t object);

/// Name, shape, type (as an empty list), attributes, units ("" if absent) and long_name. Axes that no dimension scale
/// names are "". Throws Failure for types other than numbers and strings.
Variable describe(hid_t dataset, const std::string& name, const Contents& contents);

/// True for what netCDF writes for a dimension that has no coordinate variable.
bool is_bare_dimension(hid_t dataset);

/// Fills `variable`, which describe() made, with rows first … first + count − 1 (everything, for a scalar).
void read_values(hid_t dataset, Variable& variable, std::size_t first, std::size_t count);

}  // namespace softmech::hdf5
