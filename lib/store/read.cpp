#include <softmech/store/read.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <system_error>

#include <fmt/format.h>

#include <softmech/store/hdf5.hpp>
#include <softmech/store/inspect.hpp>
#include <softmech/store/list.hpp>
#include <softmech/store/seal.hpp>

namespace softmech {

namespace {

using hdf5::check;

enum class Format { hdf5, netcdf3, other };

StoreError read_failure(const std::filesystem::path& path, std::string_view problem) {
  return StoreError(fmt::format("cannot read '{}': {}", path.string(), problem));
}

StoreError damage(const std::filesystem::path& path, std::string_view finding) {
  return read_failure(
      path,
      fmt::format("it is damaged or incomplete ({}); restore it from a copy, or delete it and make it again", finding));
}

std::string_view advice(int error) {
  if (error == ENOENT || error == ENOTDIR) return "check the name";
  if (error == EACCES || error == EPERM) return "ask for permission, or copy the file where you may read it";
  return "check the disk, then try again";
}

// Everything that can be told without HDF5, which is not safe with damaged files.
Format examine(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw read_failure(path, fmt::format("{}; {}", std::generic_category().message(errno), advice(errno)));
  const std::unique_ptr<const int, void (*)(const int*)> closer(&descriptor,
                                                                [](const int* open_file) { close(*open_file); });
  struct stat status;
  if (fstat(descriptor, &status) != 0) throw read_failure(path, std::generic_category().message(errno));
  if (S_ISDIR(status.st_mode)) throw read_failure(path, "it is a directory; name a file inside it");
  if (!S_ISREG(status.st_mode)) throw read_failure(path, "it is not a regular file; name an HDF5 file");
  if (status.st_size == 0) throw read_failure(path, "it is empty; delete it and make it again");
  if (examine_seal(descriptor, static_cast<std::uint64_t>(status.st_size)) == SealState::broken)
    throw damage(path, "its checksum does not agree with its contents");
  std::array<char, 8> start{};
  const ssize_t got = pread(descriptor, start.data(), start.size(), 0);
  const std::string_view signature(start.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  if (signature == "\x89HDF\r\n\x1a\n") return Format::hdf5;
  return signature.starts_with("CDF") ? Format::netcdf3 : Format::other;
}

hdf5::Handle open_file(const std::filesystem::path& path, Format format) {
  const auto access = hdf5::disk_access();
  hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, access), H5Fclose);
  if (file >= 0) return file;
  if (format == Format::netcdf3)
    throw read_failure(path, "it is a netCDF-3 file; convert it with: nccopy -k netCDF-4 OLD.nc NEW.nc");
  if (format == Format::other) throw read_failure(path, "it is not an HDF5 file; name an HDF5 (netCDF-4) file");
  check(-1);
  return file;
}

// Absent in other people's files.
bool require_known_version(const std::filesystem::path& path, const std::vector<Attribute>& attributes) {
  const Attribute* attribute = find_attribute(attributes, "format_version");
  if (!attribute) return false;
  const auto* version = std::get_if<std::int64_t>(&attribute->value);
  if (!version || *version < 1)
    throw read_failure(
        path, "its format_version is not a positive integer, so no release of Softmech wrote it; make the file again");
  if (*version > format_version)
    throw read_failure(
        path, fmt::format("it has format_version {}, and this release knows versions up to {}; use a newer Softmech",
                          *version, format_version));
  return true;
}

}  // namespace

struct DatasetFile::File {
  std::filesystem::path path;
  AxisNames axis_names;
  hdf5::Handle id;
  hdf5::Contents contents;
  std::vector<Attribute> attributes;

  hdf5::Handle open_dataset(std::string_view name) const {
    const auto found = std::ranges::find(contents.names, name);
    if (found == contents.names.end())
      throw read_failure(path, fmt::format("it has no variable '{}'; it has: {}", name, joined(contents.names)));
    return {check(H5Dopen2(id, found->c_str(), H5P_DEFAULT)), H5Dclose};
  }

  Variable describe(hid_t dataset, std::string_view name) const {
    Variable variable = hdf5::describe(dataset, std::string(name), contents);
    for (std::size_t i = 0; i < variable.axes.size(); ++i) {
      if (!variable.axes[i].empty()) continue;
      if (axis_names == AxisNames::required)
        throw read_failure(
            path, fmt::format(
                      "variable '{}' does not name its axis {} (no dimension scale is attached), as the netCDF-4 model "
                      "asks; write the file with xarray's to_netcdf",
                      name, i));
      variable.axes[i] = fmt::format("axis{}", i);
    }
    return variable;
  }

