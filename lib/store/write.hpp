#pragma once

#include <filesystem>
#include <string_view>

#include <softmech/store/dataset.hpp>

namespace softmech {

/// Writes an HDF5 file in the netCDF-4 model that xarray, ncdump, h5ls and h5py read as it is. Atomic (see
/// publish_file); equal datasets give equal bytes. Throws std::invalid_argument for a dataset outside the model,
/// StoreError for the disk.
void write_dataset(const std::filesystem::path& path, const Dataset& dataset);

/// Puts bytes under `path` so that a reader, or a machine that lost power, sees the old file or the whole new one:
/// PATH.part is written, synced, renamed to PATH, and the directory synced. Throws StoreError; PATH.part is then
/// removed.
void publish_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace softmech
