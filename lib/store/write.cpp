#include <softmech/store/write.hpp>

#include <fmt/format.h>

#include <softmech/store/hdf5.hpp>
#include <softmech/store/layout.hpp>
#include <softmech/store/seal.hpp>

namespace softmech {

namespace {

std::size_t byte_estimate(const Dataset& dataset) {
  std::size_t bytes = 64 << 10;
  for (const Variable& variable : dataset.variables) bytes += 8 * value_count(variable.values);
  return bytes;
}

// The file is made in memory and written by one system call, which also tells exactly what went wrong with the disk.
std::string file_image(const Dataset& dataset) {
  using hdf5::check;
  const auto guard = hdf5::lock();
  const auto access = hdf5::memory_access(byte_estimate(dataset));
  hdf5::Handle file(check(H5Fcreate("image", H5F_ACC_TRUNC, hdf5::constants().file_create, access)), H5Fclose);
  hdf5::lay_out(file, dataset);
  check(H5Fflush(file, H5F_SCOPE_LOCAL));
  const auto size = static_cast<std::size_t>(check(H5Fget_file_image(file, nullptr, 0)));
  std::string image(size, '\0');
  image.reserve(size + seal_size);
  check(H5Fget_file_image(file, image.data(), size));
  check(file.close());
  return image;
}

}  // namespace

void write_dataset(const std::filesystem::path& path, const Dataset& dataset) try {
  require_valid(dataset);
  std::string bytes = file_image(dataset);
  Checksum checksum;
  checksum.add(bytes);
  bytes += make_seal(checksum, bytes.size());
  publish_file(path, bytes);
} catch (const hdf5::Failure& failure) {
  throw StoreError(fmt::format("cannot write '{}': {}; please report this", path.string(), failure.what()));
}

}  // namespace softmech