  void drop_bare_dimensions() {
    std::erase_if(contents.names, [&](const std::string& name) {
      const hdf5::Handle dataset(check(H5Dopen2(id, name.c_str(), H5P_DEFAULT)), H5Dclose);
      return hdf5::is_bare_dimension(dataset);
    });
  }
};

namespace {

// Runs what uses HDF5 under its lock, and turns its failures into sentences about the file.
template <class Use>
auto with_hdf5(const std::filesystem::path& path, const Use& use) {
  const auto guard = hdf5::lock();
  try {
    return use();
  } catch (const hdf5::Failure& failure) {
    throw damage(path, failure.what());
  } catch (const std::bad_alloc&) {
    throw read_failure(path, "it does not fit into memory; read it in parts");
  } catch (const std::length_error&) {
    throw damage(path, "it claims an impossible size");
  }
}

}  // namespace

DatasetFile::DatasetFile(std::filesystem::path path, AxisNames axis_names) : file_(std::make_unique<File>()) {
  File& file = *file_;
  file.path = std::move(path);
  file.axis_names = axis_names;
  Format format;
  try {
    format = examine(file.path);
  } catch (const std::system_error& error) {
    throw read_failure(file.path, error.code().message());
  }
  with_hdf5(file.path, [&] {
    try {
      file.id = open_file(file.path, format);
      file.contents = hdf5::list_datasets(file.id);
      file.attributes = hdf5::read_attributes(file.id);
      const bool ours = require_known_version(file.path, file.attributes);
      if (ours) return;
      file.drop_bare_dimensions();
      if (axis_names == AxisNames::required)
        for (const std::string& name : file.contents.names) file.describe(file.open_dataset(name), name);
    } catch (...) {
      file.id = {};  // closed under the lock
      throw;
    }
  });
}

DatasetFile::~DatasetFile() {
  if (!file_) return;
  const auto guard = hdf5::lock();
  file_.reset();
}

DatasetFile::DatasetFile(DatasetFile&&) noexcept = default;

DatasetFile& DatasetFile::operator=(DatasetFile&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

const std::filesystem::path& DatasetFile::path() const { return file_->path; }

const std::vector<std::string>& DatasetFile::names() const { return file_->contents.names; }

bool DatasetFile::contains(std::string_view name) const { return std::ranges::find(names(), name) != names().end(); }

Variable DatasetFile::info(std::string_view name) const {
  return with_hdf5(path(), [&] { return file_->describe(file_->open_dataset(name), name); });
}

Variable DatasetFile::read(std::string_view name) const {
  return with_hdf5(path(), [&] {
    const hdf5::Handle dataset = file_->open_dataset(name);
    Variable variable = file_->describe(dataset, name);
    hdf5::read_values(dataset, variable, 0, variable.shape.empty() ? 1 : variable.shape.front());
    return variable;
  });
}

Variable DatasetFile::read_rows(std::string_view name, std::size_t first, std::size_t count) const {
  return with_hdf5(path(), [&] {
    const hdf5::Handle dataset = file_->open_dataset(name);
    Variable variable = file_->describe(dataset, name);
    const std::size_t rows = variable.shape.empty() ? 0 : variable.shape.front();
    if (first > rows || count > rows - first)
      throw std::invalid_argument(fmt::format("rows {} to {} of variable '{}' were asked for, but it has {}", first,
                                              first + count, name, rows));
    hdf5::read_values(dataset, variable, first, count);
    return variable;
  });
}

const std::vector<Attribute>& DatasetFile::attributes() const { return file_->attributes; }

const AttributeValue& DatasetFile::attribute(std::string_view name) const {
  if (const Attribute* attribute = find_attribute(attributes(), name)) return attribute->value;
  std::vector<std::string_view> names;
  for (const Attribute& attribute : attributes()) names.push_back(attribute.name);
  throw read_failure(path(), fmt::format("it has no attribute '{}'; it has: {}", name, joined(names)));
}

Dataset read_dataset(const std::filesystem::path& path) {
  const DatasetFile file(path);
  Dataset dataset{file.attributes(), {}};
  for (const std::string& name : file.names()) dataset.variables.push_back(file.read(name));
  return dataset;
}

std::vector<std::int64_t> read_ids(const std::filesystem::path& path, std::string_view axis) {
  const DatasetFile file(path);
  Variable ids = file.read(axis);
  if (!ids.is_coordinate() || !std::holds_alternative<std::vector<std::int64_t>>(ids.values))
    throw read_failure(path,
                       fmt::format("'{}' is not a coordinate variable of integers; name an axis that has ids", axis));
  return std::get<std::vector<std::int64_t>>(std::move(ids.values));
}

}  // namespace softmech
