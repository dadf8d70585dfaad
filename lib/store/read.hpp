#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <softmech/store/dataset.hpp>

namespace softmech {

/// What must be known about arrays: files of the netCDF-4 model name every axis, plain HDF5 (h5py) arrays do not.
enum class AxisNames { required, optional };

/// An open file of the netCDF-4 model, ours or anyone's: any float is read as double, any integer as int64, groups are
/// left alone. Damaged files, other formats and newer versions of ours are refused with a StoreError when opened.
class DatasetFile {
 public:
  /// With AxisNames::optional, unnamed axes are called "axis0", "axis1", … instead of being an error.
  explicit DatasetFile(std::filesystem::path path, AxisNames axis_names = AxisNames::required);
  ~DatasetFile();
  DatasetFile(DatasetFile&&) noexcept;
  DatasetFile& operator=(DatasetFile&&) noexcept;

  const std::filesystem::path& path() const;
  /// Names of the variables in the order of their creation (by name in files that do not record it).
  const std::vector<std::string>& names() const;
  bool contains(std::string_view name) const;

  /// Everything about the variable but its values, which are an empty list of the right type.
  Variable info(std::string_view name) const;
  Variable read(std::string_view name) const;
  /// Rows first … first + count − 1 along the first axis.
  Variable read_rows(std::string_view name, std::size_t first, std::size_t count) const;

  const std::vector<Attribute>& attributes() const;
  /// The root attribute of that name. Throws StoreError that lists the names that exist.
  const AttributeValue& attribute(std::string_view name) const;

 private:
  struct File;
  std::unique_ptr<File> file_;
};

/// The whole file in memory. Throws StoreError.
Dataset read_dataset(const std::filesystem::path& path);

/// The values of the int64 coordinate variable `axis`, for example the ids of the members a file holds. Throws
/// StoreError.
std::vector<std::int64_t> read_ids(const std::filesystem::path& path, std::string_view axis);

}  // namespace softmech
